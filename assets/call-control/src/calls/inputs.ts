import type { Destination } from "../numbers";
import type { TransferMode } from "./calls";
import type { Leg } from "./leg";
import type { Cause, Route } from "./state";

/** What has happened to a leg. */
export type LegFact =
  /** Its channel exists. */
  | { readonly what: "made"; readonly leg: string }
  /** There is none: nobody is registered there, or Asterisk could not make it. */
  | { readonly what: "not_made"; readonly leg: string; readonly cause: Cause }
  /** It is in the application. */
  | { readonly what: "arrived"; readonly leg: string }
  | { readonly what: "ringing"; readonly leg: string }
  | { readonly what: "up"; readonly leg: string }
  | { readonly what: "gone"; readonly leg: string; readonly cause: Cause };

export interface TransferRequest {
  readonly what: "transfer";
  /** The leg that transfers. */
  readonly by: string;
  readonly route: Route & { readonly to: Destination };
  readonly mode: TransferMode;
}

export type Request =
  | { readonly what: "hangup" }
  | TransferRequest
  | { readonly what: "complete" }
  | { readonly what: "cancel" }
  | { readonly what: "hold"; readonly by: string }
  | { readonly what: "resume" }
  | { readonly what: "dtmf"; readonly by: string; readonly digits: string }
  /** An agent's seat for a campaign's customer. */
  | { readonly what: "connect"; readonly seat: Leg }
  | { readonly what: "abandon" };

export type Input =
  | LegFact
  | Request
  /** Members of the queue that are to be rung now; none when all of them are busy. */
  | { readonly what: "ring"; readonly members: readonly string[] }
  | { readonly what: "wake" }
  /** A recording has begun, or ended. */
  | { readonly what: "recording"; readonly id?: string }
  /** A phone has joined its two calls by itself (REFER): in each, what leads to the other has its place. */
  | { readonly what: "joined"; readonly leg: string; readonly by: Leg }
  /** A call that the dialplan had has come back, e.g. because Genesys has transferred it. */
  | { readonly what: "returned"; readonly leg: string; readonly extension: string }
  /** Asterisk is connected again; `bridged`: the channels of the call's bridge, if there is one. */
  | { readonly what: "repair"; readonly bridged?: readonly string[] }
  /** The call can't be carried on. */
  | { readonly what: "failed"; readonly text: string };
