import type { Change, Consequence, ImageChange } from "../compare/change";
import { numbersText } from "../compare/ranges";
import type { Listener } from "../model/deployment";
import { placeOf, whoReaches } from "../model/reach";
import type { PlannedAction } from "../plan";
import { type Severity, severities } from "../severity";
import type { UnifiedDiff } from "../unified";
import { bullets, code, count, escaped, table } from "./markdown";

/** A part that is folded, and cut where there is not enough room. */
export interface Fold {
  /** HTML */
  readonly summary: string;
  readonly language: string;
  readonly lines: readonly string[];
}

export interface EnvironmentReport {
  /** One line of the overview. */
  readonly overview: string;
  /** What is always shown; absent where nothing changes. */
  readonly essentials?: string;
  readonly folds: readonly Fold[];
}

/** Items of one list that a comment shows; the rest is in the full review. */
const SHOWN = 30;

/** The report on one environment. */
export function environmentReport(
  change: Change,
  diffs: readonly UnifiedDiff[],
  plan: readonly PlannedAction[] | undefined,
  full: boolean,
): EnvironmentReport {
  const standing = change.standingViolations.length;
  const kept = standing > 0 ? `; breaks ${count(standing, "rule")} of the site, as before` : "";
  if (change.kind === "unchanged" && (plan === undefined || plan.length === 0)) {
    return { overview: `${escaped(change.name)}: unchanged${kept}`, folds: [] };
  }
  const cut = (items: readonly string[]) => (full ? [...items] : shortened(items));
  const parts = [
    `### ${escaped(change.name)}`,
    bullets(cut(change.sentences.map(escaped))),
    consequencesPart(change.consequences, full),
    ...lists(change).flatMap(([title, items]) =>
      items.length > 0 ? [`**${title}**\n\n${bullets(cut(items))}`] : [],
    ),
    ...(plan ? [planPart(plan, cut)] : []),
  ].filter((part) => part !== "");
  return {
    overview: `**${escaped(change.name)}**: ${change.kind}${worst(change.consequences)}${kept}`,
    essentials: parts.join("\n\n"),
    folds: [...settingsFold(change), ...diffs.map(diffFold)],
  };
}

function shortened(items: readonly string[]): string[] {
  const more = items.length - SHOWN;
  return more > 0 ? [...items.slice(0, SHOWN), `and ${more} more, see the full review`] : [...items];
}

/** `: 1 critical, 2 high` */
function worst(consequences: readonly Consequence[]): string {
  const counts = severities
    .map((severity) => [severity, consequences.filter((one) => one.severity === severity).length] as const)
    .filter(([, number]) => number > 0)
    .reverse();
  return counts.length === 0
    ? ""
    : ` (${counts.map(([severity, number]) => `${number} ${severity}`).join(", ")})`;
}

const MARKS: Readonly<Record<Severity, string>> = { critical: "⛔", high: "🔴", medium: "🟠", low: "⚪" };

function consequencesPart(consequences: readonly Consequence[], full: boolean): string {
  if (consequences.length === 0) return "";
  const shown = full ? consequences : consequences.slice(0, SHOWN);
  const rows = shown.map(({ severity, subject, text, callsDropped }) => [
    `${MARKS[severity]} ${severity}`,
    escaped(subject),
    escaped(text),
    callsDropped === undefined ? "" : callsDropped ? "**yes**" : "no",
  ]);
  const more = consequences.length - shown.length;
  const rest = more > 0 ? `\n\nand ${more} more, see the full review` : "";
  return `**Consequences**\n\n${table(["", "where", "what happens", "calls dropped"], rows)}${rest}`;
}

function lists(change: Change): [string, string[]][] {
  return [
    ["DNs", dns(change)],
    [
      "Ports",
      [
        ...change.opened.map((one) => port("opened", one)),
        ...change.closed.map((one) => port("closed", one)),
      ],
    ],
    ["Images", images(change.images)],
    ["Secret files", secrets(change)],
    ["Volumes", volumes(change)],
    ["Rules of the site that are broken as before", change.standingViolations.map(escaped)],
  ];
}

function dns({ dns: { added, removed, renamed } }: Change): string[] {
  const line = (word: string, numbers: readonly string[]) =>
    numbers.length > 0 ? [`${word}: ${numbersText(numbers)}`] : [];
  return [...line("added", added), ...line("removed", removed), ...line("other display name", renamed)];
}

