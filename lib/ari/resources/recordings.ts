import { z } from "zod";
import { route } from "../address";
import type { Download, Http } from "../http";
import { type LiveRecording, liveRecording, type StoredRecording, storedRecording } from "../models";

/**
 * Recordings (rest-api/recordings.json): live while they go on, stored afterwards. Every method rejects with
 * ARI_NOT_FOUND when there is none of this name, and those of live ones with ARI_CONFLICT when it has not begun.
 */
export class Recordings {
  constructor(private readonly http: Http) {}

  async getLive(name: string): Promise<LiveRecording> {
    return this.http.ask(liveRecording, { method: "GET", path: route`/recordings/live/${name}` });
  }

  /** Ends it and keeps what there is. RecordingFinished follows. */
  async stop(name: string): Promise<void> {
    await this.http.command({ method: "POST", path: route`/recordings/live/${name}/stop` });
  }

  /** Ends it and throws it away. RecordingFinished follows, with the state `done` as if it had been kept. */
  async cancel(name: string): Promise<void> {
    await this.http.command({ method: "DELETE", path: route`/recordings/live/${name}` });
  }

  /** What is said now is left out, and the recording is so much shorter. */
  async pause(name: string): Promise<void> {
    await this.http.command({ method: "POST", path: route`/recordings/live/${name}/pause` });
  }

  async unpause(name: string): Promise<void> {
    await this.http.command({ method: "DELETE", path: route`/recordings/live/${name}/pause` });
  }

  /** What is said now is recorded as silence. */
  async mute(name: string): Promise<void> {
    await this.http.command({ method: "POST", path: route`/recordings/live/${name}/mute` });
  }

  async unmute(name: string): Promise<void> {
    await this.http.command({ method: "DELETE", path: route`/recordings/live/${name}/mute` });
  }

  /** All of them; Asterisk looks through its folder. */
  async listStored(): Promise<StoredRecording[]> {
    const path = "/recordings/stored";
    return this.http.ask(z.array(storedRecording), { method: "GET", path, timeout: "list" });
  }

  async getStored(name: string): Promise<StoredRecording> {
    return this.http.ask(storedRecording, { method: "GET", path: route`/recordings/stored/${name}` });
  }

  async deleteStored(name: string): Promise<void> {
    await this.http.command({ method: "DELETE", path: route`/recordings/stored/${name}` });
  }

  /**
   * The file, as a stream. It may stand still, because Asterisk sends nothing or because nobody reads, no longer than
   * `timeouts.download`; others than `limits.downloads` of them wait.
   */
  async download(name: string): Promise<Download> {
    return this.http.download(route`/recordings/stored/${name}/file`);
  }
}
