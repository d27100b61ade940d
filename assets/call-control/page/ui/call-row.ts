import type { Call } from "../logic/messages";
import { stateShown, timeOf, typeWords } from "../logic/words";
import { Badge, element, setText, setTitle } from "./elements";
import { exact } from "./times";

/** The cells of one row of live calls, filled with one call after the other. */
export class CallRow {
  readonly node = element("div", "cells row");
  readonly #from = cell("party");
  readonly #to = cell("party");
  readonly #state = new Badge();
  readonly #consulting = element("small");
  readonly #time = cell("number");
  readonly #agent = cell();
  readonly #type = element("span");
  readonly #trunk = element("small");
  readonly #campaign = cell();
  readonly #recording = new Badge({ word: "Recording", sign: "record" });
  #call?: Call;
  #name = "";

  constructor(id: string) {
    this.node.id = id;
    this.node.setAttribute("role", "row");
    const state = cell("two");
    state.append(this.#state.node, this.#consulting);
    const type = cell("two");
    type.append(this.#type, this.#trunk);
    const recording = cell();
    recording.append(this.#recording.node);
    const cells = [
      ...[this.#from, this.#to, state, this.#time],
      ...[this.#agent, type, this.#campaign, recording],
    ];
    // Narrow windows have no room for all of them.
    cells.forEach((one, n) => {
      one.setAttribute("aria-colindex", String(n + 1));
    });
    this.node.append(...cells);
  }

  get id(): string {
    return this.#call?.id ?? "";
  }

  /** @param at place in the list, from 0 */
  show(call: Call, campaign: string, at: number, rowHeight: number, now: number): void {
    this.node.style.transform = `translateY(${at * rowHeight}px)`;
    // The header is row 1.
    this.node.setAttribute("aria-rowindex", String(at + 2));
    if (this.#call !== call || this.#name !== campaign) this.#fill(call, campaign);
    this.#call = call;
    this.#name = campaign;
    this.tick(now);
  }

  mark(active: boolean, selected: boolean): void {
    this.node.classList.toggle("active", active);
    if (this.node.getAttribute("aria-selected") !== String(selected)) {
      this.node.setAttribute("aria-selected", String(selected));
    }
  }

  /** What changes as time goes by. */
  tick(now: number): void {
    if (this.#call !== undefined) setText(this.#time, timeOf(this.#call, now));
  }

  #fill(call: Call, campaign: string): void {
    const { from_number, to_number, agent, type, trunk, consulting } = call;
    setText(this.#from, from_number);
    setTitle(this.#from, from_number);
    setText(this.#to, to_number);
    setTitle(this.#to, to_number);
    this.#state.show(stateShown(call));
    setText(this.#consulting, consulting ? `asks ${consulting}` : "");
    setTitle(this.#time, `since ${exact(call.answered_at ?? call.started_at)}`);
    setText(this.#agent, agent ?? "");
    setText(this.#type, typeWords[type]);
    setText(this.#trunk, trunk === null ? "" : `by ${trunk}`);
    setText(this.#campaign, campaign);
    setTitle(this.#campaign, campaign);
    this.#recording.node.hidden = call.recording_id === null;
  }
}

function cell(className = ""): HTMLSpanElement {
  const made = element("span", className);
  made.setAttribute("role", "gridcell");
  return made;
}
