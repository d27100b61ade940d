import type { Place, ReadFault } from "./place";

/** A file's name, as it is shown, and its text. */
export interface ConfText {
  readonly file: string;
  readonly text: string;
}

export interface ConfOption {
  readonly name: string;
  readonly value: string;
  /** Where it was written: for what is inherited, in the template. */
  readonly place: Place;
}

export interface ConfSection {
  readonly name: string;
  /** A pattern for others, and no object itself: `[name](!)`. */
  readonly template: boolean;
  readonly place: Place;
  /** In their order, what is inherited first. A name may be there more than once. */
  readonly options: readonly ConfOption[];
}

export interface Conf {
  /** In the order of the files, templates among them. */
  readonly sections: readonly ConfSection[];
  readonly faults: readonly ReadFault[];
}

/** Says why files of an `#include` are not read. */
export class IncludeRefused extends Error {}

/** A text that no configuration is: it would take all memory. */
export class ConfTooLarge extends Error {}

/** As in Asterisk (main/config.c). */
const DEEPEST_INCLUDE = 10;
const DEEPEST_COMMENT = 128;
/** Bytes; Asterisk skips a longer line. */
const LONGEST_LINE = 8190;
/** Templates of templates can double the options with each line. */
const MOST_OPTIONS = 2_000_000;

/**
 * Reads Asterisk's configuration language as Asterisk does: comments (`;`, `;-- --;`, `\;`), sections, templates
 * (`[a](!)`), inheritance (`[b](a,c)`), additions (`[b](+)`, `[b](+type=auth)`), `#include`, `#tryinclude`, `=`, `=>`,
 * `+=` and repeated names. `#exec` is not run.
 *
 * Where Asterisk would refuse the whole file, the rest is read and the fault reported: somebody looks at the result.
 *
 * @param include texts of the files that the pattern of an #include names, in their order; none where there are none;
 *   throws IncludeRefused
 * @throws ConfTooLarge
 */
export function parseConf(main: ConfText, include: (pattern: string) => readonly ConfText[]): Conf {
  const parser = new Parser(include);
  parser.read(main, 1);
  return parser;
}

interface OpenSection extends ConfSection {
  template: boolean;
  readonly options: ConfOption[];
}

class Parser implements Conf {
  public readonly sections: OpenSection[] = [];
  public readonly faults: ReadFault[] = [];
  /** What a file that is included goes on with. */
  private current: OpenSection | undefined;
  private readonly byName = new Map<string, OpenSection[]>();
  private count = 0;

  constructor(private readonly include: (pattern: string) => readonly ConfText[]) {}

  public read({ file, text }: ConfText, depth: number): void {
    // Each file has a section of its own that its lines belong to: what it includes does not change that.
    let section = this.current;
    let comment: CommentState = { depth: 0, since: 0 };
    text.split("\n").forEach((raw, index) => {
      const place = { file, line: index + 1 };
      if (Buffer.byteLength(raw) > LONGEST_LINE) {
        this.fault(place, `is longer than the ${LONGEST_LINE} bytes that Asterisk reads, which skips it`);
        return;
      }
      const kept = withoutComments(raw, comment, place.line);
      comment = kept.after;
      if (kept.endsNothing) this.fault(place, ENDS_NOTHING);
      const line = strip(kept.text);
      if (line === "") return;
      if (line.startsWith("[")) section = this.header(line, place) ?? nowhere(place);
      else if (line.startsWith("#")) this.directive(line, place, depth);
      else this.option(line, place, section);
    });
    if (comment.depth > 0)
      this.fault({ file, line: comment.since }, "a comment starts (;--) and does not end");
  }

  private fault(place: Place, message: string): void {
    this.faults.push({ place, message });
  }

