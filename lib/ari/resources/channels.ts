import { z } from "zod";
import { route } from "../address";
import { AriError, AriRequestError } from "../errors";
import type { Http } from "../http";
import {
  type Channel,
  channel,
  type LiveRecording,
  liveRecording,
  type Playback,
  playback,
  variable,
} from "../models";
import { type PlayRequest, playBody, type RecordRequest, recordBody } from "./media";

/** Where a channel goes when it's answered: into a Stasis application, or to an extension of the dialplan. */
export type Destination =
  | {
      readonly app: string;
      /** Reach the application in StasisStart's `args`. */
      readonly appArgs?: readonly string[];
    }
  | {
      readonly extension: string;
      readonly context: string;
      /** @default 1 */
      readonly priority?: number;
    };

interface NewChannel {
  /** The channel's id, of your own making (`newId`): by it a lost answer is cleared up. At most 149 bytes. */
  readonly channelId: string;
  /** `PJSIP/1002`, `PJSIP/1002@genesys_sip_server`, `Local/<exten>@<context>`. */
  readonly endpoint: string;
  /** The id of a Local channel's second half. @default `<channelId>;2` */
  readonly otherChannelId?: string;
  /** Id of the channel on whose behalf it is made: codecs and accounting come from it. */
  readonly originator?: string;
  /** Channel variables; with `_` before a name, channels that this one makes inherit it, and with `__` theirs, too. */
  readonly variables?: Readonly<Record<string, string>>;
}

export type OriginateRequest = NewChannel &
  Destination & {
    /** `Name <number>`, or a number: whom the called party sees. */
    readonly callerId?: string;
    /** Seconds that it may ring; -1 for ever. @default 30 */
    readonly timeout?: number;
  };

export type CreateRequest = NewChannel & Extract<Destination, { app: string }>;

/** The words for causes that Asterisk knows; a number is a Q.850 cause. @default `normal` */
export type HangupReason =
  | "normal"
  | "busy"
  | "congestion"
  | "no_answer"
  | "timeout"
  | "rejected"
  | "unallocated"
  | "normal_unspecified"
  | "number_incomplete"
  | "codec_mismatch"
  | "interworking"
  | "failure"
  | "answered_elsewhere"
  | number;

export interface DtmfOptions {
  /** Milliseconds of each digit. @default 100 */
  readonly duration?: number;
  /** Milliseconds between digits. @default 100 */
  readonly between?: number;
}

/** Seen from Asterisk: `in` is what comes from the channel. */
export type Direction = "in" | "out" | "both";

export interface SnoopRequest {
  /** The id of the new channel, of your own making. */
  readonly snoopId: string;
  readonly app: string;
  readonly appArgs?: readonly string[];
  /** What is listened to. @default none */
  readonly spy?: Direction;
  /** Who hears what is said on the new channel. @default none */
  readonly whisper?: Direction;
}

/**
 * Channels (rest-api/channels.json). Every method rejects with ARI_NOT_FOUND when there is no such channel (any more).
 * All but those that say otherwise need a channel in Stasis: one that is elsewhere is refused with ARI_CONFLICT, one
 * that is on its way out with status 412. That Asterisk has said yes means that the command is queued: events tell
 * when it's done.
 */
export class Channels {
  constructor(private readonly http: Http) {}

  /** All channels, also those outside of Stasis. */
  async list(): Promise<Channel[]> {
    return this.http.ask(z.array(channel), { method: "GET", path: "/channels", timeout: "list" });
  }

  /** Also outside of Stasis. */
  async get(channelId: string): Promise<Channel> {
    return this.http.ask(channel, { method: "GET", path: route`/channels/${channelId}` });
  }

  /**
   * Calls an endpoint; the answer comes when the channel exists, not when somebody picks up. Dial tells how it goes,
   * StasisStart that it was answered, ChannelDestroyed with its cause that it wasn't.
   * @throws AriError ARI_CONFLICT when the id is taken; ARI_FAILED `Allocation failed` when the endpoint doesn't
   * exist or nobody is registered there; ARI_REFUSED for a parameter that doesn't fit
   */
  async originate({ channelId, variables, ...request }: OriginateRequest): Promise<Channel> {
    const body = {
      ...request,
      ...stasisArguments("app" in request ? request.appArgs : undefined),
      variables,
    };
    return this.http.ask(channel, { method: "POST", path: route`/channels/${channelId}`, body });
  }

  /** Makes a channel in the application, without calling: it can be put into a bridge before `dial`. Errors: `originate`. */
  async create(request: CreateRequest): Promise<Channel> {
    const body = { ...request, ...stasisArguments(request.appArgs) };
    return this.http.ask(channel, { method: "POST", path: "/channels/create", body });
  }

  /**
   * Calls on a channel made by `create`.
   * @param options caller: id of the channel whose caller id and variables it takes over; timeout: seconds, 0 for ever
   */
  async dial(channelId: string, options: { caller?: string; timeout?: number } = {}): Promise<void> {
    await this.http.command({ method: "POST", path: route`/channels/${channelId}/dial`, body: options });
  }

  /** Answers a call that came in. */
  async answer(channelId: string): Promise<void> {
    await this.http.command({ method: "POST", path: route`/channels/${channelId}/answer` });
  }

  /** Ends a channel, wherever it is. */
  async hangup(channelId: string, reason?: HangupReason): Promise<void> {
    const query = typeof reason === "number" ? { reason_code: reason } : { reason };
    await this.http.command({ method: "DELETE", path: route`/channels/${channelId}`, query });
  }

