import { decodeText, parseMessage, SipRequest, SipResponse } from "../../../lib/sip";
import { lines, parseRequest, request } from "./support/messages";

const STRANGE = lines(
  "INVITE sip:b@x SIP/2.0",
  "v: SIP/2.0/UDP a ;branch=z9hG4bKa , SIP/2.0/TCP b;branch=z9hG4bKb",
  "VIA: SIP/2.0/UDP c;branch=z9hG4bKc",
  "max-FORWARDS : 0068",
  'f: "Doe, \\"J\\"" <sip:j@x;p=1,2>;tag=1',
  "TO:\tsip:b@x",
  "i: call",
  "CSeq: 7\r\n  INVITE",
  "m: <sip:j@h>;q=0.5,\r\n\t<sip:k@h>",
  "X-Odd:   spaces  \t",
  "X-Empty:",
  "x-latin: \xc3\xbc\xff",
);

describe("bytes that nobody set (16.6(1), rules 1 and 5)", () => {
  it("come out as they went in when nothing is changed", () => {
    const bytes = Buffer.from(`${STRANGE}\x00\xff body`, "latin1");
    expect(parseMessage(bytes).toBuffer().equals(bytes)).toBe(true);
  });

  it("stay byte for byte around a header that is set", () => {
    const message = parseRequest(`${STRANGE}\x00\xff body`).set("Max-Forwards", 67);
    expect(message.toString()).toBe(
      `${STRANGE}\x00\xff body`.replace("max-FORWARDS : 0068", "Max-Forwards: 67"),
    );
  });

  it("stay when the Request-URI is set", () => {
    const message = parseRequest(STRANGE);
    message.uri = "sip:c@y";
    expect(message.toString()).toBe(STRANGE.replace("sip:b@x SIP", "sip:c@y SIP"));
  });

  it("keep the order of same-named rows", () => {
    const message = parseRequest(STRANGE).append("X-New", "1").prepend("Record-Route", "<sip:p;lr>");
    expect(message.rows().map(([name]) => name)).toEqual([
      "Record-Route",
      "v",
      "VIA",
      "max-FORWARDS",
      "f",
      "TO",
      "i",
      "CSeq",
      "m",
      "X-Odd",
      "X-Empty",
      "x-latin",
      "X-New",
    ]);
  });
});