  /** `[name]`, `[name](!,template,+)`; what follows is ignored. Undefined for one that Asterisk would stop at. */
  private header(line: string, place: Place): OpenSection | undefined {
    const end = line.indexOf("]");
    if (end === -1) {
      this.fault(place, "a section's name has no closing ']'");
      return undefined;
    }
    const name = line.slice(1, end);
    let section: OpenSection = { name, template: false, place, options: [] };
    let isNew = true;
    if (line[end + 1] === "(") {
      const close = line.indexOf(")", end);
      if (close === -1) {
        this.fault(place, "the list behind a section's name has no closing ')'");
        return undefined;
      }
      for (const word of line.slice(end + 2, close).split(",")) {
        if (word === "!") section.template = true;
        else if (word.startsWith("+")) {
          const existing = this.addition(name, word.slice(1), place);
          if (existing === undefined) continue;
          existing.template ||= section.template;
          if (existing !== section) this.append(existing, section.options);
          section = existing;
          isNew = false;
        } else this.inherit(section, word, place);
      }
    }
    if (isNew) {
      this.sections.push(section);
      this.byName.set(name.toLowerCase(), [...this.named(name), section]);
    }
    this.current = section;
    return section;
  }

  /** Sections of a name so far. */
  private named(name: string): readonly OpenSection[] {
    return this.byName.get(name.toLowerCase()) ?? [];
  }

  /** The section that `[name](+filter)` adds to. */
  private addition(name: string, filter: string, place: Place): OpenSection | undefined {
    const matches = filterOf(filter);
    if (matches === undefined) {
      this.fault(place, `'+${filter}' is a filter that is not understood here: name=value, joined by '&'`);
      return undefined;
    }
    const found = this.named(name).find(matches);
    if (found === undefined)
      this.fault(place, `[${name}] is to be added to, and there is none before: Asterisk refuses that`);
    return found;
  }

  private inherit(section: OpenSection, base: string, place: Place): void {
    const [found] = this.named(base);
    if (found === undefined) {
      this.fault(place, `[${section.name}] inherits from [${base}], which is not there before it`);
      return;
    }
    this.append(section, found.options);
  }

  private append(section: OpenSection, options: readonly ConfOption[]): void {
    this.count += options.length;
    if (this.count > MOST_OPTIONS) throw new ConfTooLarge(`more than ${MOST_OPTIONS} options`);
    // A section may inherit from itself.
    for (const option of [...options]) section.options.push(option);
  }

  private directive(line: string, place: Place, depth: number): void {
    const [, word = "", rest = ""] = /^#(\S*)\s*(.*)$/su.exec(line) ?? [];
    const directive = word.toLowerCase();
    if (directive === "exec") {
      this.fault(place, "#exec is not run: put what it prints into a file, and #include that");
      return;
    }
    if (directive !== "include" && directive !== "tryinclude") {
      this.fault(place, `#${word} is no directive of Asterisk's, which ignores it`);
      return;
    }
    const pattern = unquoted(rest);
    if (pattern === "") {
      this.fault(place, `#${directive} names no file`);
      return;
    }
    if (depth >= DEEPEST_INCLUDE) {
      this.fault(place, `#include is nested deeper than the ${DEEPEST_INCLUDE} files that Asterisk takes`);
      return;
    }
    try {
      const texts = this.include(pattern);
      if (texts.length === 0 && directive === "include")
        this.fault(place, `'${pattern}' is included and not there: what it holds is not imported`);
      for (const text of texts) this.read(text, depth + 1);
    } catch (error) {
      if (!(error instanceof IncludeRefused)) throw error;
      this.fault(place, `'${pattern}' is included and not read: ${error.message}`);
    }
  }

  private option(line: string, place: Place, section: OpenSection | undefined): void {
    if (section === undefined) {
      this.fault(place, "an option stands before the first section");
      return;
    }
    // A backslash lets a name start with what is something else there.
    const escaped = line.startsWith("\\");
    const text = escaped ? line.slice(1) : line;
    const equals = text.indexOf("=", escaped ? 1 : 0);
    if (equals === -1) {
      this.fault(place, "is neither a section nor an option: it has no '='");
      return;
    }
    const adds = equals > (escaped ? 1 : 0) && text[equals - 1] === "+";
    const name = strip(text.slice(0, adds ? equals - 1 : equals));
    const value = text.slice(equals + 1);
    if (name === "") {
      this.fault(place, "an option has no name");
      return;
    }
    if (adds && extend(section, name, value, place)) return;
    this.append(section, [{ name, value: strip(adds ? value : value.replace(/^>/, "")), place }]);
  }
}

