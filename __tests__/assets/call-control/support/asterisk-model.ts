import { EventEmitter } from "node:events";
import { Readable } from "node:stream";
import type { Ari } from "../../../../assets/call-control/src/calls/ari";
import {
  type AriClientEvents,
  AriError,
  type AriEvent,
  AriRequestError,
  type AriState,
  type Bridge,
  type Channel,
  type LiveRecording,
  type MadeBridge,
  type MadeChannel,
  type Playback,
} from "../../../../lib/ari";

interface ModelChannel {
  readonly id: string;
  readonly name: string;
  readonly caller: string;
  readonly args: readonly string[];
  /** Made by the service, which hears of its end without having subscribed. */
  readonly ours: boolean;
  state: "Down" | "Ring" | "Ringing" | "Up";
  inApp: boolean;
  subscribed: boolean;
  bridge?: string;
}

interface ModelBridge {
  readonly id: string;
  readonly channels: Set<string>;
}

interface ModelRecording {
  readonly name: string;
  readonly format: string;
  readonly bridge: string;
  readonly since: number;
  state: "recording" | "done";
}

/** Before: it is not done. After: it is done, and its answer is lost. */
export type Fault = "before" | "after";

/** One request, e.g. `channels.originate`, with what it was about. */
export interface Asked {
  readonly what: string;
  readonly about: string;
}

/**
 * What of Asterisk matters to calls, in memory: channels in and out of the application, bridges, playbacks, recordings.
 * Far ends do what a test says (`ring`, `answer`, `end`), or what `farEnds` says of their endpoint. What Asterisk refuses
 * is refused with its own words.
 */
export class AsteriskModel extends EventEmitter<AriClientEvents> implements Ari {
  readonly channelsUp = new Map<string, ModelChannel>();
  readonly bridgesUp = new Map<string, ModelBridge>();
  /** Channels that hear music. */
  readonly onHold = new Set<string>();
  /** What was played to bridges. */
  readonly played: string[] = [];
  readonly recorded = new Map<string, ModelRecording>();
  readonly asked: Asked[] = [];
  /** What far ends do by themselves, by endpoint such as `PJSIP/1002`. @default ring */
  readonly farEnds = new Map<string, "nobody" | "ring" | "answer" | "busy">();
  /** Says which requests fail. */
  fault: (what: string, about: string) => Fault | undefined = () => undefined;
  /** Whether events come. */
  connected = true;
  state: AriState = "ready";
  now: () => number = Date.now;
  readonly #playing: string[] = [];
  readonly #waiting: AriEvent[] = [];
  #sending = false;
  #count = 0;