describe("reading", () => {
  const message = parseRequest(STRANGE);

  it("finds headers whatever their casing and form (7.3.3)", () => {
    expect(message.get("call-id")).toBe("call");
    expect(message.get("I")).toBe("call");
    expect(message.get("FROM")).toBe('"Doe, \\"J\\"" <sip:j@x;p=1,2>;tag=1');
    expect(message.has("contact")).toBe(true);
    expect(message.has("Route")).toBe(false);
    expect(message.get("X-Empty")).toBe("");
  });

  it("treats comma lists and repeated rows as the same (7.3.1, rule 16)", () => {
    expect(message.vias.map((via) => via.branch)).toEqual(["z9hG4bKa", "z9hG4bKb", "z9hG4bKc"]);
    expect(message.values("Contact")).toEqual(["<sip:j@h>;q=0.5", "<sip:k@h>"]);
  });

  it.each(["WWW-Authenticate", "Authorization", "Proxy-Authenticate", "Proxy-Authorization"])(
    "does not split %s (7.3.1, rule 16)",
    (name) => {
      const value = 'Digest realm="a", nonce="b"';
      expect(request("REGISTER", [`${name}: ${value}`, `${name}: ${value}`]).values(name)).toEqual([
        value,
        value,
      ]);
    },
  );

  it("does not split at commas in quotes and <>", () => {
    expect(request("OPTIONS", ['Contact: "a, b" <sip:x,y@z>, <sip:c@d>']).values("m")).toEqual([
      '"a, b" <sip:x,y@z>',
      "<sip:c@d>",
    ]);
  });

  it("unfolds and keeps UTF-8 bytes", () => {
    expect(message.cseq).toEqual({ number: 7, method: "INVITE" });
    expect(decodeText(message.get("x-latin") ?? "")).toBe("ü\ufffd");
  });

  it("does not take U+00A0 for white space: it is half a character in UTF-8", () => {
    expect(request("OPTIONS", ["Subject: \xc3\xa0"]).get("s")).toBe("\xc3\xa0");
  });

  it.each([
    ["CSeq: 2147483648 OPTIONS", "cseq"],
    ["CSeq: x OPTIONS", "cseq"],
    ["CSeq: 1", "cseq"],
    ["Max-Forwards: 256", "maxForwards"],
    ["Expires: 4294967296", "expires"],
    ["Expires: soon", "expires"],
    ["Contact: sip:a@b?x=y", "contacts"],
    ["Route: <sip:a@b", "routes"],
  ] as const)("throws a fault that names the header for %s", (row, getter) => {
    const parsed = parseRequest(lines("OPTIONS sip:a@b SIP/2.0", row));
    const [name] = row.split(":");
    expect(() => parsed[getter]).toThrow(
      expect.objectContaining({ code: "header-malformed", place: name, status: 400 }),
    );
  });

  it("throws header-missing for a mandatory one that is not there", () => {
    const parsed = parseRequest(lines("OPTIONS sip:a@b SIP/2.0"));
    for (const getter of ["via", "from", "to", "callId", "cseq"] as const) {
      expect(() => parsed[getter]).toThrow(expect.objectContaining({ code: "header-missing" }));
    }
  });

  it("reads Retry-After past its comment (20.33)", () => {
    expect(request("OPTIONS", ["Retry-After: 120 (I'm in a meeting)"]).retryAfter).toBe(120);
    expect(request("OPTIONS", ["Retry-After: 18000;duration=3600"]).retryAfter).toBe(18_000);
  });

  it("takes Contact: * only when it stands alone (10.2.2, rule 22)", () => {
    expect(request("REGISTER", ["Contact: *"]).contacts).toBe("*");
    expect(() => request("REGISTER", ["Contact: *, <sip:a@b>"]).contacts).toThrow("Contact");
  });
});

describe("changing", () => {
  it("set replaces all rows where the first stood", () => {
    const message = request("OPTIONS", ["X: 1", "Y: 2", "x: 3"]).set("X", "4");
    expect(message.rows().slice(6)).toEqual([
      ["X", "4"],
      ["Y", "2"],
      ["Content-Length", "0"],
    ]);
  });

  it("set takes several values as several rows", () => {
    expect(request("OPTIONS", ["X: 1"]).set("X", ["a", "b"]).toString()).toContain("\r\nX: a\r\nX: b\r\n");
  });

  it("shift takes the first value, not the first row, and leaves other rows alone", () => {
    const message = request("OPTIONS", ["Route: <sip:a;lr>,<sip:b;lr>", "Route:   <sip:c;lr>"]);
    expect(message.shift("Route")).toBe("<sip:a;lr>");
    expect(message.toString()).toContain("\r\nRoute: <sip:b;lr>\r\nRoute:   <sip:c;lr>\r\n");
    expect(message.shift("Route")).toBe("<sip:b;lr>");
    expect(message.shift("Route")).toBe("<sip:c;lr>");
    expect(message.shift("Route")).toBeUndefined();
    expect(message.routes).toEqual([]);
  });

  it("replaceFirst leaves the rest of a comma list", () => {
    const message = request("OPTIONS", ["Route: <sip:a>, <sip:b>"]).replaceFirst("Route", "<sip:z>");
    expect(message.values("Route")).toEqual(["<sip:z>", "<sip:b>"]);
  });

  it("gives fresh structured values after a change", () => {
    const message = request("OPTIONS");
    expect(message.from.tag).toBe("from1");
    message.set("From", "<sip:z@z>;tag=2");
    expect(message.from.tag).toBe("2");
  });

  it("setBody sets Content-Length and Content-Type", () => {
    const message = request("OPTIONS").setBody("ü", "text/plain");
    expect(message.contentLength).toBe(2);
    expect(message.toString().endsWith("Content-Length: 2\r\nContent-Type: text/plain\r\n\r\n\xc3\xbc")).toBe(
      true,
    );
  });

  it("does not touch a clone", () => {
    const message = request("OPTIONS");
    const before = message.toString();
    message.clone().set("From", "<sip:z@z>").uri = "sip:other@x";
    expect(message.toString()).toBe(before);
  });

  it.each(["a\r\nX-Injected: 1", "a\nb", "a\rb"])(
    "refuses a value that would break out of its row: %j",
    (value) => {
      expect(() => request("OPTIONS").set("X", value)).toThrow(
        expect.objectContaining({ code: "header-unsafe" }),
      );
      expect(() => request("OPTIONS").append("X", value)).toThrow("line break");
      expect(() => SipRequest.create({ method: "OPTIONS", uri: `sip:${value}`, headers: [] })).toThrow(
        "Request-URI",
      );
      expect(() => SipResponse.to(request("OPTIONS"), 200, { reason: value })).toThrow("reason phrase");
    },
  );

  it.each(["", "A B", "A:", "Ä"])("refuses the header name %j", (name) => {
    expect(() => request("OPTIONS").set(name, "v")).toThrow(
      expect.objectContaining({ code: "header-unsafe" }),
    );
  });

  it("writes characters above U+00FF as UTF-8", () => {
    const message = request("OPTIONS").set("Subject", "Żółć");
    expect(decodeText(message.get("Subject") ?? "")).toBe("Żółć");
  });
});

