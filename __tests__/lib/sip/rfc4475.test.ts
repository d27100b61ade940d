import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inspectForProxy, parseDatagram, type SipRequest, SipResponse } from "../../../lib/sip";

const VALID = "parses, and is forwarded byte for byte";

/** Section of RFC 4475, file, and what a proxy makes of it: "forward", "drop", or status and code of the answer. */
const VERDICTS: readonly (readonly [section: string, file: string, verdict: string, why: string])[] = [
  ["3.1.1.1", "wsinv", "forward", VALID],
  ["3.1.1.2", "intmeth", "forward", VALID],
  ["3.1.1.3", "esc01", "forward", VALID],
  ["3.1.1.4", "escnull", "forward", VALID],
  ["3.1.1.5", "esc02", "forward", VALID],
  ["3.1.1.6", "lwsdisp", "forward", VALID],
  ["3.1.1.7", "longreq", "forward", VALID],
  ["3.1.1.8", "dblreq", "forward", "without the second request behind it"],
  ["3.1.1.9", "semiuri", "forward", VALID],
  ["3.1.1.10", "transports", "forward", VALID],
  ["3.1.1.11", "mpart01", "forward", VALID],
  ["3.1.1.12", "unreason", "forward", VALID],
  ["3.1.1.13", "noreason", "forward", VALID],
  ["3.1.2.1", "badinv01", "400 header-malformed", "extraneous header field separators in Via"],
  ["3.1.2.2", "clerr", "400 body-truncated", "Content-Length larger than the message"],
  ["3.1.2.3", "ncl", "400 content-length-malformed", "negative Content-Length"],
  ["3.1.2.4", "scalar02", "400 header-malformed", "request scalar fields with overlarge values"],
  ["3.1.2.5", "scalarlg", "drop header-malformed", "response scalar fields with overlarge values"],
  ["3.1.2.6", "quotbal", "400 header-malformed", "unterminated quoted string in a display name"],
  ["3.1.2.7", "ltgtruri", "400 uri-malformed", "<> enclosing the Request-URI"],
  ["3.1.2.8", "lwsruri", "400 start-line-malformed", "white space within the Request-URI"],
  ["3.1.2.9", "lwsstart", "400 start-line-malformed", "multiple spaces in the start line"],
  ["3.1.2.10", "trws", "400 start-line-malformed", "spaces after the request line"],
  ["3.1.2.11", "escruri", "400 uri-malformed", "escaped headers in the Request-URI are never forwarded"],
  ["3.1.2.12", "baddate", "forward", "a malformed Date, which a proxy does not need"],
  ["3.1.2.13", "regbadct", "400 header-malformed", "a Contact URI with ? and no <>"],
  ["3.1.2.14", "badaspec", "400 header-malformed", "spaces within an addr-spec"],
  ["3.1.2.15", "baddn", "400 head-not-terminated", "non-token characters in a display name"],
  ["3.1.2.16", "badvers", "505 version-unsupported", "unknown protocol version"],
  ["3.1.2.17", "mismatch01", "400 method-mismatch", "start line and CSeq differ"],
  ["3.1.2.18", "mismatch02", "400 method-mismatch", "unknown method, and CSeq differs"],
  ["3.1.2.19", "bigcode", "drop status-out-of-range", "overlarge status code"],
  ["3.2.1", "badbranch", "forward", "the branch counts as one without the magic cookie"],
  ["3.3.1", "insuf", "400 header-missing", "missing required header fields"],
  ["3.3.2", "unkscm", "416 uri-scheme-unsupported", "Request-URI with unknown scheme"],
  ["3.3.3", "novelsc", "416 uri-scheme-unsupported", "Request-URI with known but atypical scheme"],
  ["3.3.4", "unksm2", "forward", "unknown URI schemes in header fields"],
  ["3.3.5", "bext01", "420 bad-extension", "Proxy-Require and Require"],
  ["3.3.6", "invut", "forward", "unknown Content-Type"],
  ["3.3.7", "regaut01", "forward", "unknown authorization scheme"],
  ["3.3.8", "multi01", "400 header-repeated", "multiple values in single-value header fields"],
  ["3.3.9", "mcl01", "400 content-length-conflict", "multiple Content-Length values"],
  ["3.3.10", "bcast", "drop next-via-unusable", "200 OK with a broadcast Via"],
  ["3.3.11", "zeromf", "483 too-many-hops", "Max-Forwards of zero"],
  ["3.3.12", "cparam01", "forward", "REGISTER with a Contact header parameter"],
  ["3.3.13", "cparam02", "forward", "REGISTER with a URL parameter"],
  ["3.3.14", "regescrt", "forward", "REGISTER with a URL with an escaped header"],
  ["3.3.15", "sdp01", "forward", "unacceptable Accept offering"],
  ["3.4.1", "inv2543", "forward", "INVITE with RFC 2543 syntax"],
];

