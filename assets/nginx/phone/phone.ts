import type { IncomingRTCSessionEvent } from "jssip/lib/UA";
import { asksForAnswer } from "./logic/auto-answer";
import type { Call } from "./logic/call";
import { type Line, LineKeeper } from "./logic/line";
import type { SipLog } from "./logic/sip-log";
import { judgeTalk, type TalkEvent, type TalkSwitches } from "./logic/talk";
import { closeMicrophone, openMicrophone } from "./media/microphone";
import { SipCall, type SipCallOptions } from "./sip/sip-call";
import { UserAgent } from "./sip/user-agent";

export interface PhoneState {
  /** Whose phone it is; absent while nobody is signed in. */
  readonly dn?: string;
  readonly line: Line;
  /** Oldest first; those that ended are there for some seconds more. */
  readonly calls: readonly Call[];
  /** A text: why it can't be used. */
  readonly microphone: "unknown" | "ready" | { readonly fault: string };
}

/** What the user has chosen. Asked for whenever it matters. */
export interface PhonePreferences {
  readonly talk: TalkSwitches;
  /** Device ids; absent: the default device. */
  readonly microphone?: string;
  readonly speaker?: string;
}

export interface PhoneOptions {
  readonly url: string;
  readonly domain: string;
  readonly autoAnswerHeaders: boolean;
  readonly preferences: () => PhonePreferences;
  readonly log: SipLog;
  readonly onChange: (state: PhoneState, changed?: Call) => void;
  /** Something that the user should read. */
  readonly onNotice: (text: string) => void;
  readonly onMessage: () => void;
}

/** Calls at a time; more callers hear that the line is busy. */
const MAX_CALLS = 3;

/** Milliseconds for which an ended call is shown. */
const ENDED_SHOWN = 4_000;

/** The phone without its looks: one DN, its line and its calls. */
export class Phone {
  #dn: string | undefined;
  #agent: UserAgent | undefined;
  #microphone: PhoneState["microphone"] = "unknown";
  #nextCall = 1;
  /** Whether the server may not know yet on which connection the calls go on. */
  #isNewConnection = false;
  readonly #calls = new Map<string, SipCall>();
  readonly #line: LineKeeper;

  constructor(private readonly options: PhoneOptions) {
    this.#line = new LineKeeper(
      {
        connect: () => this.#agent?.connect(),
        disconnect: () => this.#agent?.disconnect(),
        register: () => this.#agent?.register(),
      },
      {
        now: () => Date.now(),
        after: (milliseconds, callback) => {
          const timer = setTimeout(callback, milliseconds);
          return () => clearTimeout(timer);
        },
        random: Math.random,
      },
      (line) => this.#lineChanged(line),
    );
    addEventListener("online", () => this.#line.networkBack());
  }

  get state(): PhoneState {
    return {
      ...(this.#dn !== undefined && { dn: this.#dn }),
      line: this.#line.line,
      calls: this.#callList,
      microphone: this.#microphone,
    };
  }

  /** The password stays in memory, in JsSIP, until the sign-out. */
  signIn(dn: string, password: string): void {
    if (this.#agent) throw new Error("Somebody is signed in already.");
    const { url, domain, log } = this.options;
    this.#agent = new UserAgent({
      url,
      domain,
      dn,
      password,
      onConnected: () => this.#line.connected(),
      onDisconnected: (why) => this.#lost(why),
      onRegistered: () => this.#line.registered(),
      onRegistrationFailed: (status, why) => this.#line.registrationFailed(status, why),
      onCall: (event) => this.#offered(event),
      onTalk: (event) => this.#told(event),
      onMessage: (direction, text) => {
        log.add(direction, text, Date.now());
        this.options.onMessage();
      },
    });
    this.#dn = dn;
    this.#line.signIn();
    void this.checkMicrophone();
  }

  signOut(): void {
    this.#line.signOut();
  }

  /** Ends the wait for the next attempt to connect. */
  tryNow(): void {
    this.#line.tryNow();
  }

  /** Asks for the microphone before a call needs it. */
  async checkMicrophone(): Promise<void> {
    await this.#openMicrophone().then(closeMicrophone, () => undefined);
  }

