import { randomUUID } from "node:crypto";

/**
 * What a channel is in a call. `agent`: rung first of an originated call. `caller`: came in by the dialplan. `customer`: of
 * a campaign. `peer`: called for one of these. `consulted`: called by who wants to transfer. `seat`: an agent's phone that
 * stays when the call ends.
 */
export const legRoles = ["agent", "caller", "customer", "peer", "consulted", "seat"] as const;
export type LegRole = (typeof legRoles)[number];

/** `making`: asked for. `placing`: exists, and is not calling yet. `calling`, `ringing`, `up`: as far as the far end is. */
export type LegState = "making" | "placing" | "calling" | "ringing" | "up";

/** A channel of a call. */
export interface Leg {
  /** Of the channel. */
  readonly id: string;
  readonly role: LegRole;
  /** A DN, or a number in E.164 form. */
  readonly party: string;
  readonly state: LegState;
  /** Whether its channel is in the application, where it can be commanded. */
  readonly inApp: boolean;
}

/**
 * A channel's id tells whose it is, so that it can be found after a restart: `call-<call's UUID>-<role>-<8 characters>`.
 */
export function newLegId(call: string, role: LegRole): string {
  return `call-${call}-${role}-${randomUUID().slice(0, 8)}`;
}

const UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const LEG_ID = new RegExp(`^call-(${UUID})-([a-z]+)-[0-9a-f]{8}$`);

/** Whose a channel is by its id; undefined when it is not of our making. */
export function readLegId(id: string): { readonly call: string; readonly role: LegRole } | undefined {
  const [, call, role] = LEG_ID.exec(id) ?? [];
  const known = legRoles.find((one) => one === role);
  return call !== undefined && known !== undefined ? { call, role: known } : undefined;
}

/** Each call has one bridge at most. */
export function bridgeIdOf(call: string): string {
  return `call-${call}`;
}

const BRIDGE_ID = new RegExp(`^call-(${UUID})$`);

/** The call whose bridge it is; undefined when it is not of our making. */
export function readBridgeId(id: string): string | undefined {
  return BRIDGE_ID.exec(id)?.[1];
}
