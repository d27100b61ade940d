import { randomUUID } from "node:crypto";

/**
 * An id for a channel, bridge or playback that nothing else has: `<prefix>-<UUID>`. The prefix tells an operator in
 * Asterisk's log whose it is.
 */
export function newId(prefix: string): string {
  return `${prefix}-${randomUUID()}`;
}
