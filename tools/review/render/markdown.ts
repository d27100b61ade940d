import { visible } from "../../../config/faults";

/** Longer values are cut: a line is no place for them. */
const MAX_VALUE = 300;

/** Text of a value as Markdown shows it as it is, without HTML, links, mentions or control characters. */
export function escaped(text: string): string {
  return (
    visible(text, 4000)
      .replace(/[&<>]/g, (mark) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[mark] ?? mark)
      .replace(/[\\[\]|`*]/g, "\\$&")
      .replace(/(^|[^\w\\])_|_(?=\W|$)/g, (match) => match.replace("_", "\\_"))
      // A zero-width joiner in between: nobody is called by an "@" of a configuration, and no issue is linked.
      .replace(/(^|\W)([@#])(?=\w)/g, "$1$2\u200d")
  );
}

/** A value in code style, whatever it holds; not for a table, whose cells end at a bar. */
export function code(text: string): string {
  const shown = visible(text, MAX_VALUE);
  const longest = Math.max(0, ...(shown.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = "`".repeat(longest + 1);
  const space = /^`|`$/.test(shown) ? " " : "";
  return fence + space + shown + space + fence;
}

/** A block of lines, with a fence that no line of it can close. */
export function fenced(language: string, lines: readonly string[]): string {
  const shown = lines.map((line) => visible(line.replaceAll("\t", "    "), 2000));
  const longest = Math.max(
    2,
    ...shown.flatMap((line) => line.match(/`+/g) ?? []).map(({ length }) => length),
  );
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${shown.join("\n")}\n${fence}`;
}

/** A part that is closed until somebody opens it. `summary` is HTML already escaped. */
export function folded(summary: string, body: string): string {
  return `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

export function bullets(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join("\n");
}

/** `1 file`, `2 files` */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
