import { randomUUID } from "node:crypto";
import { AriError, type AriEvent, type Download, newId } from "../../../../lib/ari";
import type { Logger } from "../../../../lib/service";
import { type Clock, systemClock, type Timer } from "../../../../lib/sip/clock";
import type { Ari } from "../calls/ari";
import type { Call, CallChange } from "../calls/call";
import { CallError } from "../calls/calls";
import { bridgeIdOf } from "../calls/leg";
import type { CallControlConfig } from "../config";
import type { Recording, RecordingEnd, RecordingStore } from "./store";

/** What recordings need of calls. */
export interface RecordedCalls {
  find(call: string): Call | undefined;
  on(event: "change", listener: (change: CallChange) => void): unknown;
  /** Says which recording of a call runs now. */
  recording(call: string, id: string | undefined): void;
}

export interface RecordingsMeter {
  recorded(outcome: "started" | "done" | "failed" | "deleted"): void;
}

export interface RecordingsOptions {
  readonly ari: Ari;
  readonly calls: RecordedCalls;
  readonly store: Pick<RecordingStore, keyof RecordingStore>;
  readonly config: Pick<CallControlConfig, "recording" | "instance">;
  readonly meter: RecordingsMeter;
  readonly log: Logger;
  readonly clock?: Clock;
  readonly now?: () => Date;
}

const FORMAT = "wav";

/** Milliseconds. */
const times = {
  /** An announcement takes no longer. */
  announcement: 30_000,
  /** Until Asterisk must have begun one. */
  begin: 10_000,
  /** Between two looks at recordings that may have ended unseen. */
  look: 60_000,
  /** After a call's end, until its recording must have ended. */
  settle: 2_000,
  /** Between two removals of what is too old. */
  prune: 600_000,
} as const;

/** Rows that are looked at in one go. */
const BATCH = 200;

const DAY = 86_400_000;

/** Recordings of calls: what both parties hear, in files at Asterisk, with an index in the database. */
export class Recordings {
  readonly #options: RecordingsOptions;
  readonly #clock: Clock;
  readonly #now: () => Date;
  /** Ids of calls that are being recorded, or about to be, with the recording's name. */
  readonly #running = new Map<string, string>();
  /** Ends that the database does not know of yet, by name. */
  readonly #ends = new Map<string, RecordingEnd>();
  readonly #announcements = new Map<string, (done: boolean) => void>();
  readonly #timers = new Set<Timer>();
  #stopped = false;

