import { join } from "node:path";
import { root } from "./arguments";
import { OperatorError } from "./progress";
import { run } from "./run";

/**
 * Runs cdktf with the provider that can be had here (bin/with-provider).
 *
 * @param show is told what Terraform is doing, for a progress line
 * @throws OperatorError with Terraform's diagnostics, or with the end of the output where there are none
 */
export async function cdktf(args: readonly string[], show: (line: string) => void): Promise<void> {
  const command = join(root, "node_modules", ".bin", "cdktf");
  const diagnostics: string[] = [];
  let inDiagnostic = false;
  const follow = (line: string) => {
    // Terraform frames each diagnostic: a corner, bars, a corner.
    const start = line.indexOf("╷");
    if (start >= 0) inDiagnostic = true;
    if (inDiagnostic) diagnostics.push(line.slice(line.search(/[╷│╵]/)));
    if (line.includes("╵")) inDiagnostic = false;
    // Its own count of stacks says nothing: there is one.
    if (!/\d+ Stacks? (deploying|destroying|done)/.test(line)) show(line.replace(/^\s*\S+\s{2,}/, ""));
  };
  try {
    await run(join(root, "bin", "with-provider"), [command, ...args], {
      cwd: root,
      deadline: 30 * 60_000,
      onLine: follow,
    });
  } catch (error) {
    throw diagnostics.length > 0 ? new OperatorError(diagnostics.join("\n")) : error;
  }
}