function read(file: string): Buffer {
  return readFileSync(join(__dirname, "rfc4475", `${file}.dat`));
}

function verdictOn(bytes: Buffer): string {
  const verdict = inspectForProxy(parseDatagram(bytes));
  if (verdict.action === "forward") return "forward";
  return verdict.action === "drop" ? `drop ${verdict.code}` : `${verdict.status} ${verdict.code}`;
}

function requestIn(file: string): SipRequest {
  const { message } = parseDatagram(read(file));
  if (message === undefined || !message.isRequest) throw new Error(`${file}: no request`);
  return message;
}

describe("RFC 4475 torture messages, as a proxy sees them", () => {
  it.each(VERDICTS)("%s %s: %s (%s)", (_section, file, expected) => {
    expect(verdictOn(read(file))).toBe(expected);
  });

  it("are all here", () => {
    expect(VERDICTS).toHaveLength(49);
  });

  it.each(VERDICTS.filter(([, , verdict]) => verdict === "forward"))(
    "%s %s: unset rows and body leave as they came, with one header set",
    (_section, file) => {
      const bytes = read(file);
      const { message } = parseDatagram(bytes);
      if (message === undefined) throw new Error("not parsed");
      const before = message.toBuffer();
      expect(bytes.subarray(0, before.length).equals(before)).toBe(true);
      message.append("X-Added-Here", "1").remove("X-Added-Here");
      expect(message.toBuffer().equals(before)).toBe(true);
    },
  );

  it.each(VERDICTS.filter(([, , verdict]) => /^[45]/.test(verdict)))(
    "%s %s: the answer is a message that parses",
    (_section, file, expected) => {
      const verdict = inspectForProxy(parseDatagram(read(file)));
      if (verdict.action !== "reject") throw new Error("not rejected");
      const response = SipResponse.to(verdict.message, verdict.status, { headers: verdict.headers });
      const again = parseDatagram(response.toBuffer());
      expect(again.fault).toBeUndefined();
      expect(again.message).toMatchObject({ status: Number(expected.slice(0, 3)) });
    },
  );

  it("3.1.1.8 dblreq: the second request is never forwarded", () => {
    expect(requestIn("dblreq").toString()).not.toContain("INVITE");
    expect(requestIn("dblreq").toString().endsWith("Content-Length: 0\r\n\r\n")).toBe(true);
  });

  it("3.1.2.15 baddn: rejected for its display names too once the empty line is there", () => {
    expect(verdictOn(Buffer.concat([read("baddn"), Buffer.from("\r\n")]))).toBe("400 header-malformed");
  });

  it("3.2.1 badbranch: the branch is nothing but the cookie", () => {
    expect(requestIn("badbranch").via.hasMagicCookie).toBe(false);
  });

  it("3.3.5 bext01: Unsupported names the tags of Proxy-Require only", () => {
    expect(inspectForProxy(parseDatagram(read("bext01")))).toMatchObject({
      headers: [["Unsupported", "noProxiesSupportThis, norDoAnyProxiesSupportThis"]],
    });
  });

  it("3.1.1.1 wsinv: reads what the folding and white space hide", () => {
    const invite = requestIn("wsinv");
    expect(invite.maxForwards).toBe(68);
    expect(invite.cseq).toEqual({ number: 9, method: "INVITE" });
    expect(invite.to.tag).toBe("1918181833n");
    expect(invite.from.displayName).toBe('J Rosenberg \\"');
    expect(invite.from.tag).toBe("98asjd8");
    expect(invite.vias.map((via) => [via.transport, via.host, via.branch])).toEqual([
      ["UDP", "192.0.2.2", "390skdjuw"],
      ["TCP", "spindle.example.com", "z9hG4bK9ikj8"],
      ["UDP", "192.168.255.111", "z9hG4bK30239"],
    ]);
    expect(invite.contacts).toMatchObject([
      { displayName: 'Quoted string ""', uri: "sip:jdrosen@example.com" },
    ]);
  });

  it("3.1.1.2 intmeth: reads the To tag-less quoted name with NUL, and the odd user part", () => {
    const message = requestIn("intmeth");
    expect(message.method).toBe("!interesting-Method0123456789_*+`.%indeed'~");
    expect(message.to.displayName).toBe("BEL:\x07 NUL:\x00 DEL:\x7f");
    expect(message.parsedUri).toMatchObject({ host: "example.com" });
  });

  it("3.1.1.5 esc02: an escaped header name is another header", () => {
    expect(requestIn("esc02").contacts).toHaveLength(2);
  });

  it("3.1.1.7 longreq: 34 Vias in every spelling", () => {
    expect(requestIn("longreq").vias.map((via) => via.host)).toEqual([
      ...Array.from({ length: 33 }, (_, i) => `sip${33 - i}.example.com`),
      "host.example.com",
    ]);
  });
});
