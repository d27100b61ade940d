import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import {
  inspectForProxy,
  NameAddr,
  parseDatagram,
  parseFrame,
  parseUri,
  SipParseError,
  SipRequest,
  SipResponse,
  SipUri,
  StreamParser,
  Via,
} from "../../../lib/sip";

const CORPUS = readdirSync(join(__dirname, "rfc4475"))
  .filter((name) => name.endsWith(".dat"))
  .map((name) => readFileSync(join(__dirname, "rfc4475", name)));

/** A torture message with some bytes replaced, removed or doubled. */
const mutated = fc
  .tuple(
    fc.constantFrom(...CORPUS),
    fc.array(fc.tuple(fc.nat(), fc.constantFrom("set", "cut", "double"), fc.nat(255)), { maxLength: 8 }),
  )
  .map(([bytes, edits]) => {
    let text = bytes.toString("latin1");
    for (const [position, kind, byte] of edits) {
      const at = position % (text.length + 1);
      const insert =
        kind === "set" ? String.fromCharCode(byte) : kind === "double" ? text.slice(at, at + 40) : "";
      text = text.slice(0, at) + insert + text.slice(kind === "double" ? at : at + 1);
    }
    return Buffer.from(text, "latin1");
  });

const readers: readonly ((message: SipRequest | SipResponse) => unknown)[] = [
  (message) => message.via,
  (message) => message.vias,
  (message) => message.from.parsedUri,
  (message) => message.to.parsedUri,
  (message) => message.contacts,
  (message) => message.routes,
  (message) => message.cseq,
  (message) => message.expires,
  (message) => message.rows(),
];

describe("random mutations of the torture messages", () => {
  it("end in a message, or in a fault with a code: nothing else is thrown, and every getter holds to that", () => {
    fc.assert(
      fc.property(mutated, (bytes) => {
        for (const parsed of [parseDatagram(bytes), parseFrame(bytes)]) {
          inspectForProxy(parsed);
          const { message } = parsed;
          if (message === undefined) continue;
          for (const read of readers) {
            try {
              read(message);
            } catch (error) {
              expect(error).toBeInstanceOf(SipParseError);
            }
          }
        }
      }),
      { numRuns: 1_500 },
    );
  });

  it("that parse come out byte for byte, also after a header was added and removed", () => {
    fc.assert(
      fc.property(mutated, (bytes) => {
        const { message, fault } = parseDatagram(bytes);
        if (fault !== undefined) return;
        const before = message.toBuffer();
        expect(bytes.includes(before)).toBe(true);
        message.append("X-Fuzz", "1").remove("X-Fuzz");
        // A status line may come without the space before an empty reason, or with another casing of SIP.
        const rows = (text: string) => text.slice(text.indexOf("\r\n"));
        expect(rows(message.toString())).toBe(rows(before.toString("latin1")));
      }),
      { numRuns: 1_500 },
    );
  });

  it("that a proxy rejects can be answered", () => {
    fc.assert(
      fc.property(mutated, (bytes) => {
        const verdict = inspectForProxy(parseDatagram(bytes));
        if (verdict.action !== "reject") return;
        const answer = SipResponse.to(verdict.message, verdict.status, { headers: verdict.headers });
        expect(parseDatagram(answer.toBuffer()).message).toMatchObject({ status: verdict.status });
      }),
      { numRuns: 1_500 },
    );
  });

  it("do not break or swell the stream parser", () => {
    fc.assert(
      fc.property(fc.array(mutated, { maxLength: 5 }), (chunks) => {
        const parser = new StreamParser();
        for (const chunk of chunks) parser.push(chunk);
        expect(parser.pending).toBeLessThanOrEqual(65_536);
      }),
      { numRuns: 300 },
    );
  });
});

describe("what is made here comes back the same", () => {
  const user = fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" });
  const token = fc.stringMatching(/^[A-Za-z0-9.!%*_+`'~-]{1,20}$/);
  const binary = fc.string({ maxLength: 30, unit: "binary-ascii" }).filter((text) => !/[\r\n]/.test(text));

  it("SipUri.of and parseUri", () => {
    fc.assert(
      fc.property(user, fc.domain(), fc.option(fc.nat(65_535), { nil: undefined }), (name, host, port) => {
        const uri = SipUri.of(name, host, port);
        const again = parseUri(uri.toString());
        expect(again).toBeInstanceOf(SipUri);
        expect(again.toString()).toBe(uri.toString());
        expect((again as SipUri).equals(uri)).toBe(true);
      }),
    );
  });

  it("NameAddr with any display name", () => {
    fc.assert(
      fc.property(binary, token, (name, tag) => {
        const again = NameAddr.parse(new NameAddr("sip:a@b", name).withParam("tag", tag).toString(), "To");
        expect([again.displayName, again.uri, again.tag]).toEqual([name, "sip:a@b", tag]);
      }),
    );
  });

  it("Via", () => {
    fc.assert(
      fc.property(fc.domain(), token, (host, branch) => {
        const text = new Via("UDP", host, 5060).with("branch", branch).with("rport").toString();
        expect(Via.parse(text).toString()).toBe(text);
      }),
    );
  });

  it("a request with any rows and body", () => {
    const rows = fc.array(fc.tuple(token, binary), { maxLength: 10 });
    fc.assert(
      fc.property(token, rows, fc.uint8Array({ maxLength: 100 }), (method, headers, body) => {
        const own = new Set(["content-length", "l", "max-forwards"]);
        const kept = headers.filter(([name]) => !own.has(name.toLowerCase()));
        const made = SipRequest.create({ method, uri: "sip:a@b", headers: kept, body: Buffer.from(body) });
        const { message, fault } = parseDatagram(made.toBuffer());
        expect(fault).toBeUndefined();
        expect(message).toMatchObject({ method, uri: "sip:a@b" });
        expect(message?.rows()).toEqual(made.rows());
        expect(message?.body.equals(Buffer.from(body))).toBe(true);
      }),
    );
  });
});
