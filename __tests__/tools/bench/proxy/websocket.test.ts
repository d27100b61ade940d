import { FrameReader, frameOf, PING, TEXT } from "../../../../tools/bench/proxy/field/websocket";

function read(chunks: readonly Buffer[]): [opcode: number, text: string][] {
  const frames: [number, string][] = [];
  const reader = new FrameReader((opcode, text) => frames.push([opcode, text]));
  for (const chunk of chunks) reader.push(chunk);
  return frames;
}

describe("the bench's WebSocket frames", () => {
  const long = "REGISTER sip:bench.example SIP/2.0\r\n".repeat(20);

  it.each([true, false])("are read as they were written, split at every byte (masked: %s)", (masked) => {
    const bytes = Buffer.concat([frameOf("hi", masked, PING), frameOf(long, masked)]);
    for (let at = 0; at <= bytes.length; at++) {
      const copy = Buffer.from(bytes);
      expect(read([copy.subarray(0, at), copy.subarray(at)])).toStrictEqual([
        [PING, "hi"],
        [TEXT, long],
      ]);
    }
  });

  it("don't depend on a chunk that is overwritten after it was read", () => {
    const bytes = frameOf(long, true);
    const texts: string[] = [];
    const reader = new FrameReader((_opcode, text) => texts.push(text));
    const shared = Buffer.alloc(bytes.length);
    for (let at = 0; at < bytes.length; at += 7) {
      const part = bytes.subarray(at, at + 7);
      part.copy(shared);
      reader.push(shared.subarray(0, part.length));
      shared.fill(0);
    }
    expect(texts).toStrictEqual([long]);
  });

  it("hide their text from whoever doesn't take the mask off", () => {
    expect(frameOf("REGISTER", true).includes("REGISTER")).toBe(false);
    expect(frameOf("REGISTER", false).includes("REGISTER")).toBe(true);
  });
});
