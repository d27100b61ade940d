import type { IncomingMessage, ServerResponse } from "node:http";
import { frame } from "../../../../lib/service";
import { mayKnow, type Principal } from "../access/principal";
import type { Call } from "../calls/call";
import { callView } from "../http/call-view";
import type { Sight } from "../http/server";
import type { LiveFeed, NumberedChange } from "./feed";

export interface StreamLimits {
  readonly listeners: number;
  /** Bytes that a listener has not taken yet: one that is so far behind is sent away, and comes back for a snapshot. */
  readonly unsent: number;
  /** Milliseconds that changes are collected for: however many there are, they make one write. */
  readonly collect: number;
  /** Milliseconds between two signs of life, and between two looks at whether a listener may listen still. */
  readonly heartbeat: number;
}

const defaultLimits: StreamLimits = {
  listeners: 200,
  unsent: 2 * 1024 * 1024,
  collect: 50,
  heartbeat: 15_000,
};

export interface StreamMeter {
  refused(): void;
  slow(): void;
}

/** What a stream shows beside changes. */
export interface StreamSource {
  calls(): readonly Call[];
  /** Whether Asterisk is seen: without it, calls are as they were. */
  sight(): Sight;
}

interface Listener {
  readonly response: ServerResponse;
  readonly principal: Principal;
  /** Of one who may not know of all calls: those that were shown, until they have ended or are out of sight. */
  readonly shown?: Set<string>;
}

/**
 * Server-sent events (HTML Standard, 9.2): `snapshot` with all calls that are up, then `change` for each thing that
 * happens, `gone` for a call that went on without the listener's agent, and `alive` as a sign of life.
 */
export class EventStreams {
  readonly #listeners = new Set<Listener>();
  #collected: NumberedChange[] = [];
  #unsubscribe?: () => void;
  #timer?: NodeJS.Timeout;
  #heart?: NodeJS.Timeout;

  constructor(
    private readonly feed: LiveFeed,
    private readonly source: StreamSource,
    private readonly meter: StreamMeter,
    private readonly limits: StreamLimits = defaultLimits,
  ) {}

  get listeners(): number {
    return this.#listeners.size;
  }

  start(): void {
    this.#unsubscribe = this.feed.subscribe((change) => this.#collect(change));
    this.#heart = setInterval(() => this.#beat(), this.limits.heartbeat);
  }

  /**
   * @param since the Last-Event-ID that the listener has
   * @returns false: there are too many, and nothing was sent
   */
  serve(request: IncomingMessage, response: ServerResponse, principal: Principal, since?: string): boolean {
    if (this.#listeners.size >= this.limits.listeners) {
      this.meter.refused();
      return false;
    }
    // What was collected is part of what this listener begins with.
    this.#flush();
    // Such an answer has no end, and who reads it may be silent for ever.
    request.socket.setTimeout(0);
    request.socket.setNoDelay(true);
    request.socket.setKeepAlive(true, 30_000);
    // nginx must hand every event on at once.
    response.writeHead(200, {
      "Content-Type": "text/event-stream; charset=utf-8",
      "X-Accel-Buffering": "no",
    });
    const listener: Listener = {
      response,
      principal,
      ...(principal.agent !== undefined && { shown: new Set() }),
    };
    response.write(`retry: 2000\n${this.#alive()}${this.#begin(listener, since)}`);
    this.#listeners.add(listener);
    response.on("close", () => this.#listeners.delete(listener));
    return true;
  }

  /** Ends all streams; their listeners come back by themselves. */
  close(): void {
    this.#unsubscribe?.();
    clearTimeout(this.#timer);
    clearInterval(this.#heart);
    for (const { response } of this.#listeners) response.end();
    this.#listeners.clear();
  }

  /** What was shown to an agent's listener before is not known here, so such a one always begins with a snapshot. */
  #begin(listener: Listener, since: string | undefined): string {
    const missed = since === undefined || listener.shown !== undefined ? undefined : this.feed.since(since);
    if (missed !== undefined) return missed.map(changeFrame).join("");
    const calls = this.source.calls().filter((call) => mayKnow(listener.principal, call));
    for (const { id } of calls) listener.shown?.add(id);
    return frame("snapshot", this.feed.id, { ...this.#now(), calls: calls.map(callView) });
  }

  #collect(change: NumberedChange): void {
    if (this.#listeners.size === 0) return;
    this.#collected.push(change);
    this.#timer ??= setTimeout(() => this.#flush(), this.limits.collect);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const changes = this.#collected;
    this.#collected = [];
    if (changes.length === 0) return;
    const frames = changes.map(changeFrame);
    const all = Buffer.from(frames.join(""));
    for (const listener of this.#listeners) {
      const { shown } = listener;
      if (shown === undefined) this.#write(listener, all);
      else {
        const text = changes
          .map((change, n) => seenBy(listener, shown, change, frames[n] as string))
          .join("");
        if (text !== "") this.#write(listener, text);
      }
    }
  }

  #beat(): void {
    const alive = this.#alive();
    for (const listener of this.#listeners) {
      if (listener.principal.isValid()) this.#write(listener, alive);
      else if (this.#listeners.delete(listener)) listener.response.end();
    }
  }

  /** An event and no comment, so that a page hears it too: it finds out that a connection is dead, and what time it is. */
  #alive(): string {
    return frame("alive", undefined, this.#now());
  }

  #now(): { readonly now: string; readonly asterisk: Sight } {
    return { now: new Date().toISOString(), asterisk: this.source.sight() };
  }

  #write(listener: Listener, data: Buffer | string): void {
    listener.response.write(data);
    if (listener.response.writableLength <= this.limits.unsent) return;
    this.meter.slow();
    this.#listeners.delete(listener);
    listener.response.destroy();
  }
}

function changeFrame({ id, change: { what, at, call } }: NumberedChange): string {
  return frame("change", id, { what, at, call: callView(call) });
}

/** What the listener of one agent gets of a change; nothing of calls in which that agent never spoke. */
function seenBy(
  { principal }: Listener,
  shown: Set<string>,
  { id, change: { what, call } }: NumberedChange,
  text: string,
): string {
  if (mayKnow(principal, call)) {
    if (what === "ended") shown.delete(call.id);
    else shown.add(call.id);
    return text;
  }
  return shown.delete(call.id) ? frame("gone", id, { id: call.id }) : "";
}
