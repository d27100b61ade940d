import { isSendable } from "./web-socket/frame";

/** Codes of RFC 6455 7.4.1 and of the registry that the tunnel gives by itself. */
export const closeCodes = {
  /** Sent too much, too fast, too slowly, or nothing at all. */
  policy: 1008,
  serviceRestart: 1012,
  tryAgainLater: 1013,
} as const;

/** What Asterisk is told when a phone closed with this code. */
export function towardsAsterisk(code: number): number {
  return isSendable(code) ? code : code === NO_STATUS ? NORMAL : GOING_AWAY;
}

/**
 * What a phone is told when Asterisk closed with this code: an Asterisk that goes away or has failed will be back, so
 * the phone is to come back too.
 */
export function towardsPhone(code: number): number {
  if (code === NORMAL || code === NO_STATUS) return NORMAL;
  return LEAVING.has(code) || !isSendable(code) ? closeCodes.tryAgainLater : code;
}

const NORMAL = 1000;
const GOING_AWAY = 1001;
const NO_STATUS = 1005;

/** Going away, abnormal, internal error, restart. */
const LEAVING = new Set([GOING_AWAY, 1006, 1011, 1012]);
