import { setTimeout as sleep } from "node:timers/promises";
import { OperatorError } from "../../progress";

/**
 * Looks again and again until nothing is missing.
 *
 * @param missing says what, or undefined
 * @throws OperatorError with what was missing last, after the deadline in milliseconds
 */
export async function eventually(
  deadline: number,
  what: string,
  missing: () => Promise<string | undefined>,
): Promise<void> {
  const end = Date.now() + deadline;
  for (;;) {
    const left = await missing();
    if (left === undefined) return;
    if (Date.now() > end) throw new OperatorError(`${what}: not within ${deadline / 1000} s: ${left}`);
    await sleep(250);
  }
}
