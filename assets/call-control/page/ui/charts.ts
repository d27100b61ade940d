import { axisEnd, gaugeOf, pathOf, segmentsOf } from "../logic/charts";
import type { Minute } from "../logic/messages";
import { percent } from "../logic/words";
import { element, setText, svg } from "./elements";
import { count, shortClock } from "./times";

/** A bar of pieces, and below it what each piece is, with its number: colours are never alone. */
export class StackedBar<K extends string> {
  readonly node: HTMLElement;
  readonly #bar = svg("svg", { class: "stack", "aria-hidden": "true" });
  readonly #numbers: ReadonlyMap<K, HTMLElement>;
  #shown = "";

  constructor(
    title: string,
    private readonly words: Readonly<Record<K, string>>,
    private readonly keys: readonly K[],
  ) {
    this.#numbers = new Map(keys.map((key) => [key, element("dd")]));
    const legend = element("dl", "legend");
    for (const [key, number] of this.#numbers) {
      const swatch = svg("svg", { class: `swatch fill-${key}`, "aria-hidden": "true" });
      swatch.append(svg("rect", { width: "100%", height: "100%", rx: 2 }));
      legend.append(element("div", "", element("dt", "", swatch, words[key]), number));
    }
    this.node = element("section", "chart", element("h3", "", title), this.#bar, legend);
  }

  show(values: Readonly<Record<K, number>>): void {
    const shown = this.keys.map((key) => values[key]).join();
    if (shown === this.#shown) return;
    this.#shown = shown;
    for (const [key, number] of this.#numbers) setText(number, count(values[key]));
    this.#bar.replaceChildren(
      ...segmentsOf(this.keys, values).map(({ key, value, from, share }) => {
        const title = svg("title");
        title.textContent = `${this.words[key]}: ${count(value)}`;
        const place = { x: `${from * 100}%`, width: `${share * 100}%`, height: "100%" };
        return svg("rect", { class: `fill-${key}`, ...place }, title);
      }),
    );
  }
}

/** A rate on a scale with its limit. */
export class Gauge {
  readonly node: HTMLElement;
  readonly #value = element("span", "value");
  readonly #note = element("span", "note");
  readonly #bar = svg("rect", { class: "rate", height: "100%" });
  readonly #limit = svg("line", { class: "limit", y1: 0, y2: "100%" });

  constructor(title: string) {
    const track = svg("rect", { class: "track", width: "100%", height: "100%" });
    const scale = svg("svg", { class: "gauge", "aria-hidden": "true" }, track, this.#bar, this.#limit);
    this.node = element("section", "chart", element("h3", "", title, this.#value), scale, this.#note);
  }

  show(rate: number | null, limit: number, abandoned: number, answered: number): void {
    const { at, limitAt } = gaugeOf(rate ?? 0, limit);
    this.#bar.setAttribute("width", `${at * 100}%`);
    this.#limit.setAttribute("x1", `${limitAt * 100}%`);
    this.#limit.setAttribute("x2", `${limitAt * 100}%`);
    this.node.classList.toggle("over", rate !== null && rate > limit);
    setText(this.#value, rate === null ? "–" : percent(rate));
    const of =
      rate === null ? "nobody has answered yet" : `${count(abandoned)} of ${count(answered)} answered`;
    setText(this.#note, `${of}; limit ${percent(limit)}${rate !== null && rate > limit ? ": above it" : ""}`);
  }
}

/** Units of the drawing, which is stretched to the room that there is. */
const size = { width: 600, height: 100 };

/** Calls and answers of each minute as two lines; the pointer reads a minute's numbers off them. */
export class MinuteChart {
  readonly node: HTMLElement;
  readonly #plot = svg("svg", {
    class: "plot",
    viewBox: `0 0 ${size.width} ${size.height}`,
    preserveAspectRatio: "none",
    role: "img",
  });
  readonly #calls = svg("path", { class: "line calls" });
  readonly #answers = svg("path", { class: "line answers" });
  readonly #cursor = svg("line", { class: "cursor", y1: 0, y2: size.height });
  readonly #end = element("span", "end");
  readonly #from = element("span");
  readonly #to = element("span");
  readonly #reading = element("span", "reading");
  #minutes: readonly Minute[] = [];

  constructor(title: string) {
    const middle = { x1: 0, x2: size.width, y1: size.height / 2, y2: size.height / 2, class: "grid-line" };
    this.#plot.append(svg("line", middle), this.#calls, this.#answers, this.#cursor);
    const keys = element("p", "keys", key("calls", "calls"), key("answers", "answers"));
    this.node = element(
      "section",
      "chart minutes",
      element("h3", "", title, keys),
      element("div", "frame", this.#end, this.#plot),
      element("p", "axis", this.#from, this.#reading, this.#to),
    );
    this.#plot.addEventListener("pointermove", (event) => this.#read(event));
    this.#plot.addEventListener("pointerleave", () => this.#read());
    this.#read();
  }

  /** @param minutes none missing, the oldest first */
  show(minutes: readonly Minute[]): void {
    this.#minutes = minutes;
    const end = axisEnd(Math.max(0, ...minutes.map(({ calls, answered }) => Math.max(calls, answered))));
    const path = (of: (minute: Minute) => number) => pathOf(minutes.map(of), end, size.width, size.height);
    this.#calls.setAttribute(
      "d",
      path(({ calls }) => calls),
    );
    this.#answers.setAttribute(
      "d",
      path(({ answered }) => answered),
    );
    setText(this.#end, count(end));
    const [first, last] = [minutes[0], minutes.at(-1)];
    if (first === undefined || last === undefined) return;
    setText(this.#from, shortClock(Date.parse(first.at)));
    setText(this.#to, shortClock(Date.parse(last.at)));
    const total = (of: (minute: Minute) => number) => count(minutes.reduce((sum, one) => sum + of(one), 0));
    this.#plot.setAttribute(
      "aria-label",
      `Of the last ${minutes.length} minutes: ${total(({ calls }) => calls)} calls, ` +
        `${total(({ answered }) => answered)} answers; in the last minute ${words(last)}`,
    );
  }

  #read(event?: PointerEvent): void {
    const { left, width } = this.#plot.getBoundingClientRect();
    const last = this.#minutes.length - 1;
    const at = event === undefined ? -1 : Math.round(((event.clientX - left) / width) * last);
    const minute = this.#minutes[at];
    this.#cursor.classList.toggle("there", minute !== undefined);
    if (minute === undefined) {
      setText(this.#reading, "");
      return;
    }
    const x = String((at / Math.max(1, last)) * size.width);
    this.#cursor.setAttribute("x1", x);
    this.#cursor.setAttribute("x2", x);
    setText(this.#reading, `${shortClock(Date.parse(minute.at))}: ${words(minute)}`);
  }
}

function words({ calls, answered }: Minute): string {
  return `${count(calls)} calls, ${count(answered)} answers`;
}

function key(className: string, word: string): HTMLElement {
  const line = svg("line", { class: `line ${className}`, x1: 0, x2: 18, y1: 4, y2: 4 });
  return element("span", "", svg("svg", { class: "stroke", "aria-hidden": "true" }, line), word);
}
