import { type Condition, conditionOf, problemOf, type Row } from "../../src/rows";

export type Choice = "all" | Exclude<Condition, "unknown">;

export interface Filter {
  readonly choice: Choice;
  /** Words that must all be in a row, in any case: DN, addresses, user agent, server, errors. */
  readonly text: string;
}

/** Rows are replaced, never changed: what was read from one stays true. */
const texts = new WeakMap<Row, string>();

export function fits(row: Row, { choice, text }: Filter): boolean {
  if (choice !== "all" && conditionOf(row) !== choice) return false;
  if (text === "") return true;
  const words = text.toLowerCase().split(/\s+/);
  const content = textOf(row);
  return words.every((word) => content.includes(word));
}

function textOf(row: Row): string {
  const known = texts.get(row);
  if (known !== undefined) return known;
  const { dn, phone, genesys, lastError } = row;
  const contacts = phone.contacts.flatMap(({ uri, userAgent, via }) => [uri, userAgent, via]);
  const parts = [dn, ...contacts, genesys?.server, genesys?.detail, lastError?.text, problemOf(row)];
  const text = parts.filter(Boolean).join("\n").toLowerCase();
  texts.set(row, text);
  return text;
}
