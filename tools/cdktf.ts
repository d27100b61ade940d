import { join } from "node:path";
import { root } from "./arguments";
import { run } from "./run";

/**
 * Runs cdktf with the provider that can be had here (bin/with-provider).
 *
 * @param onLine is told what it prints, for a progress line
 * @throws OperatorError with the end of its output, when it fails
 */
export async function cdktf(args: readonly string[], onLine: (line: string) => void): Promise<void> {
  const command = join(root, "node_modules", ".bin", "cdktf");
  await run(join(root, "bin", "with-provider"), [command, ...args], {
    cwd: root,
    deadline: 30 * 60_000,
    onLine,
  });
}
