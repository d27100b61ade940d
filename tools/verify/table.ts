import { colors } from "../colors";

/** The outcome of one check: what was seen, and where it is red, why and what to do. */
export interface Outcome {
  readonly check: string;
  readonly passed: boolean;
  readonly detail: string;
}

/** The outcomes as a table: a mark, the check, what was seen. Colour only where the terminal takes it. */
export function renderTable(outcomes: readonly Outcome[]): string {
  const width = Math.max(...outcomes.map((outcome) => outcome.check.length));
  return outcomes
    .map(({ check, passed, detail }) => {
      const [first = "", ...more] = detail.split("\n");
      const indent = " ".repeat(width + 4);
      const text = [first, ...more.map((line) => indent + line)].join("\n");
      return `${passed ? colors.green("✓") : colors.red("✗")} ${check.padEnd(width)}  ${passed ? colors.dim(text) : colors.red(text)}`;
    })
    .join("\n");
}
