import { z } from "zod";
import { AriError } from "./errors";
import { bridge, channel, endpoint, liveRecording, playback } from "./models";

function event<T extends string, S extends z.ZodRawShape>(type: T, shape: S) {
  return z.object({ type: z.literal(type), application: z.string(), timestamp: z.string(), ...shape });
}

/** The events that are known here, as Asterisk's rest-api/events.json has them. */
const schemas = {
  /** A channel has come into the application, which commands it until StasisEnd. */
  StasisStart: event("StasisStart", {
    channel,
    args: z.array(z.string()),
    /** The channel whose place it takes after a transfer. */
    replace_channel: channel.optional(),
  }),
  /** The application has the channel no more: it goes on in the dialplan, or ends. */
  StasisEnd: event("StasisEnd", { channel }),
  ChannelCreated: event("ChannelCreated", { channel }),
  /**
   * The end of a channel, with the Q.850 cause, e.g. 16 `Normal Clearing`, 17 `User busy`. Of channels that have left the
   * application it comes for those that were originated, and those that were subscribed to.
   */
  ChannelDestroyed: event("ChannelDestroyed", { channel, cause: z.number(), cause_txt: z.string() }),
  ChannelStateChange: event("ChannelStateChange", { channel }),
  ChannelHangupRequest: event("ChannelHangupRequest", {
    channel,
    cause: z.number().optional(),
    soft: z.boolean().optional(),
  }),
  /** Comes when the digit ends. */
  ChannelDtmfReceived: event("ChannelDtmfReceived", { channel, digit: z.string(), duration_ms: z.number() }),
  /** The far end has put the call on hold. */
  ChannelHold: event("ChannelHold", { channel, musicclass: z.string().optional() }),
  ChannelUnhold: event("ChannelUnhold", { channel }),
  ChannelCallerId: event("ChannelCallerId", { channel }),
  ChannelConnectedLine: event("ChannelConnectedLine", { channel }),
  /** Without a channel, the variable is a global one. */
  ChannelVarset: event("ChannelVarset", {
    channel: channel.optional(),
    variable: z.string(),
    value: z.string(),
  }),
  /** The channel is about to execute a dialplan application. */
  ChannelDialplan: event("ChannelDialplan", {
    channel,
    dialplan_app: z.string(),
    dialplan_app_data: z.string(),
  }),
  ChannelUserevent: event("ChannelUserevent", {
    channel: channel.optional(),
    eventname: z.string(),
    userevent: z.record(z.string(), z.unknown()),
  }),
  /** How dialing goes: an empty `dialstatus` at its beginning, then RINGING, ANSWER, BUSY, NOANSWER, CANCEL and so on. */
  Dial: event("Dial", {
    peer: channel,
    /** Missing when ARI dials. */
    caller: channel.optional(),
    dialstring: z.string().optional(),
    dialstatus: z.string(),
  }),
  ChannelEnteredBridge: event("ChannelEnteredBridge", { bridge, channel: channel.optional() }),
  ChannelLeftBridge: event("ChannelLeftBridge", { bridge, channel }),
  BridgeCreated: event("BridgeCreated", { bridge }),
  BridgeDestroyed: event("BridgeDestroyed", { bridge }),
  BridgeMerged: event("BridgeMerged", { bridge, bridge_from: bridge }),
  /** A phone has transferred its call (REFER). */
  BridgeBlindTransfer: event("BridgeBlindTransfer", {
    channel,
    transferee: channel.optional(),
    replace_channel: channel.optional(),
    bridge: bridge.optional(),
    exten: z.string(),
    context: z.string(),
    /** `Success`, `Fail`, `Invalid` or `Not Permitted`. */
    result: z.string(),
    is_external: z.boolean(),
  }),
  /** A phone has joined its two calls (REFER with Replaces). */
  BridgeAttendedTransfer: event("BridgeAttendedTransfer", {
    transferer_first_leg: channel,
    transferer_second_leg: channel,
    transferee: channel.optional(),
    transfer_target: channel.optional(),
    replace_channel: channel.optional(),
    result: z.string(),
    is_external: z.boolean(),
    destination_type: z.string(),
    destination_bridge: z.string().optional(),
    destination_application: z.string().optional(),
  }),
  PlaybackStarted: event("PlaybackStarted", { playback }),
  /** The next of several media begins. */
  PlaybackContinuing: event("PlaybackContinuing", { playback }),
  /** Also with the state `failed`. */
  PlaybackFinished: event("PlaybackFinished", { playback }),
  RecordingStarted: event("RecordingStarted", { recording: liveRecording }),
  RecordingFinished: event("RecordingFinished", { recording: liveRecording }),
  RecordingFailed: event("RecordingFailed", { recording: liveRecording }),
  EndpointStateChange: event("EndpointStateChange", { endpoint }),
  ContactStatusChange: event("ContactStatusChange", {
    endpoint,
    contact_info: z.object({
      uri: z.string(),
      contact_status: z.string(),
      aor: z.string(),
      /** Microseconds. */
      roundtrip_usec: z.string().optional(),
    }),
  }),
  /** Another WebSocket has taken the application over. The client ends its own, with ARI_REPLACED. */
  ApplicationReplaced: event("ApplicationReplaced", {}),
} as const;

type Schemas = typeof schemas;

/** Told apart by `type`. */
export type AriEvent = { [T in keyof Schemas]: Readonly<z.infer<Schemas[T]>> }[keyof Schemas];

/** The event of a type, e.g. `AriEventOf<"StasisStart">`. */
export type AriEventOf<T extends AriEvent["type"]> = Extract<AriEvent, { type: T }>;

/** An event of a type that is not known here, as it came. */
export type UnknownAriEvent = Readonly<Record<string, unknown>> & { readonly type: string };

export type AriMessage =
  | { readonly known: true; readonly event: AriEvent }
  | { readonly known: false; readonly event: UnknownAriEvent };

/** @throws AriError ARI_PROTOCOL for what is no event, or not what an event of its type must be */
export function readEvent(text: string): AriMessage {
  const message = parse(text);
  const { type } = message;
  if (!isKnown(type)) return { known: false, event: message };
  const { data, error } = schemas[type].safeParse(message);
  if (data !== undefined) return { known: true, event: data };
  const [issue] = error.issues;
  throw AriError.unexpected(`event ${type}`, `${issue?.path.join(".")}: ${issue?.message}`);
}

function isKnown(type: string): type is keyof Schemas {
  return Object.hasOwn(schemas, type);
}

function parse(text: string): UnknownAriEvent {
  const value = json(text);
  if (typeof value === "object" && value !== null && "type" in value && typeof value.type === "string") {
    return value as UnknownAriEvent;
  }
  throw AriError.unexpected("event", `${JSON.stringify(text.slice(0, 60))} is no object with a type`);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
