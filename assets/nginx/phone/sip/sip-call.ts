import { C } from "jssip";
import type { IncomingEvent, OutgoingEvent, RTCSession } from "jssip/lib/RTCSession";
import { advance, type Call, type CallEvent, type TransferState } from "../logic/call";
import { endOf } from "../logic/words";
import { useSpeaker } from "../media/devices";
import { closeMicrophone } from "../media/microphone";
import { hurryCandidates } from "./candidates";

export interface SipCallOptions {
  /** As it begins. */
  readonly call: Call;
  readonly session: RTCSession;
  /** Of an outgoing call; an incoming one gets it with `answer`. */
  readonly stream?: MediaStream;
  readonly speaker: string;
  readonly onChange: (call: Call) => void;
  readonly onNotice: (text: string) => void;
  /** The microphone was unplugged. */
  readonly onMicrophoneGone: () => void;
}

/** Milliseconds for the other side's word on a transfer. */
const TRANSFER_DEADLINE = 30_000;

/** One call: JsSIP's session, its sound, and the `Call` that the rest of the phone sees. */
export class SipCall {
  #call: Call;
  #stream: MediaStream | undefined;
  #hasEarlyMedia = false;
  readonly #session: RTCSession;
  readonly #audio = new Audio();

  constructor(private readonly options: SipCallOptions) {
    this.#call = options.call;
    this.#session = options.session;
    this.#audio.autoplay = true;
    void useSpeaker(this.#audio, options.speaker);
    if (options.stream) this.#useStream(options.stream);
    if (options.session.connection) this.#hear(options.session.connection);
    this.#listen();
  }

  get call(): Call {
    return this.#call;
  }

  /** Whether the other side lets its own ringing, or an announcement, be heard. */
  get hasEarlyMedia(): boolean {
    return this.#hasEarlyMedia;
  }

  /** Shows that it is being answered, while the microphone opens. Whether there is something to answer. */
  beginAnswer(): boolean {
    const rings = this.#call.phase === "incoming";
    this.#advance({ type: "answering" });
    return rings;
  }

  /** It rings on. */
  giveUpAnswer(): void {
    this.#advance({ type: "not-answered" });
  }

  answer(stream: MediaStream): void {
    this.#useStream(stream);
    this.#session.answer({ mediaStream: stream });
  }

  /** Rejects, cancels or hangs up, whatever ends it. */
  end(): void {
    if (this.#session.isEnded()) return;
    this.#session.terminate(this.#call.phase === "incoming" ? { status_code: 486 } : {});
  }

  setMuted(on: boolean): void {
    if (on) this.#session.mute({ audio: true });
    else this.#session.unmute({ audio: true });
  }

  /** @throws Error when another change of the call is under way */
  setHeld(on: boolean): void {
    if (this.#call.held === on) return;
    const isAsked = on ? this.#session.hold() : this.#session.unhold();
    if (!isAsked) throw new Error("The call is just being changed: try again in a moment.");
  }

  /**
   * After a change of connection: tells the other side where requests of this call go now (a target refresh, RFC 3261
   * 12.2), and finds out whether it still knows the call.
   */
  renew(): void {
    if (this.#call.phase === "active") this.#session.renegotiate();
  }

  /**
   * As RTP events (RFC 4733), which is what Asterisk expects of browser phones.
   *
   * @throws Error while no sound goes out: JsSIP would drop them, the browser refuse them
   */
  sendTones(tones: string): void {
    const sender = this.#session.connection?.getSenders().find(({ track }) => track?.kind === "audio");
    if (!sender?.dtmf?.canInsertDTMF) throw new Error("Tones can't be sent in this call now.");
    this.#session.sendDTMF(tones, { transportType: C.DTMF_TRANSPORT.RFC2833 });
  }

  /**
   * Blind transfer (RFC 3515). The call goes on until the server has said how it went, and when it does not take the
   * transfer on. Once it has, Asterisk has let go of the other side: then the call is over, however it went.
   */
  transfer(to: string, target: string): void {
    const tell = (state: TransferState) => {
      clearTimeout(deadline);
      this.#advance({ type: "transfer", to, state });
      if (state === "refused") this.options.onNotice(`The call could not be transferred to ${to}.`);
      if (state === "done" || state === "lost") this.end();
    };
    const deadline = setTimeout(() => tell("refused"), TRANSFER_DEADLINE);
    this.#advance({ type: "transfer", to, state: "asked" });
    this.#session.refer(target, {
      eventHandlers: {
        accepted: () => tell("done"),
        failed: () => tell("lost"),
        requestFailed: () => tell("refused"),
      },
    });
  }

  /** Sends another microphone's sound from now on. */
  async replaceMicrophone(stream: MediaStream): Promise<void> {
    const [track] = stream.getAudioTracks();
    const sender = this.#session.connection?.getSenders().find((item) => item.track?.kind === "audio");
    if (!sender || !track) return closeMicrophone(stream);
    track.enabled = sender.track?.enabled ?? true;
    await sender.replaceTrack(track);
    const before = this.#stream;
    this.#useStream(stream);
    if (before) closeMicrophone(before);
  }

  setSpeaker(id: string): void {
    void useSpeaker(this.#audio, id);
  }

  getStats(): Promise<RTCStatsReport> | undefined {
    return this.#session.connection?.getStats();
  }

  #listen(): void {
    const session = this.#session;
    hurryCandidates(session);
    session.on("peerconnection", ({ peerconnection }) => this.#hear(peerconnection));
    session.on("progress", (event: IncomingEvent | OutgoingEvent) => {
      if (event.originator !== "remote") return;
      if ("response" in event && event.response.body) this.#hasEarlyMedia = true;
      this.#advance({ type: "ringing" });
    });
    session.on("accepted", () => this.#advance({ type: "answered" }));
    session.on("muted", () => this.#advance({ type: "muted", on: true }));
    session.on("unmuted", () => this.#advance({ type: "muted", on: false }));
    for (const [name, on] of [
      ["hold", true],
      ["unhold", false],
    ] as const) {
      session.on(name, ({ originator }) =>
        this.#advance({ type: "held", by: originator === "local" ? "here" : "peer", on }),
      );
    }
    for (const name of ["ended", "failed"] as const) {
      session.on(name, ({ originator, cause, message }) => {
        const answer =
          message && "status_code" in message
            ? { status: message.status_code, reason: message.reason_phrase }
            : undefined;
        this.#finish(endOf(this.#call, originator, cause, answer));
      });
    }
  }

  #hear(connection: RTCPeerConnection): void {
    connection.addEventListener("track", ({ streams, track }) => {
      this.#audio.srcObject = streams[0] ?? new MediaStream([track]);
    });
  }

  #useStream(stream: MediaStream): void {
    this.#stream = stream;
    stream.getAudioTracks()[0]?.addEventListener("ended", () => {
      if (this.#stream === stream && this.#call.phase !== "ended") this.options.onMicrophoneGone();
    });
  }

  #finish(why: string): void {
    if (this.#stream) closeMicrophone(this.#stream);
    this.#audio.srcObject = null;
    this.#advance({ type: "ended", why });
  }

  #advance(event: CallEvent): void {
    const call = advance(this.#call, event, Date.now());
    if (call === this.#call) return;
    this.#call = call;
    this.options.onChange(call);
  }
}
