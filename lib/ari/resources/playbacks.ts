import { route } from "../address";
import type { Http } from "../http";
import { type Playback, playback } from "../models";

/** Playbacks (rest-api/playbacks.json). Both reject with ARI_NOT_FOUND once it is over. */
export class Playbacks {
  constructor(private readonly http: Http) {}

  async get(playbackId: string): Promise<Playback> {
    return this.http.ask(playback, { method: "GET", path: route`/playbacks/${playbackId}` });
  }

  /** PlaybackFinished follows. */
  async stop(playbackId: string): Promise<void> {
    await this.http.command({ method: "DELETE", path: route`/playbacks/${playbackId}` });
  }
}
