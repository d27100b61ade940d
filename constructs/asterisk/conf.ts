import { Secrets } from "../service/secrets";

/** A secret's place in a value: the release fills the text of the secret file `name` in. */
export interface SecretValue {
  readonly secret: string;
}

/** `undefined` leaves the option out, `true` and `false` are written as `yes` and `no`, a list repeats the option. */
export type Value = string | number | boolean | SecretValue;
export type Options = { readonly [option: string]: Value | readonly Value[] | undefined };

export interface Section {
  readonly name: string;
  readonly options: Options;
  /** A line above the section that says why it is as it is. */
  readonly comment?: string;
}

/** Asterisk skips a longer line, with a warning only (main/config.c reads 8192 bytes at a time). */
const LONGEST_VALUE = 8000;

/** Option names of Asterisk's files; `/` for paths as sections of http.conf, `[]` never. */
const OPTION = /^[A-Za-z0-9_/][A-Za-z0-9_./-]*$/;
const SECTION = /^[A-Za-z0-9_/][A-Za-z0-9_./@+ -]*$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get through
const CONTROL = /[\x00-\x1f\x7f\x85\u2028\u2029]/;

/** A value that can't stand in a configuration file without changing what the rest of the file means. */
export class ConfError extends Error {
  public override readonly name = "ConfError";
}

/**
 * Serializes sections in the format that Asterisk's own parser reads (main/config.c).
 *
 * A `;` in a value is escaped. What has no escape there is refused with a `ConfError` that names section, option
 * and value: line breaks and other control characters, white space at the ends (the parser strips it), text that
 * looks like a secret's placeholder, and values that don't fit into a line.
 */
export function renderConf(sections: readonly Section[]): string {
  return `${sections.map(renderSection).join("\n\n")}\n`;
}

function renderSection({ name, options, comment }: Section): string {
  const lines = Object.entries(options).flatMap(([option, value]) => {
    const values = Array.isArray(value) ? value : [value];
    return values
      .filter((each) => each !== undefined)
      .map((each) => `${checkedOption(name, option)} = ${renderValue(`[${name}] ${option}`, each)}`);
  });
  return [...(comment ? renderComment(comment) : []), sectionHeader(name), ...lines].join("\n");
}

/** `; ` lines of a comment, however many it has. A block comment's `;--` can't arise: every line starts with `; `. */
export function renderComment(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => `; ${line.replace(new RegExp(CONTROL, "g"), " ").trim()}`.trimEnd());
}

/** `[name]`, refused when the name could close the bracket or carry a template. */
export function sectionHeader(name: string): string {
  if (!SECTION.test(name) || name.endsWith(" ")) {
    throw new ConfError(
      `section name ${JSON.stringify(name)} is not one: letters, digits and _ . - / @ + only, starting with a letter, digit, _ or /`,
    );
  }
  return `[${name}]`;
}

function checkedOption(section: string, option: string): string {
  if (!OPTION.test(option)) {
    throw new ConfError(
      `[${section}] option name ${JSON.stringify(option)} is not one: letters, digits and _ . - / only`,
    );
  }
  return option;
}

/**
 * The text of a value in a file of Asterisk.
 *
 * @param place what an error message calls the place, e.g. `[1002] callerid`
 */
export function renderValue(place: string, value: Value): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") {
    if (!Number.isFinite(value))
      throw new ConfError(`${place}: ${value} is not a number that a file can hold`);
    return String(value);
  }
  if (typeof value === "object") return Secrets.placeholder(value.secret);
  const refuse = (reason: string): never => {
    throw new ConfError(`${place}: the value ${JSON.stringify(abbreviated(value))} ${reason}`);
  };
  if (CONTROL.test(value))
    refuse("has a line break or another control character, which would end its line: remove it");
  if (value !== value.trim()) refuse("starts or ends with white space, which Asterisk strips: remove it");
  if (/@\{[a-z]+/.test(value)) refuse("looks like a release's placeholder: only the model may name a secret");
  if (/\p{Cs}/u.test(value)) refuse("has half of a surrogate pair, which no file can hold: remove it");
  const text = value.replaceAll(";", "\\;");
  if (Buffer.byteLength(text) > LONGEST_VALUE)
    refuse(`is longer than the ${LONGEST_VALUE} bytes that a line can hold`);
  return text;
}

function abbreviated(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
