import { frame } from "../../../lib/service";

describe("a frame", () => {
  it("is an event of the stream", () => {
    expect(frame("delta", "boot-1", { a: "x\ny" })).toBe('id: boot-1\nevent: delta\ndata: {"a":"x\\ny"}\n\n');
    expect(frame("alive", undefined, {})).toBe("event: alive\ndata: {}\n\n");
    expect(() => frame("delta", "1", "two\nlines")).toThrow("one line");
  });
});
