/** What Asterisk's own parser (main/config.c) makes of a file: sections with their options, in order. */
export interface ParsedSection {
  readonly name: string;
  readonly options: [option: string, value: string][];
}

/**
 * Reads a configuration file as Asterisk does, as far as rendered files can go: comments, escaped semicolons, sections,
 * `option = value`, and `#include`, which is an error here. A second opinion on the renderer, so it shares no code
 * with it.
 */
export function parseAsteriskConf(text: string): ParsedSection[] {
  const sections: ParsedSection[] = [];
  for (const raw of text.split("\n")) {
    if (Buffer.byteLength(raw) > 8190) throw new Error("Asterisk skips a line of this length");
    const line = withoutComment(raw).trim();
    if (line === "") continue;
    if (line.startsWith("#")) throw new Error(`a directive: ${line}`);
    if (line.startsWith("[")) {
      const name = /^\[([^\]]*)\]$/.exec(line)?.[1];
      if (name === undefined) throw new Error(`not a section: ${line}`);
      sections.push({ name, options: [] });
      continue;
    }
    const equals = line.indexOf("=");
    if (equals < 0) throw new Error(`no '=' in ${line}`);
    const value = line.slice(equals + 1);
    const section = sections.at(-1);
    if (!section) throw new Error(`an option before the first section: ${line}`);
    section.options.push([
      line.slice(0, equals).trim(),
      (value.startsWith(">") ? value.slice(1) : value).trim(),
    ]);
  }
  return sections;
}

function withoutComment(line: string): string {
  let rest = line;
  for (let from = 0; ; ) {
    const at = rest.indexOf(";", from);
    if (at < 0) return rest;
    if (at > 0 && rest[at - 1] === "\\") {
      rest = rest.slice(0, at - 1) + rest.slice(at);
      from = at;
      continue;
    }
    if (rest.startsWith(";--", at) && rest[at + 3] !== "-")
      throw new Error(`a block comment starts: ${line}`);
    return rest.slice(0, at);
  }
}
