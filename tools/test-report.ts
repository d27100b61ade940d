import { relative } from "node:path";

/** What of jest's report (`--json`) is read. */
export interface JestReport {
  readonly numPassedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly {
    /** Absolute path of the file. */
    readonly name: string;
    /** Why the file itself could not run; also all messages of its tests in one. */
    readonly message: string;
    readonly status: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

const MAX_REASON = 200;

/**
 * Every failure of a report as one line: the file below `root`, the test, and the first line of the reason. A file
 * that could not run at all is one failure.
 */
export function failuresOf(report: JestReport, root: string): string[] {
  return report.testResults.flatMap(({ name, message, status, assertionResults }) => {
    const file = relative(root, name);
    const failed = assertionResults.filter((test) => test.status === "failed");
    if (failed.length === 0 && status === "failed") return [`${file}: ${reasonOf(message)}`];
    return failed.map((test) => `${file} › ${test.fullName}: ${reasonOf(test.failureMessages?.[0] ?? "")}`);
  });
}

/** The first line that says something, plain. */
function reasonOf(message: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours of a terminal begin with ESC.
  const plain = message.replaceAll(/\u001b\[[0-9;]*m/g, "");
  const lines = plain.split("\n").map((line) => line.trim());
  const first = lines.find((line) => line !== "" && !line.startsWith("●")) ?? "no reason given";
  return first.length > MAX_REASON ? `${first.slice(0, MAX_REASON)}…` : first;
}
