import { visible } from "../../../config";
import { PHONE_REALM } from "../../../constructs/asterisk/props";
import { colors } from "../../colors";
import { type Column, renderColumns } from "../../columns";
import type { Comparison, Difference } from "./differences";
import type { LeftOut, Phones } from "./phones";
import { placeText, type ReadFault } from "./place";
import { type ImportPlan, itemsText, type PlannedPhone } from "./plan";

export interface ImportResult {
  readonly faults: readonly ReadFault[];
  readonly phones: Phones;
  readonly plan: ImportPlan;
  readonly comparison: Comparison;
}

/** Rows that a part of the report shows at most, but for the phones themselves. */
const MOST_ROWS = 100;

/** What was taken over, what was not and why, and what is different here. */
export function renderReport({ faults, phones, plan, comparison }: ImportResult): string {
  const leftOut = [...phones.leftOut, ...plan.leftOut];
  const parts: (string | undefined)[] = [
    colors.green(`${plan.phones.length} of ${plan.phones.length + leftOut.length} phones are taken over`),
    plan.phones.length > 0 ? renderColumns(PHONE_COLUMNS, plan.phones) : undefined,
    part(colors.red, "Not taken over", LEFT_OUT_COLUMNS, leftOut),
    part(colors.red, "Not understood", FAULT_COLUMNS, faults),
    part(colors.yellow, "Otherwise for some phones", NOTE_COLUMNS, notesOf(plan.phones)),
    part(colors.yellow, "Otherwise here, for every phone", DIFFERENCE_COLUMNS, comparison.differences),
    ignoredText(comparison),
    part(colors.dim, "No phones", LEFT_OUT_COLUMNS, phones.others),
    plan.allowedDns.length > 0
      ? colors.yellow(`allowedDns becomes wider, for Genesys to hear of them: ${itemsText(plan.allowedDns)}`)
      : undefined,
  ];
  return parts.filter((text) => text !== undefined).join("\n\n");
}

function part<Row>(
  paint: (text: string) => string,
  title: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): string | undefined {
  if (rows.length === 0) return undefined;
  const more = rows.length > MOST_ROWS ? `\n... and ${rows.length - MOST_ROWS} more` : "";
  return `${paint(`${title} (${rows.length})`)}\n${renderColumns(columns, rows.slice(0, MOST_ROWS))}${more}`;
}

// What comes from the other system's files may have anything in it.
const shown = (text: string) => visible(text, 120);

const PHONE_COLUMNS: readonly Column<PlannedPhone>[] = [
  { title: "DN", text: ({ number }) => number },
  { title: "Name", text: ({ displayName = "" }) => shown(displayName) },
  { title: "Password", text: passwordText },
  {
    title: "Secret",
    text: ({ secretChange }) =>
      ({ new: "new", same: "there already", replaced: "replaces another" })[secretChange],
    paint: ({ secretChange }) => (secretChange === "replaced" ? colors.yellow : plain),
  },
  { title: "In the file", text: ({ inFile }) => (inFile ? "already" : "new") },
  { title: "From", text: ({ place }) => shown(placeText(place)) },
];

const LEFT_OUT_COLUMNS: readonly Column<LeftOut>[] = [
  { title: "Where", text: ({ place }) => shown(placeText(place)) },
  { title: "Name", text: ({ name }) => shown(name) },
  { title: "Why, and what to do", text: ({ reason }) => visible(reason, 300) },
];

const FAULT_COLUMNS: readonly Column<ReadFault>[] = [
  { title: "Where", text: ({ place }) => shown(placeText(place)) },
  { title: "What", text: ({ message }) => visible(message, 300) },
];

interface Note {
  readonly text: string;
  readonly numbers: readonly string[];
}

const NOTE_COLUMNS: readonly Column<Note>[] = [
  { title: "DN", text: ({ numbers }) => some(numbers) },
  { title: "What", text: ({ text }) => visible(text, 300) },
];

const DIFFERENCE_COLUMNS: readonly Column<Difference>[] = [
  { title: "Where first", text: ({ place }) => shown(placeText(place)) },
  { title: "Phones", text: ({ phones }) => String(phones) },
  { title: "There", text: ({ option }) => shown(option) },
  { title: "Here", text: ({ here }) => here },
];

function notesOf(phones: readonly PlannedPhone[]): Note[] {
  const byText = new Map<string, string[]>();
  for (const { notes, number } of phones)
    for (const text of notes) byText.set(text, [...(byText.get(text) ?? []), number]);
  return [...byText].map(([text, numbers]) => ({ text, numbers }));
}

function ignoredText({ ignored }: Comparison): string | undefined {
  if (ignored.size === 0) return undefined;
  const names = [...ignored].map(([name, count]) => `${shown(name)} (${count})`);
  return `Options that phones here don't have, and of how many phones: ${some(names, 60)}`;
}

function passwordText({ number, secret, credential: { username, realm } }: PlannedPhone): string {
  if (!secret.startsWith("{MD5}")) return "as it was";
  return [
    "as it was, by its digest",
    ...(username === number ? [] : [`user ${username}`]),
    ...(realm === PHONE_REALM ? [] : [`realm ${realm}`]),
  ].join(", ");
}

function some(items: readonly string[], most = 5): string {
  const first = items.slice(0, most).join(", ");
  return items.length > most ? `${first} and ${items.length - most} more` : first;
}

function plain(text: string): string {
  return text;
}