  readonly channels: Ari["channels"] = {
    originate: (request) =>
      this.#ask("channels.originate", request.channelId, () => {
        const args = "app" in request ? (request.appArgs ?? []) : [];
        const channel = this.#make(request.channelId, request.endpoint, request.callerId ?? "", args);
        this.#call(channel, request.endpoint);
        return view(channel);
      }),
    create: (request) =>
      this.#ask("channels.create", request.channelId, () => {
        const channel = this.#make(request.channelId, request.endpoint, "", request.appArgs ?? []);
        this.#arrive(channel);
        return view(channel);
      }),
    dial: (id) => this.#ask("channels.dial", id, () => this.#call(this.#held(id), this.#held(id).name)),
    answer: (id) =>
      this.#ask("channels.answer", id, () => {
        this.#held(id).state = "Up";
        this.#send("ChannelStateChange", { channel: view(this.#held(id)) });
      }),
    hangup: (id, reason) =>
      this.#ask("channels.hangup", id, () => {
        this.#known(id);
        this.end(id, typeof reason === "number" ? reason : 16);
      }),
    ring: (id) => this.#ask("channels.ring", id, () => void this.#held(id)),
    hold: (id) => this.#ask("channels.hold", id, () => void this.onHold.add(this.#held(id).id)),
    unhold: (id) => this.#ask("channels.unhold", id, () => void this.onHold.delete(this.#held(id).id)),
    setVariable: (id, name, value) =>
      this.#ask(`channels.setVariable ${name}=${value}`, id, () => void this.#known(id)),
    sendDtmf: (id, digits) => this.#ask(`channels.sendDtmf ${digits}`, id, () => void this.#held(id)),
    continueInDialplan: (id, place) =>
      this.#ask(`channels.continue ${place?.context},${place?.extension}`, id, () => this.leave(id)),
  };

  readonly bridges: Ari["bridges"] = {
    create: ({ bridgeId }) =>
      this.#ask("bridges.create", bridgeId, () => {
        if (this.bridgesUp.has(bridgeId)) throw conflict("Bridge with given id already exists");
        this.bridgesUp.set(bridgeId, { id: bridgeId, channels: new Set() });
        return bridgeView(this.#bridge(bridgeId));
      }),
    destroy: (id) =>
      this.#ask("bridges.destroy", id, () => {
        for (const channel of this.#bridge(id).channels) this.#unbridge(channel);
        this.bridgesUp.delete(id);
        for (const { name, bridge } of this.recorded.values()) if (bridge === id) this.#finish(name);
      }),
    addChannel: (id, ids) =>
      this.#ask("bridges.addChannel", `${id} ${ids}`, () => {
        const bridge = this.#bridge(id);
        const added = [ids].flat().map((one) => {
          const channel = this.channelsUp.get(one as string);
          if (channel === undefined) throw refused(400, "Channel not found");
          if (!channel.inApp) throw refused(422, "Channel not in Stasis application");
          return channel;
        });
        for (const channel of added) {
          this.#unbridge(channel.id);
          channel.bridge = id;
          bridge.channels.add(channel.id);
        }
      }),
    removeChannel: (id, ids) =>
      this.#ask("bridges.removeChannel", `${id} ${ids}`, () => {
        for (const one of [ids].flat() as string[]) {
          if (!this.#bridge(id).channels.has(one)) throw refused(422, "Channel not in this bridge");
          this.#unbridge(one);
        }
      }),
    play: (id, { playbackId, media }) =>
      this.#ask("bridges.play", id, () => {
        this.#bridge(id);
        this.played.push(String(media));
        this.#playing.push(playbackId);
        return playback(playbackId, `bridge:${id}`);
      }),
    record: (id, { name, format }) =>
      this.#ask("bridges.record", id, () => {
        this.#bridge(id);
        if (this.recorded.has(name)) throw conflict("Recording already exists");
        const recording: ModelRecording = { name, format, bridge: id, since: this.now(), state: "recording" };
        this.recorded.set(name, recording);
        this.#send("RecordingStarted", { recording: live(recording) });
        return live(recording);
      }),
  };

  readonly recordings: Ari["recordings"] = {
    stop: (name) => this.#ask("recordings.stop", name, () => this.#finish(this.#live(name).name)),
    pause: (name) => this.#ask("recordings.pause", name, () => void this.#live(name)),
    unpause: (name) => this.#ask("recordings.unpause", name, () => void this.#live(name)),
    getLive: (name) => this.#ask("recordings.getLive", name, () => live(this.#live(name))),
    getStored: (name) => this.#ask("recordings.getStored", name, () => this.#stored(name)),
    deleteStored: (name) =>
      this.#ask("recordings.deleteStored", name, () => void this.recorded.delete(this.#stored(name).name)),
    download: (name) =>
      this.#ask("recordings.download", name, () => {
        const bytes = Buffer.from(`RIFF ${this.#stored(name).name}`);
        return { stream: Readable.from([bytes]), contentType: "audio/wav", length: bytes.length };
      }),
  };

  readonly applications: Ari["applications"] = {
    subscribe: (...sources) =>
      this.#ask("applications.subscribe", sources.join(), () => {
        for (const source of sources) {
          const [kind, id] = source.split(":") as [string, string];
          const channel = this.channelsUp.get(id);
          if (kind === "bridge" && this.bridgesUp.has(id)) continue;
          if (channel === undefined) throw refused(422, "event source does not exist");
          channel.subscribed = true;
        }
        return { name: "callcenter", channel_ids: [], bridge_ids: [], endpoint_ids: [] };
      }),
  };

  async makeChannel(id: string, request: () => Promise<Channel>): Promise<MadeChannel> {
    try {
      return { outcome: "made", value: await request() };
    } catch (error) {
      if (!(error instanceof AriError && error.outcomeUnknown)) throw error;
      const channel = this.channelsUp.get(id);
      return channel === undefined ? { outcome: "absent" } : { outcome: "made", value: view(channel) };
    }
  }

  async makeBridge(id: string, request: () => Promise<Bridge>): Promise<MadeBridge> {
    try {
      return { outcome: "made", value: await request() };
    } catch (error) {
      if (!(error instanceof AriError && error.outcomeUnknown)) throw error;
      const bridge = this.bridgesUp.get(id);
      return bridge === undefined ? { outcome: "absent" } : { outcome: "made", value: bridgeView(bridge) };
    }
  }

  /** A call comes in by the dialplan, which hands it over. */
  comeIn(
    args: readonly string[],
    { endpoint = "1001", caller, id = this.#id() }: { endpoint?: string; caller?: string; id?: string } = {},
  ): string {
    const name = `PJSIP/${endpoint}-${hex(this.#count++)}`;
    const channel: ModelChannel = {
      ...{
        id,
        name,
        caller: caller ?? endpoint,
        args,
        ours: false,
        state: "Ring",
        inApp: false,
        subscribed: false,
      },
    };
    this.channelsUp.set(id, channel);
    this.#arrive(channel);
    return id;
  }

  ring(id: string): void {
    const channel = this.#known(id);
    channel.state = "Ringing";
    this.#send("Dial", { peer: view(channel), dialstatus: "RINGING" });
  }

  /** The far end answers. */
  answer(id: string): void {
    const channel = this.#known(id);
    if (channel.state === "Up") return;
    channel.state = "Up";
    this.#send("Dial", { peer: view(channel), dialstatus: "ANSWER" });
    this.#send("ChannelStateChange", { channel: view(channel) });
    if (!channel.inApp && channel.ours) this.#arrive(channel);
  }

  /** The channel ends, by whomever. */
  end(id: string, cause = 16): void {
    const channel = this.#known(id);
    this.#unbridge(id);
    this.channelsUp.delete(id);
    // Halves of a Local channel end together.
    const other = id.startsWith("Local/") ? id.replace(/[12]$/, (n) => (n === "1" ? "2" : "1")) : undefined;
    if (other !== undefined && this.channelsUp.has(other)) this.end(other, cause);
    this.onHold.delete(id);
    if (channel.inApp) this.#send("StasisEnd", { channel: view(channel) });
    if (channel.ours || channel.subscribed) {
      this.#send("ChannelDestroyed", { channel: view(channel), cause, cause_txt: `cause ${cause}` });
    }
  }

  /** The channel goes back to the dialplan. */
  leave(id: string): void {
    const channel = this.#held(id);
    this.#unbridge(id);
    channel.inApp = false;
    this.#send("StasisEnd", { channel: view(channel) });
  }

  /** What is played has come to its end. */
  playedOut(): void {
    for (const id of this.#playing.splice(0)) {
      this.#send("PlaybackFinished", { playback: { ...playback(id, ""), state: "done" } });
    }
  }

  /**
   * A phone transfers its call by REFER. As Asterisk 22 does it: two halves of a Local channel appear, of which one takes
   * the phone's place in the bridge, and the other comes by the dialplan; both go together.
   */
  refer(id: string, exten: string): void {
    const phone = this.#held(id);
    const { bridge } = phone;
    const name = `Local/${exten}@genesys-agent-${hex(this.#count++)}`;
    const half = (n: 1 | 2, args: readonly string[]): ModelChannel => ({
      ...{ id: `${name};${n}`, name: `${name};${n}`, caller: "", args, ours: false, state: "Ring" },
      ...{ inApp: false, subscribed: false },
    });
    const [one, two] = [half(1, []), half(2, ["internal", exten])];
    for (const each of [two, one]) {
      this.channelsUp.set(each.id, each);
      this.#arrive(each);
    }
    this.#unbridge(id);
    if (bridge !== undefined) {
      one.bridge = bridge;
      this.#bridge(bridge).channels.add(one.id);
    }
    this.#send("BridgeBlindTransfer", {
      ...{ channel: view(phone), replace_channel: view(one), exten, context: "genesys-agent" },
      ...{ result: "Success", is_external: true },
    });
  }

  /** Events that come from now on are missed. */
  lose(): void {
    this.connected = false;
    this.state = "waiting";
    this.emit("lost", AriError.connection("cut"));
  }

  /** The connection is (back) there, with what stands. */
  ready({ restarted = false } = {}): void {
    this.connected = true;
    this.state = "ready";
    this.emit("ready", {
      channels: [...this.channelsUp.values()].map(view),
      bridges: [...this.bridgesUp.values()].map(bridgeView),
      asterisk: {
        system: { version: "22.10.1", entity_id: "model" },
        status: { startup_time: "", last_reload_time: "" },
      },
      restarted,
    });
  }

  /** All calls at once, as when Asterisk crashes. */
  crash(): void {
    this.lose();
    this.channelsUp.clear();
    this.bridgesUp.clear();
    this.onHold.clear();
  }

  /** Ids of channels of an endpoint, such as `PJSIP/1002`. */
  at(endpoint: string): string[] {
    return [...this.channelsUp.values()]
      .filter(({ name }) => name.startsWith(`${endpoint}-`))
      .map(({ id }) => id);
  }

  /** Whether two channels hear each other. */
  together(one: string | undefined, two: string | undefined): boolean {
    const bridge = this.channelsUp.get(one ?? "")?.bridge;
    return bridge !== undefined && bridge === this.channelsUp.get(two ?? "")?.bridge;
  }

  requests(what: string): string[] {
    return this.asked.filter((one) => one.what === what).map(({ about }) => about);
  }

  async #ask<T>(what: string, about: string, action: () => T): Promise<T> {
    this.asked.push({ what, about });
    const fault = this.fault(what, about);
    await undefined;
    if (fault === "before") throw new AriError("ARI_TIMEOUT", `${what}: no answer within 5000 ms`, true);
    const result = action();
    if (fault === "after") throw new AriError("ARI_TIMEOUT", `${what}: no answer within 5000 ms`, true);
    return result;
  }

  #make(id: string, endpoint: string, caller: string, args: readonly string[]): ModelChannel {
    if (this.channelsUp.has(id)) throw conflict("Channel with given unique ID already exists");
    if (this.farEnds.get(endpoint) === "nobody") {
      throw new AriRequestError("POST", "/channels", 500, "Allocation failed");
    }
    const name = `${endpoint.replace("@", "%")}-${hex(this.#count++)}`;
    const channel: ModelChannel = {
      ...{ id, name, caller, args, ours: true, state: "Down", inApp: false, subscribed: false },
    };
    this.channelsUp.set(id, channel);
    return channel;
  }

  #call(channel: ModelChannel, endpoint: string): void {
    const address = endpoint.replace(/-[0-9a-f]{8}$/, "").replace("%", "@");
    this.#send("Dial", { peer: view(channel), dialstatus: "" });
    const does = this.farEnds.get(address) ?? "ring";
    if (does === "busy") this.end(channel.id, 17);
    else this.ring(channel.id);
    if (does === "answer") this.answer(channel.id);
  }

  #arrive(channel: ModelChannel): void {
    channel.inApp = true;
    this.#send("StasisStart", { channel: view(channel), args: channel.args });
  }

  #unbridge(id: string): void {
    const channel = this.channelsUp.get(id);
    if (channel?.bridge !== undefined) this.bridgesUp.get(channel.bridge)?.channels.delete(id);
    if (channel !== undefined) channel.bridge = undefined;
  }

  #finish(name: string): void {
    const recording = this.recorded.get(name);
    if (recording?.state !== "recording") return;
    recording.state = "done";
    const duration = Math.round((this.now() - recording.since) / 1_000);
    this.#send("RecordingFinished", { recording: { ...live(recording), duration } });
  }

  /** Events come after the request's answer, in order. */
  #send(type: AriEvent["type"], fields: object): void {
    if (!this.connected) return;
    this.#waiting.push({ type, application: "callcenter", timestamp: "", ...fields } as AriEvent);
    if (this.#sending) return;
    this.#sending = true;
    void Promise.resolve().then(async () => {
      await undefined;
      this.#sending = false;
      for (const event of this.#waiting.splice(0)) if (this.connected) this.emit("event", event);
    });
  }

  #known(id: string): ModelChannel {
    const channel = this.channelsUp.get(id);
    if (channel === undefined) throw missing("Channel");
    return channel;
  }

  #held(id: string): ModelChannel {
    const channel = this.#known(id);
    if (!channel.inApp) throw conflict("Channel not in Stasis application");
    return channel;
  }

  #bridge(id: string): ModelBridge {
    const bridge = this.bridgesUp.get(id);
    if (bridge === undefined) throw missing("Bridge");
    return bridge;
  }

  #live(name: string): ModelRecording {
    const recording = this.recorded.get(name);
    if (recording?.state !== "recording") throw missing("Recording");
    return recording;
  }

  #stored(name: string): ModelRecording {
    const recording = this.recorded.get(name);
    if (recording?.state !== "done") throw missing("Recording");
    return recording;
  }

  #id(): string {
    return `1700000000.${this.#count}`;
  }
}

