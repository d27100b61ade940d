import type { Writable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import * as ws from "ws";
import { frameOf, opcodes } from "../../../../../assets/sip-proxy/src/edge/web-socket/frame";
import {
  type FrameHandler,
  FrameReader,
} from "../../../../../assets/sip-proxy/src/edge/web-socket/frame-reader";

const LIMIT = 1000;

type Event =
  | readonly ["message", string, boolean]
  | readonly ["ping" | "pong", string]
  | readonly ["closing", number, string]
  | readonly ["fault", number];

/** What a reader tells, with the frames of its messages. */
class Recorder implements FrameHandler {
  readonly events: Event[] = [];
  readonly frames: Buffer[] = [];
  message(payload: Buffer, binary: boolean, frames: Buffer): void {
    this.events.push(["message", payload.toString("hex"), binary]);
    this.frames.push(Buffer.from(frames));
  }
  ping(payload: Buffer): void {
    this.events.push(["ping", payload.toString("hex")]);
  }
  pong(): void {
    this.events.push(["pong", ""]);
  }
  closing(code: number, reason: string): void {
    this.events.push(["closing", code, reason]);
  }
  fault(code: number): void {
    this.events.push(["fault", code]);
  }
}

function read(chunks: readonly Buffer[], masked = true): Recorder {
  const recorder = new Recorder();
  const reader = new FrameReader(masked, LIMIT, recorder);
  for (const chunk of chunks) reader.push(chunk);
  return recorder;
}

/** The same by the library's receiver. */
async function readByLibrary(chunks: readonly Buffer[]): Promise<Event[]> {
  const events: Event[] = [];
  const options = { isServer: true, maxPayload: LIMIT, allowSynchronousEvents: true };
  // Its types don't know of it.
  const { Receiver } = ws as unknown as { Receiver: new (options: object) => Writable };
  const receiver = new Receiver(options);
  receiver.on("message", (data: Buffer, binary: boolean) =>
    events.push(["message", data.toString("hex"), binary]),
  );
  receiver.on("ping", (data: Buffer) => events.push(["ping", data.toString("hex")]));
  receiver.on("pong", () => events.push(["pong", ""]));
  receiver.on("conclude", (code: number, reason: Buffer) =>
    events.push(["closing", code, reason.toString()]),
  );
  receiver.on("error", (error: Error) => {
    const code = Object.getOwnPropertySymbols(error).find(({ description }) => description === "status-code");
    events.push(["fault", (error as never as Record<symbol, number>)[code as symbol] as number]);
  });
  for (const chunk of chunks) {
    if (!receiver.destroyed && !receiver.writableEnded) receiver.write(chunk);
    // It tells of errors in a later turn.
    await setImmediate();
  }
  return events;
}

/** Cuts bytes where it is told to. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((from, index) => bytes.subarray(from, at[index] ?? bytes.length));
}

/** Changes the first byte of a frame: FIN, RSV and opcode. */
function withFirst(frame: Buffer, first: number): Buffer {
  frame[0] = first;
  return frame;
}

const text = (payload: string, masked = true) => frameOf(opcodes.text, Buffer.from(payload), masked);

describe("frames", () => {
  it.each([0, 1, 125, 126, 127, 1000])("of %d bytes come out whole, unmasked, and as they were", (length) => {
    const payload = Buffer.alloc(length, "REGISTER ");
    const frame = frameOf(opcodes.binary, payload, true);
    const { events, frames } = read([frame]);
    expect(events).toEqual([["message", payload.toString("hex"), true]]);
    expect(frames).toEqual([frame]);
  });

  it("of more than 65,535 bytes have a length of eight", () => {
    const payload = Buffer.alloc(70_000, 7);
    const recorder = new Recorder();
    new FrameReader(false, 100_000, recorder).push(frameOf(opcodes.binary, payload, false));
    expect(recorder.events).toEqual([["message", payload.toString("hex"), true]]);
  });

  it("a byte at a time, several in a chunk", () => {
    const bytes = Buffer.concat([text("one"), text(`two ${"x".repeat(500)}`), text("three")]);
    const whole = read([bytes]);
    expect(whole.events).toHaveLength(3);
    expect(read([...bytes].map((byte) => Buffer.from([byte])))).toEqual(whole);
  });

  it("a message in pieces goes on in one piece, without what came in between", () => {
    const first = withFirst(text("REGI"), opcodes.text);
    const last = withFirst(text("STER"), 0x80);
    const ping = frameOf(opcodes.ping, Buffer.from("?"), true);
    const { events, frames } = read([Buffer.concat([first, ping, last])]);
    expect(events).toEqual([
      ["ping", "3f"],
      ["message", Buffer.from("REGISTER").toString("hex"), false],
    ]);
    expect(frames).toEqual([Buffer.concat([first, last])]);
  });

  it("from Asterisk have no mask", () => {
    expect(read([text("SIP/2.0 200 OK", false)], false).events).toHaveLength(1);
    expect(read([text("SIP/2.0 200 OK", true)], false).events).toEqual([["fault", 1002]]);
    expect(read([text("SIP/2.0 200 OK", false)], true).events).toEqual([["fault", 1002]]);
  });
});

describe("what RFC 6455 forbids", () => {
  const empty = Buffer.alloc(0);
  it.each<[string, Buffer, number]>([
    ["an extension's bit", withFirst(text("x"), 0xc1), 1002],
    ["an unknown opcode", withFirst(text("x"), 0x83), 1002],
    ["an unknown control opcode", withFirst(text("x"), 0x8b), 1002],
    ["a continuation of nothing", withFirst(text("x"), 0x80), 1002],
    ["a ping in pieces", withFirst(text("x"), 0x09), 1002],
    ["a ping of 126 bytes", frameOf(opcodes.ping, Buffer.alloc(126), true), 1002],
    ["a close of one byte", frameOf(opcodes.close, Buffer.from([3]), true), 1002],
    ["a close with 1006", frameOf(opcodes.close, Buffer.from([3, 0xee]), true), 1002],
    ["a reason that is no UTF-8", frameOf(opcodes.close, Buffer.from([3, 0xe8, 0xff]), true), 1007],
    ["text that is no UTF-8", frameOf(opcodes.text, Buffer.from([0xc3]), true), 1007],
    ["a message above the limit", frameOf(opcodes.binary, Buffer.alloc(LIMIT + 1), true), 1009],
    ["a length of 2^63", Buffer.from([0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]), 1009],
  ])("%s", (_what, frame, code) => {
    expect(read([frame, text("never read")]).events).toEqual([["fault", code]]);
    expect(read([...frame].map((byte) => Buffer.from([byte]))).events).toEqual([["fault", code]]);
  });

  it("pieces without end, be they empty", () => {
    const piece = () => withFirst(frameOf(0, empty, true), 0x00);
    const pieces = Array.from({ length: 1000 }, piece);
    expect(read([withFirst(text("x"), 0x01), ...pieces]).events).toEqual([["fault", 1009]]);
  });

  it("a message within another", () => {
    expect(read([withFirst(text("x"), 0x01), text("y")]).events).toEqual([["fault", 1002]]);
  });
});

it("reads nothing after a close", () => {
  const close = frameOf(opcodes.close, Buffer.concat([Buffer.from([0x03, 0xe8]), Buffer.from("bye")]), true);
  expect(read([Buffer.concat([close, text("never read")]), text("nor this")]).events).toEqual([
    ["closing", 1000, "bye"],
  ]);
  expect(read([frameOf(opcodes.close, Buffer.alloc(0), true)]).events).toEqual([["closing", 1005, ""]]);
});

it("keeps little of a frame that was announced only", () => {
  const recorder = new Recorder();
  const reader = new FrameReader(true, 1_000_000, recorder);
  reader.push(frameOf(opcodes.binary, Buffer.alloc(900_000), true).subarray(0, 100));
  expect((reader as unknown as { partial: Buffer }).partial.length).toBeLessThanOrEqual(1024);
});

it("tells what the library tells, of frames sound and unsound, however they are cut", async () => {
  const frame = fc
    .record({
      first: fc.oneof(
        { weight: 5, arbitrary: fc.constantFrom(0x81, 0x82, 0x89, 0x8a, 0x01, 0x00, 0x80) },
        { weight: 1, arbitrary: fc.constantFrom(0x88, 0x83, 0xc1, 0x09) },
      ),
      payload: fc.oneof(
        fc.string({ maxLength: 300 }).map(Buffer.from),
        fc.uint8Array({ maxLength: 130 }).map(Buffer.from),
      ),
    })
    .map(({ first, payload }) => withFirst(frameOf(opcodes.binary, payload, true), first));
  await fc.assert(
    fc.asyncProperty(
      fc.array(frame, { minLength: 1, maxLength: 8 }),
      fc.array(fc.nat(2000), { maxLength: 10 }),
      fc.boolean(),
      async (frames, places, truncated) => {
        const bytes = Buffer.concat(frames);
        const chunks = cut(truncated ? bytes.subarray(0, -1) : bytes, places);
        expect(read(chunks.map((chunk) => Buffer.from(chunk))).events).toEqual(
          await readByLibrary(chunks.map((chunk) => Buffer.from(chunk))),
        );
      },
    ),
    { numRuns: 500 },
  );
});