  /**
   * Transfers the far end away from Asterisk, blindly: an answered call by REFER, one that rings by 302.
   * @param endpoint of the channel's own technology, `PJSIP/<endpoint>` or `PJSIP/sip:<user>@<host>`
   * @throws AriError with status 422 when the technology is another. That the far end refuses is not told here.
   */
  async redirect(channelId: string, endpoint: string): Promise<void> {
    await this.http.command({
      method: "POST",
      path: route`/channels/${channelId}/redirect`,
      body: { endpoint },
    });
  }

  /**
   * Lets it go on in the dialplan: after the Stasis() that it came from, or at priority 1 of extension `s` as far as
   * the place doesn't say otherwise. StasisEnd follows; where there is no such place, the channel ends.
   */
  async continueInDialplan(
    channelId: string,
    place: { readonly context?: string; readonly extension?: string; readonly priority?: number } = {},
  ): Promise<void> {
    await this.http.command({ method: "POST", path: route`/channels/${channelId}/continue`, body: place });
  }

  /**
   * Puts the far end on hold: by a re-INVITE with sendonly where its PJSIP endpoint has `moh_passthrough`, else by music
   * on hold, which needs res_musiconhold. Its bridge goes on mixing it: take it out, or mute it.
   */
  async hold(channelId: string): Promise<void> {
    await this.http.command({ method: "POST", path: route`/channels/${channelId}/hold` });
  }

  async unhold(channelId: string): Promise<void> {
    await this.http.command({ method: "DELETE", path: route`/channels/${channelId}/hold` });
  }

  /** @param direction `in`: the others don't hear it; `out`: it doesn't hear the others */
  async mute(channelId: string, direction: Direction = "both"): Promise<void> {
    await this.http.command({
      method: "POST",
      path: route`/channels/${channelId}/mute`,
      body: { direction },
    });
  }

  async unmute(channelId: string, direction: Direction = "both"): Promise<void> {
    await this.http.command({
      method: "DELETE",
      path: route`/channels/${channelId}/mute`,
      query: { direction },
    });
  }

  /** Sends digits (0-9, A-D, *, #) to the far end. */
  async sendDtmf(channelId: string, digits: string, options: DtmfOptions = {}): Promise<void> {
    if (!/^[0-9A-D*#]+$/.test(digits)) {
      throw AriError.value("DTMF", `${JSON.stringify(digits)} must be digits of 0-9, A-D, * and #`);
    }
    const body = { dtmf: digits, ...options };
    await this.http.command({ method: "POST", path: route`/channels/${channelId}/dtmf`, body });
  }

  /** Tells a caller that it rings. */
  async ring(channelId: string): Promise<void> {
    await this.http.command({ method: "POST", path: route`/channels/${channelId}/ring` });
  }

  async stopRinging(channelId: string): Promise<void> {
    await this.http.command({ method: "DELETE", path: route`/channels/${channelId}/ring` });
  }

  /**
   * A channel's variable, or a function's result such as `CHANNEL(state)`; undefined when it isn't set. Also outside of
   * Stasis.
   * @throws AriError ARI_FAILED when there is no such function
   */
  async getVariable(channelId: string, name: string): Promise<string | undefined> {
    const path = route`/channels/${channelId}/variable`;
    try {
      return (await this.http.ask(variable, { method: "GET", path, query: { variable: name } })).value;
    } catch (error) {
      // 404 is also what a channel gets that is not there: "Provided channel was not found".
      const unset = error instanceof AriRequestError && error.reason === "Provided variable was not found";
      if (unset) return undefined;
      throw error;
    }
  }

  async setVariable(channelId: string, name: string, value: string): Promise<void> {
    const body = { variable: name, value };
    await this.http.command({ method: "POST", path: route`/channels/${channelId}/variable`, body });
  }

  /** Makes a channel that listens to another one, or speaks into it, and comes into the application. */
  async snoop(channelId: string, { snoopId, ...request }: SnoopRequest): Promise<Channel> {
    const path = route`/channels/${channelId}/snoop/${snoopId}`;
    return this.http.ask(channel, {
      method: "POST",
      path,
      body: { ...request, ...stasisArguments(request.appArgs) },
    });
  }

  /** Plays to the far end. Not for a channel in a bridge, where the bridge plays. */
  async play(channelId: string, request: PlayRequest): Promise<Playback> {
    const path = route`/channels/${channelId}/play/${request.playbackId}`;
    return this.http.ask(playback, { method: "POST", path, body: playBody(request) });
  }

  /** Records what the far end says. Not for a channel in a bridge (ARI_CONFLICT), where the bridge records. */
  async record(channelId: string, request: RecordRequest): Promise<LiveRecording> {
    const path = route`/channels/${channelId}/record`;
    return this.http.ask(liveRecording, { method: "POST", path, body: recordBody(request) });
  }
}

/** Asterisk splits at commas, and has quotes, brackets and backslashes for those that it must not split at. */
function stasisArguments(texts: readonly string[] | undefined): { appArgs?: string } {
  const bad = texts?.find((text) => /[,"\\()[\]]/.test(text));
  if (bad !== undefined) {
    throw AriError.value("appArgs", `${JSON.stringify(bad)} must have no comma, quote, bracket or backslash`);
  }
  return { appArgs: texts?.join(",") };
}