  async dial(number: string): Promise<void> {
    if (this.#line.line.at !== "registered") throw new Error("The phone is not registered.");
    if (this.#live.length >= MAX_CALLS) throw new Error(`There are ${MAX_CALLS} calls already.`);
    const stream = await this.#openMicrophone();
    if (!this.#agent || this.#live.length >= MAX_CALLS) return closeMicrophone(stream);
    this.#holdOthers(undefined);
    this.#add({
      call: this.#newCall({ direction: "out", phase: "dialing", number }),
      session: this.#agent.call(number, stream),
      stream,
    });
  }

  async answer(id: string): Promise<void> {
    const item = this.#find(id);
    if (!item.beginAnswer()) return;
    const stream = await this.#openMicrophone().catch((error: Error) => {
      item.giveUpAnswer();
      throw error;
    });
    if (item.call.phase === "ended") return closeMicrophone(stream);
    this.#holdOthers(id);
    item.answer(stream);
  }

  /** Rejects, cancels or hangs up. */
  end(id: string): void {
    this.#find(id).end();
  }

  setMuted(id: string, on: boolean): void {
    this.#find(id).setMuted(on);
  }

  setHeld(id: string, on: boolean): void {
    if (!on) this.#holdOthers(id);
    this.#find(id).setHeld(on);
  }

  sendTones(id: string, tones: string): void {
    this.#find(id).sendTones(tones);
  }

  transfer(id: string, number: string): void {
    this.#find(id).transfer(number, `sip:${encodeURIComponent(number)}@${this.options.domain}`);
  }

  getStats(id: string): Promise<RTCStatsReport> | undefined {
    return this.#calls.get(id)?.getStats();
  }

  /** Whether the phone itself should let the user hear that it rings out there. */
  needsRingback(id: string): boolean {
    const item = this.#calls.get(id);
    return item?.call.phase === "ringing" && !item.hasEarlyMedia;
  }

  /** The user has chosen another microphone, or the one in use is gone. */
  async microphoneChanged(): Promise<void> {
    for (const item of this.#live) {
      if (item.call.phase === "incoming") continue;
      await item.replaceMicrophone(await this.#openMicrophone());
    }
  }

  speakerChanged(): void {
    for (const item of this.#live) item.setSpeaker(this.options.preferences().speaker ?? "");
  }

  #lineChanged(line: Line): void {
    if (line.at === "connecting") this.#isNewConnection = true;
    if (line.at === "registered" && this.#isNewConnection) {
      this.#isNewConnection = false;
      for (const item of this.#live) item.renew();
    }
    if (line.at === "off") {
      for (const item of this.#live) item.end();
      this.#agent?.stop();
      this.#agent = undefined;
      this.#dn = undefined;
    }
    this.#changed();
  }

  #lost(why: string): void {
    // Of a call that is not up yet nobody will hear again. One that is up lives on: its sound goes another way.
    for (const item of this.#live) if (item.call.phase !== "active") item.end();
    this.#line.disconnected(why);
  }

  #offered({ session, request }: IncomingRTCSessionEvent): void {
    if (this.#live.length >= MAX_CALLS) {
      session.terminate({ status_code: 486 });
      return;
    }
    const { uri, display_name: name } = request.from;
    const uuid = request.getHeader("X-Genesys-CallUUID")?.trim();
    const call = this.#newCall({
      direction: "in",
      phase: "incoming",
      number: decodeURIComponent(uri.user ?? "unknown"),
      ...(name && { name }),
      ...(uuid && { uuid }),
    });
    this.#add({ call, session });
    const wantsAnswer = asksForAnswer({
      callInfo: request.getHeaders("Call-Info"),
      alertInfo: request.getHeaders("Alert-Info"),
    });
    if (wantsAnswer && this.options.autoAnswerHeaders) this.#obey(this.answer(call.id));
  }

  #told(event: TalkEvent): void {
    const verdict = judgeTalk(event, this.#callList, this.options.preferences().talk);
    switch (verdict.do) {
      case "answer":
        this.#obey(this.answer(verdict.call.id));
        break;
      case "hold":
      case "resume":
        this.#obey(Promise.resolve().then(() => this.setHeld(verdict.call.id, verdict.do === "hold")));
        break;
      case "nothing":
        console.info(`${event.event} event ignored: ${verdict.why}`);
    }
  }

  /** What others asked for: when it fails, there is nobody but the user to tell. */
  #obey(done: Promise<void>): void {
    done.catch((error: Error) => this.options.onNotice(error.message));
  }

  #newCall(call: Pick<Call, "direction" | "phase" | "number" | "name" | "uuid">): Call {
    return {
      ...call,
      id: `call-${this.#nextCall++}`,
      startedAt: Date.now(),
      muted: false,
      held: false,
      heldByPeer: false,
    };
  }

  #add(options: Pick<SipCallOptions, "call" | "session" | "stream">): void {
    const { id } = options.call;
    const item = new SipCall({
      ...options,
      speaker: this.options.preferences().speaker ?? "",
      onChange: (call) => {
        if (call.phase === "ended") {
          setTimeout(() => {
            this.#calls.delete(id);
            this.#changed();
          }, ENDED_SHOWN);
        }
        this.#changed(call);
      },
      onNotice: this.options.onNotice,
      onMicrophoneGone: () => this.#obey(this.microphoneChanged()),
    });
    this.#calls.set(id, item);
    this.#changed(item.call);
  }

  /** One conversation at a time. What can't be held just now stands in the way of no other call. */
  #holdOthers(id: string | undefined): void {
    for (const item of this.#live) {
      if (item.call.id === id || item.call.phase !== "active" || item.call.held) continue;
      try {
        item.setHeld(true);
      } catch (error) {
        this.options.onNotice(`${item.call.number} could not be put on hold. ${(error as Error).message}`);
      }
    }
  }

  async #openMicrophone(): Promise<MediaStream> {
    try {
      const stream = await openMicrophone(this.options.preferences().microphone);
      this.#microphone = "ready";
      this.#changed();
      return stream;
    } catch (error) {
      this.#microphone = { fault: (error as Error).message };
      this.#changed();
      throw error;
    }
  }

  get #callList(): Call[] {
    return [...this.#calls.values()].map(({ call }) => call);
  }

  get #live(): SipCall[] {
    return [...this.#calls.values()].filter(({ call }) => call.phase !== "ended");
  }

  #find(id: string): SipCall {
    const item = this.#calls.get(id);
    if (!item) throw new Error(`There is no call ${id}.`);
    return item;
  }

  #changed(call?: Call): void {
    this.options.onChange(this.state, call);
  }
}
