import { useSpeaker } from "./devices";

type Kind = "ring" | "ringback";

/** Hertz, and seconds of sound and of silence, again and again. */
const CADENCES: Readonly<
  Record<Kind, { frequencies: readonly number[]; bursts: readonly [number, number][] }>
> = {
  ring: {
    frequencies: [660, 880],
    bursts: [
      [0.35, 0.15],
      [0.35, 1.65],
    ],
  },
  // ITU-T E.180: 425 Hz, 1 s on, 4 s off.
  ringback: { frequencies: [425], bursts: [[1, 4]] },
};

const VOLUME = 0.12;

/** Seconds in which a burst fades in and out: without them it clicks. */
const FADE = 0.02;

/** The sounds that the phone makes by itself. */
export class Tones {
  #context: AudioContext | undefined;
  #playing: { readonly kind: Kind; readonly stop: () => void } | undefined;
  #speaker = "";

  /** To be called in a click or key press: browsers let a page make sounds only after one. */
  unlock(): void {
    void this.#open().resume();
  }

  setSpeaker(id: string): void {
    this.#speaker = id;
    if (this.#context) void useSpeaker(this.#context, id);
  }

  /** undefined: silence. */
  play(kind: Kind | undefined): void {
    if (this.#playing?.kind === kind) return;
    this.#playing?.stop();
    this.#playing = kind && { kind, stop: this.#start(kind) };
  }

  #start(kind: Kind): () => void {
    const context = this.#open();
    void context.resume();
    const { frequencies, bursts } = CADENCES[kind];
    const gain = new GainNode(context, { gain: 0 });
    gain.connect(context.destination);
    const oscillators = frequencies.map((frequency) => new OscillatorNode(context, { frequency }));
    for (const oscillator of oscillators) {
      oscillator.connect(gain);
      oscillator.start();
    }
    const period = bursts.reduce((sum, [on, off]) => sum + on + off, 0);
    const schedule = () => {
      let at = context.currentTime + 0.05;
      for (const [on, off] of bursts) {
        gain.gain.setValueAtTime(0, at);
        gain.gain.linearRampToValueAtTime(VOLUME / frequencies.length, at + FADE);
        gain.gain.setValueAtTime(VOLUME / frequencies.length, at + on - FADE);
        gain.gain.linearRampToValueAtTime(0, at + on);
        at += on + off;
      }
    };
    schedule();
    const timer = setInterval(schedule, period * 1000);
    return () => {
      clearInterval(timer);
      for (const oscillator of oscillators) oscillator.stop();
      gain.disconnect();
    };
  }

  #open(): AudioContext {
    if (!this.#context) {
      this.#context = new AudioContext();
      if (this.#speaker !== "") void useSpeaker(this.#context, this.#speaker);
    }
    return this.#context;
  }
}