describe("SipRequest.create", () => {
  it("adds Max-Forwards 70 and the body's Content-Length", () => {
    const message = SipRequest.create({
      method: "MESSAGE",
      uri: "sip:a@b",
      headers: [["l", 99]],
      body: "hé",
    });
    expect(message.toString()).toBe(
      "MESSAGE sip:a@b SIP/2.0\r\nMax-Forwards: 70\r\nContent-Length: 3\r\n\r\nh\xc3\xa9",
    );
  });

  it("keeps a Max-Forwards that is given", () => {
    expect(
      SipRequest.create({ method: "OPTIONS", uri: "sip:a@b", headers: [["max-forwards", 5]] }).maxForwards,
    ).toBe(5);
  });
});

describe("SipResponse.to (8.2.6)", () => {
  const invite = request("INVITE", [
    "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK0",
    "Timestamp: 54",
    "Record-Route: <sip:p;lr>",
  ]);

  it("copies Via, From, To, Call-ID and CSeq as they are, and adds a To tag", () => {
    const response = SipResponse.to(invite, 404, { reason: "Invalid Called DN", toTag: "t" });
    expect(response.toString()).toBe(
      lines(
        "SIP/2.0 404 Invalid Called DN",
        "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKtest1",
        'From: "Agent 1002" <sip:1002@192.0.2.1>;tag=from1',
        "To: <sip:1003@192.0.2.2>;tag=t",
        "Call-ID: call-1",
        "CSeq: 1 INVITE",
        "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK0",
        "Content-Length: 0",
      ),
    );
  });

  it("gives 100 the Timestamp and no tag (8.2.6.1)", () => {
    const response = SipResponse.to(invite, 100);
    expect(response.to.tag).toBeUndefined();
    expect(response.get("Timestamp")).toBe("54");
  });

  it("keeps a To tag that is there, and makes a new random one otherwise", () => {
    const inDialog = request("BYE").set("To", "<sip:b@x>;tag=known");
    expect(SipResponse.to(inDialog, 200, { toTag: "other" }).to.tag).toBe("known");
    expect(SipResponse.to(invite, 180).to.tag).not.toBe(SipResponse.to(invite, 180).to.tag);
  });

  it("carries Record-Route back in what may make a dialog (12.1.1)", () => {
    expect(SipResponse.to(invite, 180).get("Record-Route")).toBe("<sip:p;lr>");
    expect(SipResponse.to(invite, 486).has("Record-Route")).toBe(false);
  });
});