function port(word: string, listener: Listener): string {
  const tls = listener.tls ? " with TLS" : "";
  return `${word}: ${code(placeOf(listener))}${tls}, ${escaped(listener.name)}: ${escaped(whoReaches(listener.address))}`;
}

/** Those that are pulled change by their tags, all alike: one line for all of them. */
function images(changes: readonly ImageChange[]): string[] {
  const lines = new Map<string, string[]>();
  const alone: string[] = [];
  for (const change of changes) {
    const { before, after } = change;
    const pulled = before && after && !before.context && !after.context;
    if (!pulled) {
      alone.push(image(change));
      continue;
    }
    const [from, to] = [before, after].map(({ reference, name }) => {
      const at = reference.lastIndexOf(`/${name}`);
      return `${reference.slice(0, at)}/…${reference.slice(at + name.length + 1)}`;
    }) as [string, string];
    const line = `${code(from)} → ${code(to)}`;
    lines.set(line, [...(lines.get(line) ?? []), change.name]);
  }
  return [
    ...[...lines].map(
      ([line, names]) => `${line}: ${escaped(names.join(", "))}; a tag does not say what has changed in them`,
    ),
    ...alone,
  ];
}

function image({ name, before, after, parts }: ImageChange): string {
  const from = before ? code(before.reference) : "none";
  const to = after ? code(after.reference) : "none";
  const more = parts.length > PARTS ? ` and ${parts.length - PARTS} more` : "";
  const why = parts.length > 0 ? `: ${parts.slice(0, PARTS).map(code).join(", ")}${more}` : "";
  return `${escaped(name)} ${from} → ${to}${why}`;
}

/** Changed parts of an image that are named. */
const PARTS = 8;

function secrets({ secrets: { needed, unused } }: Change): string[] {
  return [...secretLines("needed", needed), ...secretLines("no longer used", unused)];
}

function secretLines(word: string, names: readonly string[]): string[] {
  const dns = names.filter((name) => name.startsWith("dn/")).map((name) => name.slice("dn/".length));
  const others = names.filter((name) => !name.startsWith("dn/"));
  return [
    ...(others.length > 0 ? [`${word}: ${others.map(code).join(", ")}`] : []),
    ...(dns.length > 0 ? [`${word}: ${code("dn/<number>")} for ${numbersText(dns)}`] : []),
  ];
}

function volumes({ volumes: { created, destroyed } }: Change): string[] {
  const line = (word: string, names: readonly string[]) =>
    names.length > 0 ? [`${word}: ${names.map(code).join(", ")}`] : [];
  return [...line("destroyed", destroyed), ...line("created", created)];
}

const ACTIONS = ["destroyed", "replaced", "changed in place", "created"] as const;

/** Terraform's actions, grouped by what they do; the most serious group first. */
export function planPart(
  plan: readonly PlannedAction[],
  cut: (items: readonly string[]) => readonly string[],
): string {
  if (plan.length === 0) return "**Terraform's plan**: nothing to do";
  const groups = ACTIONS.map((action) => [action, plan.filter((one) => one.action === action)] as const);
  const shown = groups.filter(([, actions]) => actions.length > 0);
  const summary = shown.map(([action, actions]) => `${actions.length} ${action}`).join(", ");
  const parts = shown.map(([action, actions]) => {
    const items = actions.map(({ type, name, because }) => {
      const why = because.length > 0 ? `: ${escaped(because.join(", "))}` : "";
      return `${code(name)} (${escaped(type)})${why}`;
    });
    return `${action}:\n\n${bullets(cut(items))}`;
  });
  return `**Terraform's plan**: ${summary}\n\n${parts.join("\n\n")}`;
}

function settingsFold({ settings }: Change): Fold[] {
  if (settings.length === 0) return [];
  const value = (text: string | undefined) => text ?? "(none)";
  return [
    {
      summary: `settings: ${count(settings.length, "change")}`,
      language: "diff",
      lines: settings.flatMap(({ path, before, after }) => [
        ...(before === undefined ? [] : [`- ${path}: ${value(before)}`]),
        ...(after === undefined ? [] : [`+ ${path}: ${value(after)}`]),
      ]),
    },
  ];
}

function diffFold({ service, path, added, removed, lines }: UnifiedDiff): Fold {
  return {
    summary: `${escaped(service)}: ${escaped(path)} (+${added} −${removed})`,
    language: "diff",
    lines,
  };
}
