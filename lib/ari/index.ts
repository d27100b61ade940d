/**
 * A client of Asterisk's REST interface (ARI) and its events.
 *
 *     const ari = new AriClient({ url: "http://127.0.0.1:8088", username: "webrtc", secret, app: "callcenter" });
 *     ari.on("ready", ({ channels, bridges }) => begin(channels, bridges));   // after every (re)connect
 *     ari.on("lost", (error) => warn(error.message));
 *     ari.on("event", (event) => {
 *       if (event.type === "StasisStart") take(event.channel, event.args);
 *     });
 *     ari.start();
 *     ...
 *     await ari.stop();
 *
 * Events are missed between `lost` and `ready`. The client subscribes first and lists then: `ready` has what stood, and
 * every event since comes after it, in order. So, at `ready`: what you know of and is not in the lists has ended
 * unseen; what is in them and you don't know has begun unseen. An event may tell of a thing that the lists had, or of
 * an end that they had left out already: take it as a fact that you may know.
 *
 * Requests don't need the events' connection: they can be made from `start()` on, and fail by themselves. Each has a
 * deadline. Nothing is sent twice. Where an error has `outcomeUnknown`, the request may have been done:
 * `makeChannel` and `makeBridge` find that out.
 *
 * Nothing is queued here: an event is handed over as it's read. Who keeps the process busy makes Asterisk wait, which it
 * does for 100 ms (`websocket_write_timeout` in ari.conf) and then gives the connection up.
 */
export { AriClient, type AriClientEvents } from "./client";
export { AriError, type AriErrorCode, AriLoginError, AriRequestError } from "./errors";
export type { AriEvent, AriEventOf, UnknownAriEvent } from "./events";
export type { Download } from "./http";
export { newId } from "./ids";
export type { Made, MadeBridge, MadeChannel } from "./making";
export type {
  Application,
  AsteriskInfo,
  AsteriskPing,
  Bridge,
  Channel,
  Endpoint,
  LiveRecording,
  Playback,
  StoredRecording,
} from "./models";
export type { AriClientOptions, AriLimits, AriTimeouts } from "./options";
export type { EventFilter } from "./resources/applications";
export type { AddChannelOptions, BridgeRequest } from "./resources/bridges";
export type {
  CreateRequest,
  Destination,
  Direction,
  DtmfOptions,
  HangupReason,
  OriginateRequest,
  SnoopRequest,
} from "./resources/channels";
export type { ReferRequest } from "./resources/endpoints";
export type { PlayRequest, RecordRequest } from "./resources/media";
export type { Snapshot } from "./snapshot";
export type { AriState } from "./states";
