import fc from "fast-check";
import { AmiError } from "../../../lib/ami/errors";
import type { AmiMessage } from "../../../lib/ami/message";
import { type AmiLimits, AmiParser } from "../../../lib/ami/parser";
import { contactList, noContacts } from "./recorded";

const greeting = "Asterisk Call Manager/11.0.0\r\n";

function parse(pieces: readonly (string | Buffer)[], limits?: AmiLimits) {
  const messages: AmiMessage[] = [];
  const versions: string[] = [];
  const handler = {
    greeting: (version: string) => void versions.push(version),
    message: (message: AmiMessage) => void messages.push(message),
  };
  const parser = new AmiParser(handler, limits);
  for (const piece of pieces) parser.push(Buffer.from(piece));
  return { messages, versions, parser };
}

describe("AmiParser", () => {
  it("reads the greeting's version, then messages with headers in their order", () => {
    const { messages, versions } = parse([greeting, contactList("7")]);
    expect(versions).toStrictEqual(["11.0.0"]);
    expect(messages.map(({ response, event }) => response ?? event)).toStrictEqual([
      "Success",
      "ContactList",
      "ContactListComplete",
    ]);
    expect(messages[1]?.headers.slice(0, 3)).toStrictEqual([
      ["Event", "ContactList"],
      ["ActionID", "7"],
      ["ObjectType", "contact"],
    ]);
  });

  it("gives the same messages wherever the bytes are split", () => {
    const bytes = Buffer.from(`${greeting}${contactList("7")}Event: Ünïcode\r\nName: Jürgen 日本 🎧\r\n\r\n`);
    const whole = parse([bytes]).messages;
    expect(whole).toHaveLength(4);
    expect(whole[3]?.get("name")).toBe("Jürgen 日本 🎧");
    for (let at = 0; at <= bytes.length; at++) {
      expect(parse([bytes.subarray(0, at), bytes.subarray(at)]).messages).toStrictEqual(whole);
    }
    const single = Array.from(bytes, (byte) => Buffer.from([byte]));
    expect(parse(single).messages).toStrictEqual(whole);
  });

  it("reads back any headers that a line can carry", () => {
    const value = fc.string({ unit: "grapheme" }).map((text) => text.replace(/[\r\n]/g, "").trimStart());
    const header = fc.tuple(fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{0,20}$/), value);
    fc.assert(
      fc.property(
        fc.array(header, { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 40 }),
        (headers, size) => {
          const bytes = Buffer.from(
            `${greeting}${headers.map(([name, text]) => `${name}: ${text}\r\n`).join("")}\r\n`,
          );
          const pieces: Buffer[] = [];
          for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
          expect(parse(pieces).messages.map((message) => message.headers)).toStrictEqual([headers]);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("keeps headers of one name apart and finds them without regard to case", () => {
    const { messages } = parse([greeting, "Event: X\r\nVariable: a=1\r\nvariable: b=2\r\n\r\n"]);
    expect(messages[0]?.all("VARIABLE")).toStrictEqual(["a=1", "b=2"]);
    expect(messages[0]?.get("Variable")).toBe("a=1");
    expect(messages[0]?.get("Absent")).toBeUndefined();
  });

  it("takes colons in values, empty values, bare line feeds, and lines that are no headers", () => {
    const { messages } = parse([greeting, "Event: X\nUri: sip:a@b:5060\nPath: \nNone:\nspilled over\n\n"]);
    expect(messages[0]?.headers).toStrictEqual([
      ["Event", "X"],
      ["Uri", "sip:a@b:5060"],
      ["Path", ""],
      ["None", ""],
    ]);
  });

  it("takes the second empty line after the refusal of an empty list", () => {
    const { messages } = parse([greeting, noContacts("1"), "Event: Next\r\n\r\n"]);
    expect(messages.map((message) => message.response ?? message.event)).toStrictEqual(["Error", "Next"]);
  });

  it("refuses a peer that is no Asterisk, and names what it said", () => {
    const error = new AmiError(
      "AMI_PROTOCOL",
      'the peer greets with "SSH-2.0-OpenSSH_9.2", not with "Asterisk Call Manager/<version>": is this the AMI port?',
    );
    expect(() => parse(["SSH-2.0-OpenSSH_9.2\r\n"])).toThrow(error);
  });

  describe("bounds", () => {
    const limits = { line: 40, headers: 3, message: 60 };

    it("a line without end is cut off at its limit, in one piece or in many", () => {
      const long = "a".repeat(41);
      const error = "the peer's line in bytes passes the limit of 40";
      expect(() => parse([greeting, long], limits)).toThrow(error);
      expect(() => parse([greeting, ...long], limits)).toThrow(error);
      expect(() => parse([greeting, `${"a".repeat(40)}\n`], limits)).not.toThrow();
    });

    it("headers of a message are counted", () => {
      expect(() => parse([greeting, "a:1\nb:2\nc:3\n\n"], limits)).not.toThrow();
      expect(() => parse([greeting, "a:1\nb:2\nc:3\nd:4\n"], limits)).toThrow(
        "the peer's message in headers passes the limit of 3",
      );
    });

    it("bytes of a message are counted, also those of lines that are no headers", () => {
      expect(() => parse([greeting, `${"x".repeat(30)}\n${"y".repeat(30)}\n`], limits)).toThrow(
        "the peer's message in bytes passes the limit of 60",
      );
    });

    it("messages before the fault are given, and nothing after it", () => {
      const messages: AmiMessage[] = [];
      const handler = { greeting: () => {}, message: (message: AmiMessage) => void messages.push(message) };
      const parser = new AmiParser(handler, limits);
      parser.push(Buffer.from(greeting));
      expect(() => parser.push(Buffer.from(`Event: A\n\n${"a".repeat(50)}`))).toThrow(AmiError);
      parser.push(Buffer.from("\n\nEvent: B\n\n"));
      expect(messages.map(({ event }) => event)).toStrictEqual(["A"]);
    });
  });
});
