import type { HangupReason } from "../../../../lib/ari";
import type { Destination } from "../numbers";
import type { Leg } from "./leg";

/** A leg that is to be made. */
export interface NewLeg {
  readonly leg: Leg;
  readonly to: Destination;
}

/** What a call wants of Asterisk; `bridge` is the call's own, legs are ids of channels. */
export type Command =
  /** Calls phones or numbers; each comes into Stasis when it's answered. */
  | {
      readonly do: "call";
      readonly legs: readonly NewLeg[];
      readonly callerId: string;
      readonly ringSeconds: number;
    }
  /** Makes a channel that calls nobody yet, so that it can be put into the bridge first: its early media is heard. */
  | { readonly do: "create"; readonly leg: Leg; readonly to: Destination; readonly callerId: string }
  | { readonly do: "place"; readonly leg: string; readonly ringSeconds: number }
  /** Says as whom a leg is shown to those whom it is going to be bridged with. */
  | { readonly do: "identify"; readonly leg: string; readonly as: string }
  | { readonly do: "bridge" }
  | { readonly do: "unbridge" }
  | { readonly do: "join"; readonly legs: readonly string[] }
  | { readonly do: "part"; readonly leg: string }
  | { readonly do: "answer"; readonly leg: string }
  | { readonly do: "ring"; readonly leg: string }
  | { readonly do: "hangup"; readonly leg: string; readonly reason?: HangupReason }
  | { readonly do: "hold"; readonly leg: string }
  | { readonly do: "unhold"; readonly leg: string }
  | { readonly do: "dtmf"; readonly leg: string; readonly digits: string }
  /** Takes a channel over from the dialplan, and has its events come until its end. */
  | { readonly do: "follow"; readonly leg: string }
  /** Lets the dialplan carry on: calls of DN to DN go through Genesys. */
  | { readonly do: "continue"; readonly leg: string; readonly extension: string }
  /** Asks whom of the queue's members to ring; `ring` answers. */
  | { readonly do: "choose"; readonly queue: string }
  /** Asks for `wake` after so many milliseconds; the latest one counts. */
  | { readonly do: "wake"; readonly after: number };