  constructor(options: RecordingsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#now = options.now ?? (() => new Date());
    const { ari, calls } = options;
    ari.on("event", (event) => this.#event(event));
    ari.on("ready", () => void this.#look());
    calls.on("change", (change) => this.#change(change));
  }

  /** Looks after recordings that have ended unseen, and removes what is too old, from now on. */
  start(): void {
    this.#every(times.look, () => this.#look());
    this.#every(times.prune, () => this.#prune());
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) timer.cancel();
    for (const done of this.#announcements.values()) done(false);
  }

  /**
   * Records a call from now on, after the announcement if there is one.
   * @param by who has asked for it
   * @throws CallError
   */
  async begin(named: string, by: string): Promise<Recording> {
    const call = this.#options.calls.find(named);
    if (call === undefined) throw new CallError("CALL_NOT_FOUND", `there is no call ${named} (any more)`);
    if (call.status !== "answered" || call.peerChannelId === undefined) {
      throw new CallError("CALL_STATE", "only a call whose parties hear each other can be recorded");
    }
    if (this.#running.has(call.id)) throw new CallError("CALL_STATE", "the call is being recorded already");
    const id = randomUUID();
    this.#running.set(call.id, id);
    try {
      await this.#announce(call.id);
      return await this.#record(call.id, id, by);
    } catch (error) {
      this.#running.delete(call.id);
      if (!(error instanceof AriError)) throw error;
      throw new CallError("ASTERISK", `the call can't be recorded: ${error.message}`, { cause: error });
    }
  }

  /**
   * Ends the recording of a call; its file is there when RecordingFinished has come.
   * @throws CallError
   */
  async end(named: string): Promise<Recording> {
    const call = this.#options.calls.find(named);
    const name = this.#running.get(call?.id ?? "");
    if (name === undefined) throw new CallError("CALL_STATE", "the call is not being recorded");
    try {
      await this.#options.ari.recordings.stop(name);
    } catch (error) {
      if (!(error instanceof AriError)) throw error;
      if (error.code !== "ARI_NOT_FOUND") throw new CallError("ASTERISK", error.message, { cause: error });
      await this.#settle(name);
    }
    const recording = await this.#options.store.get(name);
    if (recording === undefined) throw new CallError("CALL_NOT_FOUND", "there is no such recording");
    return recording;
  }

  get(id: string): Promise<Recording | undefined> {
    return this.#options.store.get(id);
  }

  ofCall(callId: string): Promise<Recording[]> {
    return this.#options.store.ofCall(callId);
  }

  /** @throws CallError when there is no file of it (any more) */
  async download(id: string): Promise<Download> {
    const recording = await this.#options.store.get(id);
    if (recording?.state !== "done") {
      throw new CallError(
        "CALL_NOT_FOUND",
        `there is no file of recording ${id}: it is ${recording?.state ?? "unknown"}`,
      );
    }
    try {
      return await this.#options.ari.recordings.download(recording.name);
    } catch (error) {
      if (!(error instanceof AriError)) throw error;
      const code = error.code === "ARI_NOT_FOUND" ? "CALL_NOT_FOUND" : "ASTERISK";
      throw new CallError(code, `recording ${id} can't be read: ${error.message}`, { cause: error });
    }
  }

  async #record(callId: string, id: string, by: string): Promise<Recording> {
    const { ari, store, config, calls, meter } = this.#options;
    const startedAt = this.#now();
    const recording: Recording = {
      id,
      callId,
      name: id,
      format: FORMAT,
      state: "recording",
      startedAt,
      startedBy: by,
      expiresAt: new Date(startedAt.getTime() + config.recording.retentionDays * DAY),
    };
    await store.insert(recording);
    const bridge = bridgeIdOf(callId);
    try {
      // Its end would not be told once the last channel has left the bridge.
      await ari.applications.subscribe(`bridge:${bridge}`);
      await ari.bridges.record(bridge, { name: id, format: FORMAT, ifExists: "fail" });
    } catch (error) {
      await this.#ended(id, { state: "failed", at: this.#now(), failure: (error as Error).message });
      if (error instanceof AriError && error.outcomeUnknown) {
        await ari.recordings.stop(id).catch(() => undefined);
      }
      throw error;
    }
    meter.recorded("started");
    calls.recording(callId, id);
    return recording;
  }

  /** Both parties hear it before anything is recorded. */
  async #announce(callId: string): Promise<void> {
    const { ari, config } = this.#options;
    const media = config.recording.announcement;
    if (media === undefined) return;
    const playbackId = newId("announcement");
    const played = new Promise<boolean>((resolve) => this.#announcements.set(playbackId, resolve));
    const late = this.#after(times.announcement, () => this.#announcements.get(playbackId)?.(false));
    try {
      await ari.bridges.play(bridgeIdOf(callId), { playbackId, media });
      if (!(await played)) throw new CallError("ASTERISK", "the announcement could not be played");
    } finally {
      late.cancel();
      this.#announcements.delete(playbackId);
    }
  }

  #event(event: AriEvent): void {
    switch (event.type) {
      case "PlaybackFinished":
        this.#announcements.get(event.playback.id)?.(event.playback.state !== "failed");
        return;
      case "RecordingFinished":
      case "RecordingFailed": {
        const { name, duration, cause } = event.recording;
        const failed = event.type === "RecordingFailed";
        const end = failed
          ? ({ state: "failed", failure: cause ?? "unknown" } as const)
          : { state: "done" as const };
        if (this.#isOurs(name)) void this.#ended(name, { ...end, at: this.#now(), duration });
        return;
      }
    }
  }

  #change({ what, call }: CallChange): void {
    const name = this.#running.get(call.id);
    if (name === undefined) return;
    const { recordings } = this.#options.ari;
    // What an agent asks a colleague is not for the call's recording.
    if (what === "consulting") recordings.pause(name).catch(() => undefined);
    else if (what === "consultation_ended" || what === "transferred")
      recordings.unpause(name).catch(() => undefined);
    else if (what === "ended") this.#after(times.settle, () => void this.#settle(name));
  }

  #isOurs(name: string): boolean {
    return [...this.#running.values()].includes(name);
  }

  /** Writes how one has ended; where the database is away, the next look writes it. */
  async #ended(name: string, end: RecordingEnd): Promise<void> {
    const { store, calls, meter, log } = this.#options;
    const [callId] = [...this.#running].find(([, running]) => running === name) ?? [];
    if (callId !== undefined) {
      this.#running.delete(callId);
      calls.recording(callId, undefined);
    }
    this.#ends.set(name, end);
    try {
      await store.end(name, end);
      this.#ends.delete(name);
      meter.recorded(end.state);
      if (end.state === "failed") log.warn({ recording: name, error: end.failure }, "a recording has failed");
    } catch (error) {
      log.warn(
        { recording: name, error: (error as Error).message },
        "the end of a recording can't be written now",
      );
    }
  }

  /** Finds out what became of a recording whose end was not told. */
  async #settle(name: string): Promise<void> {
    const { recordings } = this.#options.ari;
    if (!this.#isOurs(name) && !this.#ends.has(name)) return;
    await this.#find(name, recordings).catch(() => undefined);
  }

  async #find(name: string, recordings: Ari["recordings"]): Promise<"live" | undefined> {
    try {
      await recordings.getLive(name);
      return "live";
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    try {
      await recordings.getStored(name);
      await this.#ended(name, { state: "done", at: this.#now() });
    } catch (error) {
      if (!isMissing(error)) throw error;
      await this.#ended(name, { state: "failed", at: this.#now(), failure: "Asterisk has no file of it" });
    }
    return undefined;
  }

  /** Takes up recordings that go on, also those of an earlier process, and ends those that have ended unseen. */
  async #look(): Promise<void> {
    const { ari, store, config, calls, log } = this.#options;
    try {
      for (const [name, end] of [...this.#ends]) await this.#ended(name, end);
      for (const { id, name, callId, startedAt } of await store.open(config.instance, BATCH)) {
        if (this.#stopped || ari.state !== "ready") return;
        // Its row comes first: Asterisk may not have begun yet.
        if (this.#now().getTime() - startedAt.getTime() < times.begin) continue;
        const isLive = (await this.#find(name, ari.recordings)) === "live";
        if (!isLive || this.#running.has(callId)) continue;
        this.#running.set(callId, name);
        await ari.applications.subscribe(`bridge:${bridgeIdOf(callId)}`).catch(() => undefined);
        calls.recording(callId, id);
      }
    } catch (error) {
      log.debug({ error: (error as Error).message }, "recordings can't be looked through now");
    }
  }

  async #prune(): Promise<void> {
    const { ari, store, meter, log } = this.#options;
    try {
      for (;;) {
        const expired = await store.expired(this.#now(), BATCH);
        const gone: string[] = [];
        for (const { id, name } of expired) {
          if (this.#stopped) return;
          try {
            await ari.recordings.deleteStored(name);
            gone.push(id);
          } catch (error) {
            if (isMissing(error)) gone.push(id);
            else
              log.warn(
                { recording: id, error: (error as Error).message },
                "a recording can't be removed now",
              );
          }
        }
        if (gone.length > 0) await store.deleted(gone);
        for (const _ of gone) meter.recorded("deleted");
        if (gone.length < BATCH) return;
      }
    } catch (error) {
      log.debug({ error: (error as Error).message }, "recordings can't be removed now");
    }
  }

  #every(milliseconds: number, work: () => Promise<void>): void {
    this.#after(milliseconds, () => {
      void work().then(() => {
        if (!this.#stopped) this.#every(milliseconds, work);
      });
    });
  }

  #after(milliseconds: number, action: () => void): Timer {
    const timer = this.#clock.after(milliseconds, () => {
      this.#timers.delete(timer);
      action();
    });
    this.#timers.add(timer);
    return timer;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof AriError && error.code === "ARI_NOT_FOUND";
}
