import type { Totals } from "../../src/rows";
import type { Choice } from "../logic/filter";
import type { Head } from "../logic/messages";
import { warningsOf } from "../logic/warnings";
import { count } from "../logic/words";
import { Badge, byId, element, setText, setTitle } from "./elements";

/** What stands above the table: the mode, what is watched, the totals, and what the reader must know. */
export class Overview {
  readonly #sources = byId("sources");
  readonly #warnings = byId("warnings");
  #shownWarnings = "";

  head(head: Head): void {
    const { mode, asterisk, database, sipProxy, retentionHours } = head;
    const registrar = mode === "static" ? "Asterisk" : "sip-proxy";
    setText(byId("mode"), `${mode} mode`);
    setTitle(byId("mode"), `${registrar} registers the DNs at Genesys`);
    // Asterisk does not tell when its registrations run out: the column would be empty.
    byId("grid").dataset.mode = mode;
    const sources = [
      { name: "Asterisk", sight: asterisk },
      { name: "Database", sight: database },
      ...(sipProxy === null ? [] : [{ name: "sip-proxy", sight: sipProxy }]),
    ];
    this.#sources.replaceChildren(
      ...sources.map(({ name, sight: { live, reason } }) => {
        const item = element("li", "", new Badge({ word: name, sign: live ? "good" : "bad" }).node);
        item.append(element("span", "unseen", live ? " is watched" : " cannot be watched"));
        item.title = reason ?? (live ? "is watched" : "");
        return item;
      }),
    );
    const hours = retentionHours === 1 ? "hour" : `${retentionHours} hours`;
    setText(byId("timeline-note"), `of the last ${hours}`);
    setText(byId("note-dns"), `in ${head.range}`);
    this.#warn(warningsOf(head));
  }

  totals({ listed, outsideRange, conditions, phones, genesys }: Totals, range: string): void {
    setText(byId("total-dns"), count(listed));
    const outside = outsideRange === 0 ? "" : `, ${count(outsideRange)} phones outside`;
    setText(byId("note-dns"), `in ${range}${outside}`);
    setText(byId("total-phones"), count(phones.registered));
    setText(byId("note-phones"), words({ offline: phones.unregistered, unknown: phones.unknown }));
    setText(byId("total-genesys"), count(genesys.registered));
    setText(
      byId("note-genesys"),
      words({
        "backing off": genesys.backingOff,
        rejected: genesys.rejected,
        registering: genesys.registering,
        "not registered": genesys.unregistered + genesys.none,
        unknown: genesys.unknown,
      }),
    );
    setText(byId("total-problems"), count(conditions.problem));
    setText(byId("note-problems"), conditions.problem === 0 ? "all is well" : "need a look");
    byId("tile-problems").dataset.sign = conditions.problem === 0 ? "good" : "bad";
    const shown: Readonly<Record<Choice, number>> = { all: listed, ...conditions };
    for (const input of document.querySelectorAll<HTMLInputElement>("#choices input")) {
      const number = input.parentElement?.querySelector("b");
      if (number) setText(number, count(shown[input.value as Choice]));
    }
  }

  live(connected: boolean, words: string): void {
    const live = byId("live");
    setText(live, words);
    live.dataset.sign = connected ? "good" : "busy";
  }

  /** Only when they differ: a screen reader says them each time. */
  #warn(warnings: readonly string[]): void {
    const text = warnings.join("\n");
    if (text === this.#shownWarnings) return;
    this.#shownWarnings = text;
    this.#warnings.replaceChildren(...warnings.map((warning) => element("p", "warning", warning)));
  }
}

/** "3 offline, 2 unknown"; without those of which there are none. */
function words(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .filter(([, number]) => number > 0)
    .map(([word, number]) => `${count(number)} ${word}`)
    .join(", ");
}
