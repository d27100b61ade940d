import { Demultiplexer, Tail } from "../../../tools/docker-provider/resources/container/logs";

function frame(stream: number, text: string): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

describe("a container's output", () => {
  it("is put together from frames that are split anywhere", () => {
    const bytes = Buffer.concat([
      frame(1, "out\n"),
      frame(2, ""),
      frame(2, "err: ü\n"),
      frame(1, "x".repeat(300)),
    ]);
    for (let size = 1; size < 40; size += 1) {
      let text = "";
      const demultiplexer = new Demultiplexer((part) => {
        text += part.toString("latin1");
      });
      for (let at = 0; at < bytes.length; at += size) demultiplexer.add(bytes.subarray(at, at + size));
      expect(Buffer.from(text, "latin1").toString()).toBe(`out\nerr: ü\n${"x".repeat(300)}`);
    }
  });

  it("is cut to its last bytes, and says so", () => {
    const tail = new Tail(10);
    for (let i = 0; i < 100; i += 1) tail.add(Buffer.from(String(i % 10)));
    expect(tail.text()).toBe("[earlier output is left out]\n0123456789");
  });

  it("is whole while it fits", () => {
    const tail = new Tail(10);
    tail.add(Buffer.from("01234"));
    tail.add(Buffer.from("56789"));
    expect(tail.text()).toBe("0123456789");
  });
});
