import type { AriClient, AriEvent, Snapshot } from "../../../../lib/ari";

/** What of the client of Asterisk's REST interface is used for calls; tests have a model of Asterisk in its place. */
export interface Ari extends Pick<AriClient, "makeChannel" | "makeBridge" | "state"> {
  on(event: "event", listener: (event: AriEvent) => void): unknown;
  on(event: "ready", listener: (snapshot: Snapshot) => void): unknown;
  readonly channels: Pick<
    AriClient["channels"],
    | "originate"
    | "create"
    | "dial"
    | "answer"
    | "hangup"
    | "ring"
    | "hold"
    | "unhold"
    | "setVariable"
    | "sendDtmf"
    | "continueInDialplan"
  >;
  readonly bridges: Pick<
    AriClient["bridges"],
    "create" | "destroy" | "addChannel" | "removeChannel" | "play" | "record"
  >;
  readonly applications: Pick<AriClient["applications"], "subscribe">;
  readonly recordings: Pick<
    AriClient["recordings"],
    "stop" | "pause" | "unpause" | "getLive" | "getStored" | "deleteStored" | "download"
  >;
}
