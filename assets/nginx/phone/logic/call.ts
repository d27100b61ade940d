/**
 * `dialing` and `ringing` out there, `incoming` here; `connecting`: answered here, media is being set up.
 * `ended` is final.
 */
export type Phase = "dialing" | "ringing" | "incoming" | "connecting" | "active" | "ended";

/** `refused`: the call goes on as before. `lost`: the other side was let go, and reached nobody. */
export type TransferState = "asked" | "done" | "refused" | "lost";

/** All that is known of one call. A new object with each change. */
export interface Call {
  readonly id: string;
  readonly direction: "in" | "out";
  readonly phase: Phase;
  readonly number: string;
  readonly name?: string;
  /** X-Genesys-CallUUID of the INVITE. */
  readonly uuid?: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly answeredAt?: number;
  readonly endedAt?: number;
  readonly muted: boolean;
  /** By this phone. */
  readonly held: boolean;
  readonly heldByPeer: boolean;
  readonly transfer?: { readonly to: string; readonly state: TransferState };
  /** Why it ended. */
  readonly why?: string;
}

export type CallEvent =
  | { readonly type: "ringing" }
  | { readonly type: "answering" }
  /** It could not be answered, and rings on. */
  | { readonly type: "not-answered" }
  | { readonly type: "answered" }
  | { readonly type: "muted"; readonly on: boolean }
  | { readonly type: "held"; readonly by: "here" | "peer"; readonly on: boolean }
  | { readonly type: "transfer"; readonly to: string; readonly state: TransferState }
  | { readonly type: "ended"; readonly why: string };

const FROM: Readonly<Record<CallEvent["type"], readonly Phase[]>> = {
  ringing: ["dialing"],
  answering: ["incoming"],
  "not-answered": ["connecting"],
  answered: ["dialing", "ringing", "connecting"],
  muted: ["active"],
  held: ["active"],
  transfer: ["active"],
  ended: ["dialing", "ringing", "incoming", "connecting", "active"],
};

/** The call after an event; the same object where the event comes too late or too early to mean anything. */
export function advance(call: Call, event: CallEvent, now: number): Call {
  if (!FROM[event.type].includes(call.phase)) return call;
  switch (event.type) {
    case "ringing":
      return { ...call, phase: "ringing" };
    case "answering":
      return { ...call, phase: "connecting" };
    case "not-answered":
      return { ...call, phase: "incoming" };
    case "answered":
      return { ...call, phase: "active", answeredAt: now };
    case "muted":
      return { ...call, muted: event.on };
    case "held":
      return event.by === "here" ? { ...call, held: event.on } : { ...call, heldByPeer: event.on };
    case "transfer":
      return { ...call, transfer: { to: event.to, state: event.state } };
    case "ended":
      return { ...call, phase: "ended", endedAt: now, why: event.why };
  }
}

/** Whether hanging up, not rejecting, ends it. */
export function isOurs({ phase }: Call): boolean {
  return phase !== "incoming" && phase !== "ended";
}
