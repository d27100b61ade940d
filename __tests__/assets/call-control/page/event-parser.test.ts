import { EventParser, type ServerEvent } from "../../../../assets/call-control/page/logic/event-parser";

const stream =
  'event: snapshot\r\ndata: {"calls":\r\ndata: []}\r\n\r\n: a comment\n\nevent:change\ndata:x\n\ndata: y\r\rid: 7\n\n';
const events: ServerEvent[] = [
  { name: "snapshot", data: '{"calls":\n[]}' },
  { name: "change", data: "x" },
  { name: "message", data: "y" },
];

const parsed = (pieces: readonly string[]) => {
  const parser = new EventParser();
  return pieces.flatMap((piece) => parser.push(piece));
};

describe("server-sent events (HTML Living Standard, 9.2.6)", () => {
  it("are the same wherever the stream is cut", () => {
    expect(parsed([stream])).toStrictEqual(events);
    expect(parsed([...stream])).toStrictEqual(events);
    for (let at = 0; at <= stream.length; at++) {
      expect(parsed([stream.slice(0, at), stream.slice(at)])).toStrictEqual(events);
    }
  });

  it("without data are none, and their name is not the next one's", () => {
    expect(parsed(["event: alive\n\ndata: 1\n\n"])).toStrictEqual([{ name: "message", data: "1" }]);
  });

  it("that are not complete are none yet", () => {
    expect(parsed(["event: change\ndata: 1\n"])).toStrictEqual([]);
  });

  it.each([
    ["one line", "data: "],
    ["many lines", "data: 1\ndata: "],
  ])("that have no end are an error: %s", (_, begin) => {
    const parser = new EventParser();
    parser.push(begin);
    const more = () => {
      for (let n = 0; n < 9; n++)
        parser.push(`${"x".repeat(1_000_000)}${begin.includes("\n") ? "\ndata: " : ""}`);
    };
    expect(more).toThrow("an event is too long");
  });
});
