/**
 * What ARI's resources look like, with the names of Asterisk's own documentation (rest-api/*.json in its source), so
 * that it can be read beside. Fields that nobody here needs are left out. Times are ISO 8601 with milliseconds, such as
 * `2026-11-21T07:59:25.988+0000`.
 */
import { z } from "zod";

/** One of these words. A future Asterisk may have others, which are passed on. */
function word<T extends string>(..._known: T[]): z.ZodType<T | (string & {})> {
  return z.string();
}

const party = z.object({ name: z.string(), number: z.string() });

export const channel = z.object({
  id: z.string(),
  /** e.g. `PJSIP/1002-00000007`. */
  name: z.string(),
  state: word(
    "Down",
    "Rsrved",
    "OffHook",
    "Dialing",
    "Ring",
    "Ringing",
    "Up",
    "Busy",
    "Dialing Offhook",
    "Pre-ring",
    "Unknown",
  ),
  /** The Call-ID of a PJSIP channel, else empty. */
  protocol_id: z.string().optional(),
  caller: party,
  connected: party,
  accountcode: z.string(),
  dialplan: z.object({
    context: z.string(),
    exten: z.string(),
    priority: z.number(),
    /** `Stasis` while an application holds the channel. */
    app_name: z.string(),
    /** Of a channel in Stasis: the application's name, a comma, its arguments. */
    app_data: z.string(),
  }),
  creationtime: z.string(),
  language: z.string(),
  /** Those that ari.conf's `channelvars` names. */
  channelvars: z.record(z.string(), z.string()).optional(),
});
/** A leg of a call. */
export type Channel = Readonly<z.infer<typeof channel>>;

export const bridge = z.object({
  id: z.string(),
  name: z.string(),
  /** e.g. `simple_bridge`, or `softmix` from three channels on. */
  technology: z.string(),
  bridge_type: word("mixing", "holding"),
  /** `stasis` for those made over ARI, `basic` for those of Dial(). */
  bridge_class: z.string(),
  /** `Stasis` for those made over ARI. */
  creator: z.string(),
  /** Ids. The channels by which ARI plays and records are not among them. */
  channels: z.array(z.string()),
  creationtime: z.string(),
});
/** Where the audio of channels is mixed. */
export type Bridge = Readonly<z.infer<typeof bridge>>;

export const endpoint = z.object({
  /** e.g. `PJSIP`. */
  technology: z.string(),
  /** e.g. `1002`. */
  resource: z.string(),
  state: word("unknown", "offline", "online").optional(),
  channel_ids: z.array(z.string()),
});
/** Whom Asterisk can call. */
export type Endpoint = Readonly<z.infer<typeof endpoint>>;

export const playback = z.object({
  id: z.string(),
  media_uri: z.string(),
  next_media_uri: z.string().optional(),
  /** `channel:<id>` or `bridge:<id>`. */
  target_uri: z.string(),
  state: word("queued", "playing", "continuing", "done", "failed"),
});
export type Playback = Readonly<z.infer<typeof playback>>;

export const liveRecording = z.object({
  name: z.string(),
  format: z.string(),
  /** `channel:<id>` or `bridge:<id>`. */
  target_uri: z.string(),
  state: word("queued", "recording", "paused", "done", "failed", "canceled"),
  /** Seconds; only when it's over. */
  duration: z.number().optional(),
  /** Why it failed. */
  cause: z.string().optional(),
});
/** A recording under way. */
export type LiveRecording = Readonly<z.infer<typeof liveRecording>>;

export const storedRecording = z.object({ name: z.string(), format: z.string() });
/** A recording that is over. */
export type StoredRecording = Readonly<z.infer<typeof storedRecording>>;

export const application = z.object({
  name: z.string(),
  /** What it is subscribed to; `__AST_CHANNEL_ALL_TOPIC` and the like are all of a kind. */
  channel_ids: z.array(z.string()),
  bridge_ids: z.array(z.string()),
  /** e.g. `PJSIP/1002`. */
  endpoint_ids: z.array(z.string()),
});
/** A Stasis application. */
export type Application = Readonly<z.infer<typeof application>>;

export const asteriskInfo = z.object({
  system: z.object({ version: z.string(), entity_id: z.string() }),
  status: z.object({ startup_time: z.string(), last_reload_time: z.string() }),
});
export type AsteriskInfo = Readonly<z.infer<typeof asteriskInfo>>;

export const asteriskPing = z.object({
  asterisk_id: z.string(),
  ping: z.literal("pong"),
  timestamp: z.string(),
});
export type AsteriskPing = Readonly<z.infer<typeof asteriskPing>>;

export const variable = z.object({ value: z.string() });
