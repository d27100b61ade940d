import { problemOf, type Row } from "../../src/rows";
import { addressOf, ago, exact, genesysShownOf, left, mainContact, phoneShown } from "../logic/words";
import { Badge, element, setText, setTitle } from "./elements";

/** The cells of one row of the table, filled with one DN after the other. */
export class RowView {
  readonly node = element("div", "cells row");
  readonly #dn = cell();
  readonly #phone = new Badge();
  readonly #phoneSince = element("small");
  readonly #phoneExpires = cell("number");
  readonly #address = element("span");
  readonly #agent = element("small");
  readonly #contact = cell("two");
  readonly #genesys = new Badge();
  readonly #server = element("small");
  readonly #by = cell();
  readonly #since = cell("number");
  readonly #expires = cell("number");
  readonly #error = element("span");
  readonly #errorAt = element("small");
  readonly #lastError = cell("error");
  #row?: Row;

  constructor(id: string) {
    this.node.id = id;
    this.node.setAttribute("role", "row");
    const phone = cell("two");
    phone.append(this.#phone.node, this.#phoneSince);
    this.#contact.append(this.#address, this.#agent);
    const genesys = cell("two edge");
    genesys.append(this.#genesys.node, this.#server);
    this.#lastError.append(this.#errorAt, this.#error);
    const first = [this.#dn, phone, this.#phoneExpires, this.#contact, genesys];
    const cells = [...first, this.#by, this.#since, this.#expires, this.#lastError];
    // Narrow windows have no room for all of them.
    cells.forEach((one, n) => {
      one.setAttribute("aria-colindex", String(n + 1));
    });
    this.node.append(...cells);
  }

  get dn(): string {
    return this.#row?.dn ?? "";
  }

  /** @param at place in the list, from 0 */
  show(row: Row, at: number, rowHeight: number, now: number): void {
    this.node.style.transform = `translateY(${at * rowHeight}px)`;
    // The header is row 1.
    this.node.setAttribute("aria-rowindex", String(at + 2));
    if (this.#row !== row) this.#fill(row);
    this.#row = row;
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
    const row = this.#row;
    if (row === undefined) return;
    const { phone, genesys, lastError } = row;
    const contact = mainContact(row);
    setText(this.#phoneSince, `for ${ago(phone.since, now)}`);
    setText(this.#phoneExpires, contact?.expiresAt === undefined ? "" : left(contact.expiresAt, now));
    setText(this.#since, genesys === null ? "" : ago(genesys.since, now));
    setText(this.#expires, genesys?.expiresAt ? left(genesys.expiresAt, now) : "");
    setText(this.#errorAt, lastError === null ? "" : `${ago(lastError.at, now)} ago `);
  }

  #fill(row: Row): void {
    const { dn, phone, genesys, lastError } = row;
    const contact = mainContact(row);
    setText(this.#dn, dn);
    this.#phone.show(phoneShown(row));
    setTitle(this.#phoneSince, `since ${exact(phone.since)}`);
    setTitle(this.#phoneExpires, contact?.expiresAt === undefined ? "" : exact(contact.expiresAt));
    const more = phone.contacts.length > 1 ? ` and ${phone.contacts.length - 1} more` : "";
    setText(this.#address, contact === undefined ? "" : `${addressOf(contact.uri)}${more}`);
    setText(this.#agent, contact?.userAgent ?? "");
    setTitle(this.#contact, contact === undefined ? "" : `${contact.uri}\n${contact.userAgent ?? ""}`);
    this.#genesys.show(genesysShownOf(row));
    setTitle(this.#genesys.node, genesys?.detail ?? "nobody registers it at Genesys");
    setText(this.#server, genesys?.server ?? "");
    setText(this.#by, genesys?.by ?? "");
    setTitle(this.#since, genesys === null ? "" : `since ${exact(genesys.since)}`);
    setTitle(this.#expires, genesys?.expiresAt ? exact(genesys.expiresAt) : "");
    setText(this.#error, lastError?.text ?? "");
    setTitle(this.#lastError, lastError === null ? "" : `${exact(lastError.at)}: ${lastError.text}`);
    // What is over is there to be read, but does not call.
    this.node.classList.toggle("problem", problemOf(row) !== undefined);
  }
}

function cell(className = ""): HTMLSpanElement {
  const made = element("span", className);
  made.setAttribute("role", "gridcell");
  return made;
}