function view({ id, name, state, caller, inApp, args }: ModelChannel): Channel {
  return {
    id,
    name,
    state,
    caller: { name: "", number: caller },
    connected: { name: "", number: "" },
    accountcode: "",
    dialplan: {
      context: "",
      exten: "",
      priority: 1,
      app_name: inApp ? "Stasis" : "",
      app_data: inApp ? ["callcenter", ...args].join(",") : "",
    },
    creationtime: "",
    language: "en",
  };
}

function bridgeView({ id, channels }: ModelBridge): Bridge {
  return {
    ...{ id, name: "", technology: "simple_bridge", bridge_type: "mixing", bridge_class: "stasis" },
    ...{ creator: "Stasis", channels: [...channels], creationtime: "" },
  };
}

function live({ name, format, bridge, state }: ModelRecording): LiveRecording {
  return { name, format, target_uri: `bridge:${bridge}`, state };
}

function playback(id: string, target: string): Playback {
  return { id, media_uri: "", target_uri: target, state: "playing" };
}

function hex(count: number): string {
  return count.toString(16).padStart(8, "0");
}

function conflict(reason: string): AriRequestError {
  return refused(409, reason);
}

function missing(what: string): AriRequestError {
  return refused(404, `${what} not found`);
}

function refused(status: number, reason: string): AriRequestError {
  return new AriRequestError("POST", "/model", status, reason);
}
