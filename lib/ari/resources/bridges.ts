import { z } from "zod";
import { route } from "../address";
import type { Http } from "../http";
import { type Bridge, bridge, type LiveRecording, liveRecording, type Playback, playback } from "../models";
import { type PlayRequest, playBody, type RecordRequest, recordBody } from "./media";

export interface BridgeRequest {
  /** Of your own making (`newId`). */
  readonly bridgeId: string;
  readonly name?: string;
  /**
   * `mixing`: all hear each other; `holding`: nobody does. `dtmf_events`: DTMF of channels is told as events;
   * `proxy_media`: media always passes Asterisk.
   * @default mixing
   */
  readonly type?: readonly ("mixing" | "holding" | "dtmf_events" | "proxy_media")[];
}

export interface AddChannelOptions {
  /** Its DTMF is told, and not passed on. @default false */
  readonly absorbDTMF?: boolean;
  /** Nobody hears it. @default false */
  readonly mute?: boolean;
}

/**
 * Bridges (rest-api/bridges.json). Every method rejects with ARI_NOT_FOUND when there is no such bridge (any more), and
 * with ARI_CONFLICT when it is none of Stasis, such as one of Dial().
 */
export class Bridges {
  constructor(private readonly http: Http) {}

  /** All bridges, also those of the dialplan. */
  async list(): Promise<Bridge[]> {
    return this.http.ask(z.array(bridge), { method: "GET", path: "/bridges", timeout: "list" });
  }

  async get(bridgeId: string): Promise<Bridge> {
    return this.http.ask(bridge, { method: "GET", path: route`/bridges/${bridgeId}` });
  }

  /**
   * Makes a bridge, which stands until `destroy`, also without channels. Its events come while a channel of the
   * application is in it; whoever wants to hear of its end subscribes to `bridge:<id>`.
   * @throws AriError ARI_CONFLICT when the id is taken
   */
  async create({ bridgeId, name, type = ["mixing"] }: BridgeRequest): Promise<Bridge> {
    const body = { name, type: type.join(",") };
    return this.http.ask(bridge, { method: "POST", path: route`/bridges/${bridgeId}`, body });
  }

  /** Its channels stay in Stasis. */
  async destroy(bridgeId: string): Promise<void> {
    await this.http.command({ method: "DELETE", path: route`/bridges/${bridgeId}` });
  }

  /**
   * Puts channels into it, out of any other one that they are in. ChannelEnteredBridge tells when they are there.
   * @throws AriError with status 400 when a channel is not there, 422 when it is not in Stasis
   */
  async addChannel(
    bridgeId: string,
    channelIds: string | readonly string[],
    options: AddChannelOptions = {},
  ): Promise<void> {
    const body = { ...options, channel: channelIds };
    await this.http.command({ method: "POST", path: route`/bridges/${bridgeId}/addChannel`, body });
  }

  /** @throws AriError with status 400 when a channel is not there, 422 when it is not in this bridge */
  async removeChannel(bridgeId: string, channelIds: string | readonly string[]): Promise<void> {
    const body = { channel: channelIds };
    await this.http.command({ method: "POST", path: route`/bridges/${bridgeId}/removeChannel`, body });
  }

  /** Plays to everybody in it. Needs Asterisk's module chan_bridge_media. */
  async play(bridgeId: string, request: PlayRequest): Promise<Playback> {
    const path = route`/bridges/${bridgeId}/play/${request.playbackId}`;
    return this.http.ask(playback, { method: "POST", path, body: playBody(request) });
  }

  /**
   * Records what everybody in it says, mixed. Needs Asterisk's module chan_bridge_media.
   * @throws AriError ARI_CONFLICT when there is a recording of this name; status 422 when the format is not known
   */
  async record(bridgeId: string, request: RecordRequest): Promise<LiveRecording> {
    const path = route`/bridges/${bridgeId}/record`;
    return this.http.ask(liveRecording, { method: "POST", path, body: recordBody(request) });
  }
}
