/**
 * Every phone's microphone: a tone, since the browser's sound processing of 40 microphones would take more than the calls
 * do; or nothing at all, of which no packet is sent.
 */
export class Microphone {
  /** Of calls that are made or answered from now on. */
  public isOn = true;

  private readonly tone = toneOf(new AudioContext());
  private readonly nothing = toneOf(suspended());

  constructor() {
    navigator.mediaDevices.getUserMedia = async () => (this.isOn ? this.tone : this.nothing).clone();
  }
}

function toneOf(context: AudioContext): MediaStream {
  const oscillator = context.createOscillator();
  const { stream } = oscillator.connect(
    context.createMediaStreamDestination(),
  ) as MediaStreamAudioDestinationNode;
  oscillator.start();
  return stream;
}

function suspended(): AudioContext {
  const context = new AudioContext();
  void context.suspend();
  return context;
}
