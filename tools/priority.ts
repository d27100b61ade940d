import { constants, getPriority, setPriority } from "node:os";

/**
 * Lets this process and what it starts wait for the processor behind everything else. A deploy has time, and the calls
 * on the same machine have none: sound that comes late is sound that is missing.
 */
export function yieldToCalls(): void {
  const low = constants.priority.PRIORITY_BELOW_NORMAL;
  // Only root may go the other way.
  if (getPriority() < low) setPriority(low);
}
