import type { Call, CallChange } from "./call";

export interface OriginateRequest {
  /** A DN of ours or a number outside; it is normalized and checked here. */
  readonly to: string;
  /** The DN whose phone rings first. */
  readonly agent: string;
}

export interface CampaignCallRequest {
  /** A number outside, in E.164 form; it is checked as any other. */
  readonly to: string;
  readonly campaignId: string;
  readonly queueEntryId: string;
  /** The id that the call will have: it's in the queue's row before anything is dialled. */
  readonly callId: string;
  /** The first leg's id, likewise. */
  readonly channelId: string;
  /** The number that the customer sees, in E.164 form. @default the trunk's */
  readonly callerId?: string;
  readonly ringSeconds: number;
}

/** An agent's phone that stays in a call while its agent works for a campaign, so that customers don't wait for its ringing. */
export interface Seat {
  readonly id: string;
  /** DN. */
  readonly agent: string;
  readonly channelId: string;
}

export type TransferMode = "blind" | "attended";

/** A DTMF sequence: digits, `*`, `#`, `A` to `D`. */
export type Dtmf = string;

/**
 * The calls that this service commands. Each method rejects with a CallError, whose `code` says what the caller of the API is told.
 *
 * A call is found by its id or by the id of one of its channels: `call` below is either.
 */
export interface Calls {
  /** The calls that are up, oldest first. */
  live(): readonly Call[];
  find(call: string): Call | undefined;

  /** Rings the agent, then the destination. Resolves when the agent's channel is there. */
  originate(request: OriginateRequest): Promise<Call>;

  /** Ends all legs. */
  hangup(call: string): Promise<Call>;

  /**
   * blind: the call goes on between the other party and `destination`. attended: the agent speaks with `destination`
   * first, while the other party is on hold; `completeTransfer` or `cancelTransfer` ends that.
   */
  transfer(call: string, destination: string, mode: TransferMode): Promise<Call>;
  completeTransfer(call: string): Promise<Call>;
  cancelTransfer(call: string): Promise<Call>;

  hold(call: string): Promise<Call>;
  resume(call: string): Promise<Call>;
  /** Sends tones to the other party. */
  sendDtmf(call: string, digits: Dtmf): Promise<Call>;

  /** Dials a campaign's customer. When that one answers, the call waits for `connect`. */
  dial(request: CampaignCallRequest): Promise<Call>;
  /** Rings an agent, and keeps the phone's call when it's answered. */
  openSeat(agent: string, campaignId: string): Promise<Seat>;
  closeSeat(seatId: string): Promise<void>;
  seats(): readonly Seat[];
  /** Puts a customer who has answered through to an agent's seat. When the customer hangs up, the seat stays. */
  connect(call: string, seatId: string): Promise<Call>;
  /** Ends a customer's call for which there is no agent; a message can be played first. */
  abandon(call: string): Promise<void>;

  /** Whatever happens to a call, in order. */
  on(event: "change", listener: (change: CallChange) => void): unknown;
  on(event: "seatClosed", listener: (seat: Seat) => void): unknown;
}

export type CallErrorCode =
  /** No such call, or no such call any more. */
  | "CALL_NOT_FOUND"
  /** The call is there, and what was asked for does not fit how far it is. */
  | "CALL_STATE"
  /** No number, or none that may be called. */
  | "NUMBER_INVALID"
  | "NUMBER_FORBIDDEN"
  /** Nobody is registered there, or the endpoint is unknown. */
  | "UNAVAILABLE"
  /** The agent has asked for too many calls. */
  | "TOO_MANY_CALLS"
  /** Asterisk can't be reached, or did not do it. */
  | "ASTERISK";

/** Why a call could not be made or changed; `message` is for those who called the API, in one sentence with a way out. */
export class CallError extends Error {
  override readonly name = "CallError";

  constructor(
    readonly code: CallErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
