import type { Change } from "../compare/change";
import type { PlannedAction } from "../plan";
import { bySeverity } from "../severity";
import type { UnifiedDiff } from "../unified";
import { type EnvironmentReport, environmentReport, type Fold } from "./environment";
import { bullets, code, count, escaped, fenced, folded } from "./markdown";

/** What marks a comment as this review's, so that the next one takes its place. */
export const MARKER = "<!-- webrtc-genesys review -->";

/** GitHub takes 65,536 characters. Counted in bytes here, of which there are never fewer. */
export const COMMENT_LIMIT = 65_000;

export interface Review {
  /** As the operator named the base, and its commit. */
  readonly base: { readonly ref: string; readonly commit: string; readonly notes: readonly string[] };
  readonly changes: readonly Change[];
  /** By environment. */
  readonly diffs: ReadonlyMap<string, readonly UnifiedDiff[]>;
  readonly plans: ReadonlyMap<string, readonly PlannedAction[]>;
}

/** The whole review, however long it is. */
export function renderFull(review: Review): string {
  return assemble(review, Number.POSITIVE_INFINITY, "");
}

/**
 * The review for a comment, below GitHub's limit whatever the size of the change.
 *
 * @param pointer where the whole of it is to be found, as Markdown
 */
export function renderComment(review: Review, pointer: string, limit = COMMENT_LIMIT): string {
  for (let budget = limit; ; budget = Math.floor(budget * 0.9)) {
    const text = assemble(review, budget, pointer);
    if (bytes(text) <= limit || budget < 100) return text;
  }
}

/** The report where one side can't be synthesized. */
export function renderFailure(side: string, faults: string): string {
  return `${MARKER}\n## What this change does\n\n⛔ **${escaped(side)} can't be synthesized**, so that there is no review:\n\n${fenced("text", faults.split("\n").slice(0, 100))}\n`;
}

function assemble({ base, changes, diffs, plans }: Review, budget: number, pointer: string): string {
  const full = budget === Number.POSITIVE_INFINITY;
  const reports = changes.map((change) =>
    environmentReport(change, diffs.get(change.name) ?? [], plans.get(change.name), full),
  );
  const head = [
    MARKER,
    "## What this change does",
    `Compared with ${code(base.ref)} at ${base.commit.slice(0, 12)}:`,
    bullets(reports.map(({ overview }) => overview)),
    ...base.notes.map((note) => `> ${note}`),
  ].join("\n\n");
  let left = budget - bytes(head) - bytes(pointer) - 200;
  let cut = false;

  // What matters most gets its room first, whatever the order of the names.
  const essentials = new Map<EnvironmentReport, string>();
  const ranked = reports
    .map((report, at) => ({ report, severity: changes[at]?.consequences[0]?.severity ?? "low" }) as const)
    .sort(bySeverity);
  for (const { report } of ranked) {
    if (report.essentials === undefined) continue;
    const text = withinBudget(report.essentials, left);
    if (text !== report.essentials) cut = true;
    essentials.set(report, text);
    left -= bytes(text) + 4;
  }

  const folds = reports.filter((report) => essentials.get(report)).flatMap((report) => report.folds);
  const rooms = shareOut(folds.map(sizeOf), left);
  const bodies = reports.flatMap((report) => {
    const text = essentials.get(report);
    if (!text) return [];
    const shown = report.folds.map((fold) => renderFold(fold, rooms[folds.indexOf(fold)] ?? 0));
    const missing = shown.filter((fold) => fold === undefined).length;
    if (shown.some((fold, at) => fold !== whole(report.folds[at] as Fold))) cut = true;
    const rest = missing > 0 ? [`and ${count(missing, "more file")} that changed`] : [];
    return [[text, ...shown.filter((fold) => fold !== undefined), ...rest].join("\n\n")];
  });
  const end = cut && pointer ? [`✂️ Cut to fit into a comment. ${pointer}`] : [];
  return `${[head, ...bodies, ...end].join("\n\n")}\n`;
}

/** Whole lines of a text, as many as there is room for. */
function withinBudget(text: string, budget: number): string {
  if (bytes(text) <= budget) return text;
  const lines: string[] = [];
  let left = budget;
  for (const line of text.split("\n")) {
    left -= bytes(line) + 1;
    if (left < 0) break;
    lines.push(line);
  }
  return lines.join("\n").trimEnd();
}

/** Less is not worth unfolding. */
const LEAST_ROOM = 300;

/** Room for each: the small ones get what they need, the large ones the same share of the rest. */
function shareOut(sizes: readonly number[], total: number): number[] {
  const rooms = sizes.map(() => 0);
  const order = sizes.map((size, at) => ({ size, at })).sort((a, b) => a.size - b.size || a.at - b.at);
  let left = total;
  order.forEach(({ size, at }, done) => {
    const share = Math.floor(left / (order.length - done));
    rooms[at] = Math.max(0, Math.min(size, share));
    left -= rooms[at] ?? 0;
  });
  return rooms;
}

function whole({ summary, language, lines }: Fold): string {
  return folded(summary, fenced(language, lines));
}

function sizeOf(fold: Fold): number {
  return bytes(whole(fold)) + 2;
}

function renderFold(fold: Fold, room: number): string | undefined {
  if (room >= sizeOf(fold)) return whole(fold);
  if (room < LEAST_ROOM) return undefined;
  const lines = withinBudget(fold.lines.join("\n"), room - LEAST_ROOM / 2).split("\n");
  const rest = `… and ${fold.lines.length - lines.length} more lines`;
  return folded(fold.summary, fenced(fold.language, [...lines, rest]));
}

function bytes(text: string): number {
  return Buffer.byteLength(text);
}
