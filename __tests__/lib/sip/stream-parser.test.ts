import fc from "fast-check";
import { defaultLimits, type StreamItem, StreamParser } from "../../../lib/sip";
import { lines } from "./support/messages";

function options(callId: string, body = "", length = `Content-Length: ${Buffer.byteLength(body)}`): string {
  return `${lines(
    "OPTIONS sip:a@b SIP/2.0",
    "Via: SIP/2.0/TCP h;branch=z9hG4bK1",
    "From: <sip:a@x>;tag=1",
    "To: <sip:b@x>",
    `Call-ID: ${callId}`,
    "CSeq: 1 OPTIONS",
    length,
  )}${body}`;
}

/** What came out, short: "ping", "callid/body", or "!code". */
function brief(items: readonly StreamItem[]): string[] {
  return items.map((item) => {
    if (item.kind === "ping") return "ping";
    const { message, fault } = item.parsed;
    return fault === undefined
      ? `${message.callId}/${message.body}`
      : `${item.fatal ? "!" : "?"}${fault.code}`;
  });
}

function feed(parser: StreamParser, ...chunks: string[]): string[] {
  return brief(chunks.flatMap((chunk) => parser.push(Buffer.from(chunk, "latin1"))));
}

const STREAM = `${options("one", "abc")}\r\n\r\n${options("two", "", "l : 0")}\r\n${options(
  "three",
  "\r\n\r\nx",
  "Content-Length:\r\n  5",
)}`;
const EXPECTED = ["one/abc", "ping", "two/", "three/\r\n\r\nx"];

describe("StreamParser (RFC 3261 18.3)", () => {
  it("finds messages and keep-alives in one chunk", () => {
    expect(feed(new StreamParser(), STREAM)).toEqual(EXPECTED);
  });

  it("finds the same when the stream is split at any one point", () => {
    for (let at = 0; at <= STREAM.length; at++) {
      expect(feed(new StreamParser(), STREAM.slice(0, at), STREAM.slice(at))).toEqual(EXPECTED);
    }
  });

  it("finds the same byte by byte", () => {
    expect(feed(new StreamParser(), ...STREAM)).toEqual(EXPECTED);
  });

  it("finds the same however it is split", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(STREAM.length), { maxLength: 20 }), (cuts) => {
        const points = [0, ...cuts.sort((a, b) => a - b), STREAM.length];
        const chunks = points.slice(1).map((point, i) => STREAM.slice(points[i], point));
        expect(feed(new StreamParser(), ...chunks)).toEqual(EXPECTED);
      }),
      { numRuns: 200 },
    );
  });

  it("answers CRLF CRLF at once, and takes a lone CRLF for a pong (RFC 5626 4.4.1, rule 19)", () => {
    const parser = new StreamParser();
    expect(feed(parser, "\r\n")).toEqual([]);
    expect(feed(parser, "\r\n")).toEqual(["ping"]);
    expect(feed(parser, "\r\n", options("after"))).toEqual(["after/"]);
    expect(parser.pending).toBe(0);
  });

  it("goes on after a message that is faulty inside its bounds", () => {
    const bad = options("bad").replace("OPTIONS sip", "OPTIONS  sip");
    expect(feed(new StreamParser(), bad + options("good"))).toEqual(["?start-line-malformed", "good/"]);
  });

  it.each([
    ["no Content-Length", options("x", "", "X: y"), "!content-length-missing"],
    ["a Content-Length that is none", options("x", "", "Content-Length: -5"), "!content-length-malformed"],
    ["two that differ", options("x", "", "Content-Length: 0\r\nl: 1"), "!content-length-conflict"],
    ["one that is too large", options("x", "", "Content-Length: 65536"), "!message-too-large"],
    ["a head without end", "X".repeat(defaultLimits.message + 1), "!message-too-large"],
  ])("gives the stream up for %s", (_what, text, expected) => {
    const parser = new StreamParser();
    expect(feed(parser, text)).toEqual([expected]);
    expect(feed(parser, options("late"))).toEqual([]);
    expect(parser.pending).toBe(0);
  });

  it("never holds more than its bound", () => {
    const parser = new StreamParser({ ...defaultLimits, message: 1_000 });
    for (let i = 0; i < 50; i++) {
      parser.push(Buffer.alloc(100, "a"));
      expect(parser.pending).toBeLessThanOrEqual(1_000);
    }
  });
});
