import type { Gap } from "./api";
import type { Answer, Question } from "./arrivals";

/** The part of a worker's world that the DOM's types lack (W3C webrtc-encoded-transform). */
interface TransformEvent extends Event {
  readonly transformer: {
    readonly options: { readonly stream: number };
    readonly readable: ReadableStream<Frame>;
    readonly writable: WritableStream<Frame>;
  };
}

interface Frame {
  getMetadata(): {
    /** When its packet came from the network, on the clock of `performance.now()`. */
    readonly receiveTime?: number;
    /** In units of the codec's clock. */
    readonly rtpTimestamp: number;
    readonly mimeType?: string;
  };
}

interface Stream {
  arrived: number;
  rtpTimestamp: number;
  longest: Gap;
}

const streams = new Map<number, Stream>();

addEventListener("rtctransform", (event) => {
  const { options, readable, writable } = (event as TransformEvent).transformer;
  const note = new TransformStream<Frame, Frame>({
    transform(frame, controller) {
      noteFrame(options.stream, frame.getMetadata());
      controller.enqueue(frame);
    },
  });
  // It ends with its call.
  readable
    .pipeThrough(note)
    .pipeTo(writable)
    .catch(() => undefined);
});

/** Milliseconds of sound in a packet. */
const PACKET = 20;

/** Milliseconds. A longer jump of the time stamps is another source, whose time has its own beginning. */
const LONGEST_JUMP = 60_000;

/** Milliseconds after which a stream that brings nothing is taken for silent, and not for late. */
const SILENCE = 1_000;

function noteFrame(
  stream: number,
  { receiveTime, rtpTimestamp, mimeType }: ReturnType<Frame["getMetadata"]>,
): void {
  const arrived = receiveTime ?? performance.now();
  const known = streams.get(stream);
  if (!known) {
    streams.set(stream, { arrived, rtpTimestamp, longest: NONE });
    return;
  }
  const rate = mimeType?.toLowerCase() === "audio/opus" ? 48 : 8;
  // 32 bits, and then from the beginning.
  const jump = ((rtpTimestamp - known.rtpTimestamp) >>> 0) / rate;
  const late = arrived - known.arrived;
  const missing = Math.max(0, (jump <= LONGEST_JUMP ? jump : late) - PACKET);
  known.longest = longer(known.longest, { late, missing });
  known.arrived = arrived;
  known.rtpTimestamp = rtpTimestamp;
}

const NONE: Gap = { late: 0, missing: 0 };

function longer(a: Gap, b: Gap): Gap {
  return { late: Math.max(a.late, b.late), missing: Math.max(a.missing, b.missing) };
}

function gapUntilNow({ arrived, longest }: Stream): Gap {
  const late = performance.now() - arrived;
  return longer(longest, { late, missing: late > SILENCE ? late : 0 });
}

addEventListener("message", ({ data }: MessageEvent<Question>) => {
  let gaps: Gap[] = [];
  if (data.ask === "listen") for (const stream of streams.values()) stream.longest = NONE;
  else gaps = data.streams.flatMap((number) => streams.get(number) ?? []).map(gapUntilNow);
  postMessage({ number: data.number, gaps } satisfies Answer);
});
