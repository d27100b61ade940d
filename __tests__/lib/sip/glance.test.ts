import fc from "fast-check";
import { glance, glanceContact, glanceUser, parseFrame, SipUri } from "../../../lib/sip";

const REGISTER = [
  "REGISTER sip:bench.example SIP/2.0",
  "Via: SIP/2.0/WS abc.invalid;branch=z9hG4bK7",
  "Max-Forwards: 69",
  "To: <sip:1002@bench.example>",
  'From: "Agent, 1002" <sip:1002@bench.example>;tag=t1',
  "Call-ID: c1",
  "CSeq: 7 REGISTER",
  'Contact: <sip:u1@abc.invalid;transport=ws>;+sip.ice;reg-id=1;+sip.instance="<urn:uuid:1>";expires=600',
  "Expires: 601",
  "Allow: INVITE,ACK",
  "Call-Info: <sip:x>",
  "Content-Length: 0",
];

const textOf = (rows: readonly string[]) => `${rows.join("\r\n")}\r\n\r\n`;
const withRow = (row: string, at = 5) => textOf([...REGISTER.slice(0, at), row, ...REGISTER.slice(at)]);

describe("a glance at a message", () => {
  it("reads what a registration is passed on by", () => {
    expect(glance(textOf(REGISTER))).toStrictEqual({
      startLine: "REGISTER sip:bench.example SIP/2.0",
      via: "SIP/2.0/WS abc.invalid;branch=z9hG4bK7",
      to: "<sip:1002@bench.example>",
      callId: "c1",
      cseq: 7,
      method: "REGISTER",
      contact: REGISTER[7]?.slice(9),
      expires: 601,
      credentials: false,
    });
  });

  it.each(["Authorization: Digest a=b", "Proxy-Authorization: Digest a=b"])("sees credentials: %s", (row) => {
    expect(glance(withRow(row))?.credentials).toBe(true);
  });

  it.each([
    ["AUTHORIZATION: Digest a=b"],
    ["authorization: Digest a=b"],
    ["AuthorizatioN: Digest a=b"],
    ["Authorization : Digest a=b"],
    ["proxy-Authorization: Digest a=b"],
    ["PRoxy-authorization: Digest a=b"],
    ["Subject: x\nAuthorization: Digest a=b"],
    ["Subject: x\rAuthorization: Digest a=b"],
    ["Subject: x\r\n y"],
    ["t: <sip:1003@bench.example>"],
    ["T: <sip:1003@bench.example>"],
    ["TO: <sip:1003@bench.example>"],
    ["To: <sip:1003@bench.example>"],
    ["Contact: <sip:other@abc.invalid>"],
    ["m: <sip:other@abc.invalid>"],
    ["Call-ID: c2"],
    ["CSEQ: 8 REGISTER"],
    ["Expires: soon"],
  ])("leaves what could be read in another way to the parser: %j", (row) => {
    expect(glance(withRow(row))).toBeUndefined();
  });

  it.each([["CSeq: 7 \tREGISTER"], ["CSeq: 7  REGISTER"], ["CSeq: 7"], ["CSeq: REGISTER"], ["CSeq: 7 "]])(
    "leaves an unusual CSeq to the parser: %j",
    (row) => {
      expect(glance(textOf(REGISTER.map((one) => (one.startsWith("CSeq") ? row : one))))).toBeUndefined();
    },
  );

  it("leaves a head without its end, or without To, Call-ID or CSeq, to the parser", () => {
    expect(glance(REGISTER.join("\r\n"))).toBeUndefined();
    for (const missing of [3, 5, 6]) {
      expect(glance(textOf(REGISTER.filter((_, index) => index !== missing)))).toBeUndefined();
    }
  });

  it("never reads anything else than the parser does", () => {
    const edit = fc.tuple(fc.nat(), fc.constantFrom("set", "cut", "double"), fc.nat(127));
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 4 }), (edits) => {
        let text = textOf(REGISTER);
        for (const [position, kind, code] of edits) {
          const at = position % text.length;
          const insert =
            kind === "set" ? String.fromCharCode(code) : kind === "double" ? text.slice(at, at + 40) : "";
          text = text.slice(0, at) + insert + text.slice(kind === "double" ? at : at + 1);
        }
        const seen = glance(text);
        const { message, fault } = parseFrame(Buffer.from(text, "latin1"));
        if (seen === undefined || message === undefined || fault !== undefined) return;
        expect(message.get("To")).toBe(trimmed(seen.to));
        expect(message.get("Call-ID")).toBe(trimmed(seen.callId));
        const { cseq: number, method } = seen;
        expect(softly(() => message.cseq) ?? { number, method }).toStrictEqual({ number, method });
        expect(message.get("Contact")).toBe(trimmed(seen.contact));
        expect(message.get("Via")).toBe(trimmed(seen.via));
        expect(message.expires).toBe(seen.expires);
        expect(message.has("Authorization") || message.has("Proxy-Authorization")).toBe(seen.credentials);
        const user = glanceUser(seen.to);
        if (user !== undefined) expect(softly(() => userOf(message.to.parsedUri)) ?? user).toBe(user);
        const contact = seen.contact === undefined ? undefined : glanceContact(seen.contact);
        const parsed = softly(() => message.contacts);
        if (contact === undefined || parsed === undefined || parsed === "*") return;
        expect(parsed.map(({ uri, expires }) => ({ uri, expires }))).toStrictEqual([contact]);
      }),
      { numRuns: 20_000 },
    );
  });
});

describe("a glance at an address", () => {
  it.each([
    ["<sip:1002@a>", "1002"],
    ["<sip:1002@a;transport=ws>;tag=1", "1002"],
    ["<sip:%31002@a>", undefined],
    ['"1003" <sip:1002@a>', undefined],
    ["sip:1002@a", undefined],
    ["<sip:a>", undefined],
    ["<sip:1002@b@a>", undefined],
    ["<sip:1002:secret@a>", undefined],
  ])("user of %s", (address, user) => {
    expect(glanceUser(address)).toBe(user);
  });

  it.each([
    ["<sip:a@b>", { uri: "sip:a@b", expires: undefined }],
    ["<sip:a@b>;expires=60", { uri: "sip:a@b", expires: 60 }],
    ['<sip:a@b>;+sip.instance="<urn:uuid:1>";expires=60;q=1', { uri: "sip:a@b", expires: 60 }],
    ['<sip:a@b>;expires=60;x="y"', { uri: "sip:a@b", expires: 60 }],
    ['<sip:a@b>;x=";expires=60"', { uri: "sip:a@b", expires: undefined }],
    ['<sip:a@b>;x="\\";expires=60"', undefined],
    ["<sip:a@b>; expires=60", undefined],
    ["<sip:a@b>;expires =60", undefined],
    ["<sip:a@b>;Expires=60", undefined],
    ["<sip:a@b>;expires=60;EXPIRES=0", undefined],
    ["<sip:a@b>;expires=", undefined],
    ["<sip:a@b>, <sip:c@d>", undefined],
    ["sip:a@b", undefined],
    ["*", undefined],
  ])("contact %s", (value, contact) => {
    expect(glanceContact(value)).toStrictEqual(contact);
  });
});

/** Of SP and TAB only: trim() knows more than SIP does. */
function trimmed(value: string | undefined): string | undefined {
  return value?.replace(/^[ \t]+|[ \t]+$/g, "");
}

function userOf(uri: unknown): string | undefined {
  return uri instanceof SipUri ? uri.decodedUser : undefined;
}

/** A value that doesn't parse is a fault that the parser finds. */
function softly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