/** Takes the options behind a header that could not be read: they must not get into the section before. */
function nowhere(place: Place): OpenSection {
  return { name: "", template: true, place, options: [] };
}

/** `name += value`: the last option of the name goes on with the value. False where there is none. */
function extend(section: OpenSection, name: string, value: string, place: Place): boolean {
  const last = section.options.findLast((option) => option.name === name);
  if (last === undefined) return false;
  // Asterisk looks it up again by its value, and takes the first that has it.
  const index = section.options.findIndex(
    (option) => sameName(option.name, name) && (last.value === "" || sameName(option.value, last.value)),
  );
  section.options[index] = { name: last.name, value: strip(last.value + value), place };
  return true;
}

/** The condition of `[name](+filter)`: without one, any section that is no template. */
function filterOf(filter: string): ((section: ConfSection) => boolean) | undefined {
  if (filter === "") return ({ template }) => !template;
  const terms = filter.split("&").map((term) => term.split("=").map(strip));
  const simple = /^\^?[\w./@ -]+\$?$/;
  const isUnderstood = ([name, value]: string[]) =>
    name !== undefined &&
    value !== undefined &&
    (name === "TEMPLATES" ? /^(include|restrict)$/i : simple).test(value) &&
    simple.test(name);
  if (!terms.every(isUnderstood)) return undefined;
  return ({ template, options }) => {
    const about = terms.filter(([name]) => name === "TEMPLATES").map(([, value = ""]) => value.toLowerCase());
    if (template && about.length === 0) return false;
    if (!template && about.includes("restrict")) return false;
    return terms
      .filter(([name]) => name !== "TEMPLATES")
      .every(([name = "", value = ""]) =>
        options.some((option) => new RegExp(name).test(option.name) && new RegExp(value).test(option.value)),
      );
  };
}

/** Message of the one fault behind which Asterisk and we read differently. */
export const ENDS_NOTHING =
  "'--;' ends a comment that nothing began: Asterisk reads nothing behind it, and we do";

interface CommentState {
  /** How many `;--` are open. */
  readonly depth: number;
  /** Line that the outermost of them stands in. */
  readonly since: number;
}

/** A line without its comments, and what of them goes on in the next line. `\;` is a semicolon that starts none. */
function withoutComments(
  line: string,
  before: CommentState,
  number: number,
): { readonly text: string; readonly after: CommentState; readonly endsNothing: boolean } {
  let { depth, since } = before;
  let endsNothing = false;
  let text = "";
  /** Behind what was read as one mark, no part of it counts for the next. */
  let start = 0;
  let index = 0;
  while (index < line.length) {
    const semicolon = line.indexOf(";", index);
    if (semicolon === -1) break;
    const isEscaped = semicolon > start && line[semicolon - 1] === "\\";
    const opens = line.startsWith("--", semicolon + 1) && line[semicolon + 3] !== "-";
    const closes = semicolon >= start + 2 && line.slice(semicolon - 2, semicolon) === "--";
    if (isEscaped) {
      if (depth === 0) text += `${line.slice(index, semicolon - 1)};`;
      index = semicolon + 1;
    } else if (opens && depth < DEEPEST_COMMENT) {
      if (depth === 0) {
        text += line.slice(index, semicolon);
        since = number;
      }
      depth += 1;
      index = semicolon + 3;
    } else if (closes && depth > 0) {
      depth -= 1;
      index = semicolon + 1;
    } else if (depth === 0) {
      endsNothing ||= closes;
      return { text: text + line.slice(index, semicolon), after: { depth, since }, endsNothing };
    } else {
      index = semicolon + 1;
    }
    start = index;
  }
  if (depth === 0) text += line.slice(index);
  return { text, after: { depth, since }, endsNothing };
}

/** White space and control characters at both ends are none of a value. */
function strip(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && text.charCodeAt(from) <= 32) from += 1;
  while (to > from && text.charCodeAt(to - 1) <= 32) to -= 1;
  return text.slice(from, to);
}

function unquoted(text: string): string {
  const closing = { '"': '"', "<": ">" }[text.charAt(0)];
  return closing !== undefined && text.length > 1 && text.endsWith(closing) ? text.slice(1, -1) : text;
}

function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
