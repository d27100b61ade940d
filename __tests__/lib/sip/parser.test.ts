import {
  defaultLimits,
  keepAlive,
  type Parsed,
  parseDatagram,
  parseFrame,
  parseMessage,
} from "../../../lib/sip";
import { lines } from "./support/messages";

const OPTIONS = "OPTIONS sip:1003@192.0.2.2 SIP/2.0";
const HEAD = [
  "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1",
  "From: <sip:a@x>;tag=1",
  "To: <sip:b@x>",
  "Call-ID: c",
  "CSeq: 1 OPTIONS",
];

function bytes(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

function faultOf(parsed: Parsed) {
  const { code, place, status } = parsed.fault ?? {};
  return parsed.fault === undefined ? undefined : { code, place, status };
}

describe("start line (RFC 3261 7.1, 7.2)", () => {
  it("reads method and Request-URI of a request", () => {
    const message = parseMessage(lines(OPTIONS, ...HEAD));
    expect(message).toMatchObject({ isRequest: true, method: "OPTIONS", uri: "sip:1003@192.0.2.2" });
  });

  it("reads status and reason of a response, with or without reason", () => {
    expect(parseMessage(lines("SIP/2.0 404 Invalid Called DN", ...HEAD))).toMatchObject({
      isRequest: false,
      status: 404,
      reason: "Invalid Called DN",
    });
    expect(parseMessage(lines("SIP/2.0 200 ", ...HEAD))).toMatchObject({ status: 200, reason: "" });
    expect(parseMessage(lines("SIP/2.0 200", ...HEAD))).toMatchObject({ status: 200, reason: "" });
  });

  it.each([
    ["two spaces", "OPTIONS  sip:a@b SIP/2.0"],
    ["trailing space", "OPTIONS sip:a@b SIP/2.0 "],
    ["no version", "OPTIONS sip:a@b"],
    ["a tab in the URI", "OPTIONS sip:a\t@b SIP/2.0"],
    ["HTTP", "GET / HTTP/1.1"],
  ])("is faulty with %s, and can be answered with 400", (_what, line) => {
    const parsed = parseDatagram(bytes(lines(line, ...HEAD)));
    expect(faultOf(parsed)).toEqual({ code: "start-line-malformed", place: "request line", status: 400 });
    expect(parsed.message?.callId).toBe("c");
  });

  it("answers another version with 505 (21.5.6)", () => {
    expect(faultOf(parseDatagram(bytes(lines("OPTIONS sip:a@b SIP/3.0", ...HEAD))))).toEqual({
      code: "version-unsupported",
      place: "request line",
      status: 505,
    });
  });

  it("gives no message for what is neither", () => {
    const parsed = parseDatagram(bytes("\x00\x01\x02\x03 nonsense"));
    expect(parsed.message).toBeUndefined();
    expect(parsed.fault?.code).toBe("head-not-terminated");
  });

  it.each(["SIP/2.0 99 Low", "SIP/2.0 700 High", "SIP/2.0 4294967301 x", "SIP/2.0 abc x"])(
    "drops the response %s",
    (line) => {
      const parsed = parseDatagram(bytes(lines(line, ...HEAD)));
      expect(parsed.message).toBeUndefined();
      expect(parsed.fault?.code).toBe("status-out-of-range");
    },
  );

  it("ignores line breaks before it (7.5)", () => {
    expect(parseMessage(`\r\n\r\n${lines(OPTIONS, ...HEAD)}`)).toMatchObject({ method: "OPTIONS" });
  });

  it("says empty-message for line breaks alone", () => {
    expect(faultOf(parseDatagram(bytes("\r\n")))).toMatchObject({ code: "empty-message" });
    expect(faultOf(parseDatagram(Buffer.alloc(0)))).toMatchObject({ code: "empty-message" });
  });
});

describe("header rows (7.3)", () => {
  it.each([
    ["no colon", "Nonsense"],
    ["an empty name", ": value"],
    ["a space in the name", "Two Words: value"],
  ])("are faulty with %s", (_what, row) => {
    expect(faultOf(parseDatagram(bytes(lines(OPTIONS, ...HEAD, row))))).toMatchObject({
      code: "header-malformed",
    });
  });

  it.each(["a\nb", "a\rb", "a\n b"])("refuse a bare CR or LF: %j", (value) => {
    const parsed = parseDatagram(bytes(lines(OPTIONS, ...HEAD, `X: ${value}`)));
    expect(parsed.fault?.code).toBe("header-malformed");
    expect(parsed.message?.has("X")).toBe(false);
  });

  it("keep white space before the colon and read past it", () => {
    const message = parseMessage(lines(OPTIONS, ...HEAD, "Max-Forwards  : 3"));
    expect(message.maxForwards).toBe(3);
  });

  it("take 256 by default and no more", () => {
    const rows = (count: number) => Array.from({ length: count }, (_, i) => `X-${i}: v`);
    const most = defaultLimits.headers - HEAD.length;
    expect(parseDatagram(bytes(lines(OPTIONS, ...HEAD, ...rows(most)))).fault).toBeUndefined();
    expect(faultOf(parseDatagram(bytes(lines(OPTIONS, ...HEAD, ...rows(most + 1)))))).toMatchObject({
      code: "too-many-headers",
    });
  });

  it("count rows that are no headers too, so that garbage costs no more than headers do", () => {
    const garbage = Array.from({ length: 7000 }, () => "Maxjuw");
    const parsed = parseDatagram(bytes(lines(OPTIONS, ...garbage, "X: behind them")));
    expect(parsed.fault?.code).toBe("header-malformed");
    expect(parsed.message?.has("X")).toBe(false);
  });

  it("take 8192 bytes by default, folding included, and no more", () => {
    const row = (size: number) => `X: ${"v".repeat(size - 13)}\r\n ${"v".repeat(7)}`;
    expect(parseDatagram(bytes(lines(OPTIONS, ...HEAD, row(8_192)))).fault).toBeUndefined();
    expect(faultOf(parseDatagram(bytes(lines(OPTIONS, ...HEAD, row(8_193)))))).toMatchObject({
      code: "header-line-too-long",
    });
  });

  it("need the empty line after them, and can be answered without", () => {
    const parsed = parseDatagram(bytes([OPTIONS, ...HEAD].join("\r\n")));
    expect(faultOf(parsed)).toMatchObject({ code: "head-not-terminated", status: 400 });
    expect(parsed.message?.cseq.number).toBe(1);
  });
});

describe("bounds", () => {
  it("answers a Request-URI of more than 2048 bytes with 414 (21.4.12)", () => {
    const line = (size: number) => `OPTIONS sip:${"a".repeat(size - 6)}@b SIP/2.0`;
    expect(parseDatagram(bytes(lines(line(2_048), ...HEAD))).fault).toBeUndefined();
    expect(faultOf(parseDatagram(bytes(lines(line(2_049), ...HEAD))))).toMatchObject({
      code: "uri-too-long",
      status: 414,
    });
  });

  it("refuses a message of more than 64 KiB unread", () => {
    const head = lines(OPTIONS, ...HEAD);
    const fill = (size: number) => bytes(head + "b".repeat(size - head.length));
    expect(parseDatagram(fill(65_536)).fault).toBeUndefined();
    const parsed = parseDatagram(fill(65_537));
    expect(faultOf(parsed)).toEqual({ code: "message-too-large", place: "message", status: 513 });
    expect(parsed.message).toBeUndefined();
  });
});

describe("the body in a datagram (18.3)", () => {
  it("ends where Content-Length says, and bytes behind it are dropped", () => {
    const message = parseMessage(`${lines(OPTIONS, ...HEAD, "Content-Length: 3")}abcdef`);
    expect(message.body.toString()).toBe("abc");
    expect(message.toString().endsWith("\r\n\r\nabc")).toBe(true);
  });

  it("ends with the datagram where there is no Content-Length", () => {
    expect(parseMessage(`${lines(OPTIONS, ...HEAD)}abcdef`).body.toString()).toBe("abcdef");
  });

  it("is a fault when it is shorter than Content-Length", () => {
    expect(faultOf(parseDatagram(bytes(`${lines(OPTIONS, ...HEAD, "l: 4")}abc`)))).toEqual({
      code: "body-truncated",
      place: "body",
      status: 400,
    });
  });

  it.each(["-1", "1e3", "0x10", "", "99999999999999999999", "3, 3"])("refuses Content-Length %j", (value) => {
    expect(
      faultOf(parseDatagram(bytes(`${lines(OPTIONS, ...HEAD, `Content-Length: ${value}`)}abc`))),
    ).toMatchObject({
      code: "content-length-malformed",
    });
  });

  it("refuses two Content-Lengths that differ, and takes two that agree", () => {
    const two = (a: number, b: number) =>
      parseDatagram(bytes(`${lines(OPTIONS, ...HEAD, `Content-Length: ${a}`, `l: ${b}`)}abc`));
    expect(faultOf(two(3, 2))).toMatchObject({ code: "content-length-conflict" });
    expect(two(3, 3).fault).toBeUndefined();
  });
});

describe("the body in a WebSocket message (RFC 7118 5, rule 18)", () => {
  it("is the rest of it, with or without Content-Length (rule 8)", () => {
    expect(parseFrame(bytes(`${lines(OPTIONS, ...HEAD)}abc`)).message?.body.toString()).toBe("abc");
    expect(parseFrame(bytes(`${lines(OPTIONS, ...HEAD, "l: 3")}abc`)).message?.body.toString()).toBe("abc");
  });

  it("may not be followed by anything: exactly one SIP message in each", () => {
    const second = lines(OPTIONS, ...HEAD);
    expect(faultOf(parseFrame(bytes(`${lines(OPTIONS, ...HEAD, "l: 0")}${second}`)))).toMatchObject({
      code: "content-length-conflict",
      place: "body",
    });
  });
});

describe("keepAlive (RFC 5626 3.5.1, rule 19)", () => {
  it("tells ping, pong and messages apart", () => {
    expect(keepAlive(bytes("\r\n\r\n"))).toBe("ping");
    expect(keepAlive(bytes("\r\n"))).toBe("pong");
    expect(keepAlive(bytes(lines(OPTIONS)))).toBeUndefined();
    expect(keepAlive(Buffer.alloc(0))).toBeUndefined();
  });
});
