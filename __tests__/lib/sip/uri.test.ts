import { canonicalAor, OpaqueUri, Params, parseUri, SipUri } from "../../../lib/sip";

describe("SipUri.parse (RFC 3261 19.1.1)", () => {
  it("takes a URI apart and puts it together again unchanged", () => {
    const text = "sips:j%40x:pw@[2001:db8::1]:5061;transport=tcp;lr?Subject=a&Route=%3Csip:x%3E";
    const uri = SipUri.parse(text);
    expect(uri).toMatchObject({
      scheme: "sips",
      user: "j%40x",
      password: "pw",
      host: "[2001:db8::1]",
      port: 5061,
    });
    expect([uri.params.get("transport"), uri.params.get("LR"), uri.params.get("x")]).toEqual([
      "tcp",
      "",
      undefined,
    ]);
    expect(uri.headers).toBe("Subject=a&Route=%3Csip:x%3E");
    expect(uri.toString()).toBe(text);
  });

  it.each([
    ["sip:user;par=u%40example.net@example.com", { user: "user;par=u%40example.net", host: "example.com" }],
    ["sip:a?b/c@example.com", { user: "a?b/c", host: "example.com" }],
    ["sip:example.com", { user: undefined, host: "example.com" }],
    ["SIP:*97@10.0.0.1:5070", { user: "*97", host: "10.0.0.1", port: 5070 }],
  ])("reads %s", (text, parts) => {
    expect(SipUri.parse(text)).toMatchObject(parts);
  });

  it.each([
    "",
    "sip",
    "sip:",
    "sip:@host",
    "sip:a@",
    "sip:a@b@c",
    "sip:a b@c",
    "sip:a@b:x",
    "sip:a@b:65536",
    "sip:a@[::1",
    "sip:a@[nonsense]",
    "sip:a@b;",
    "sip:a@b;x=1;X=2",
    "sip:a%4@b",
    "sip:a%zz@b",
    "<sip:a@b>",
    "1sip:a@b",
    "tel:",
  ])("refuses %j", (text) => {
    expect(() => parseUri(text)).toThrow(expect.objectContaining({ code: "uri-malformed", status: 400 }));
  });

  it("keeps other schemes opaque, which SipUri.parse answers with 416", () => {
    expect(parseUri("TEL:+1-201-555-0123;a=b")).toEqual(new OpaqueUri("tel", "+1-201-555-0123;a=b"));
    expect(() => SipUri.parse("tel:123")).toThrow(
      expect.objectContaining({ code: "uri-scheme-unsupported", status: 416 }),
    );
  });
});

describe("SipUri.of", () => {
  it("escapes the user and brackets IPv6", () => {
    const uri = SipUri.of("a b@c", "::1", 5060, { lr: undefined });
    expect(uri.toString()).toBe("sip:a%20b%40c@[::1]:5060;lr");
    expect(uri.decodedUser).toBe("a b@c");
  });
});

describe("equality (19.1.4)", () => {
  it.each([
    ["sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"],
    ["sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"],
    ["sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on"],
    [
      "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
      "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
    ],
    [
      "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
      "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
    ],
  ])("%s is %s", (a, b) => {
    expect(SipUri.parse(a).equals(SipUri.parse(b))).toBe(true);
    expect(SipUri.parse(b).equals(SipUri.parse(a))).toBe(true);
  });

  it.each([
    ["SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"],
    ["sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"],
    ["sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"],
    ["sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"],
    ["sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"],
    ["sip:carol@chicago.com;security=off", "sip:carol@chicago.com;security=on"],
    ["sip:a@b", "sips:a@b"],
    ["sip:a@b", "sip:a:pw@b"],
  ])("%s is not %s", (a, b) => {
    expect(SipUri.parse(a).equals(SipUri.parse(b))).toBe(false);
    expect(SipUri.parse(b).equals(SipUri.parse(a))).toBe(false);
  });
});

it("canonicalAor drops parameters, unescapes the user, lowers the host (10.3 step 5)", () => {
  expect(canonicalAor(SipUri.parse("sip:%31002@HOST.example;x=y?a=b"))).toBe("sip:1002@host.example");
});

describe("Params", () => {
  it("replaces and removes without touching the others", () => {
    const params = Params.parse(';a=1;B="x;y";c', "Via");
    expect(params.get("b")).toBe("x;y");
    expect(params.with("A", "2").without("c").toString()).toBe(';A=2;B="x;y"');
    expect(params.with("d").with("e", "has space").toString()).toBe(';a=1;B="x;y";c;d;e="has space"');
    expect(params.toString()).toBe(';a=1;B="x;y";c');
  });

  it.each([";", ";;a", "a", ";a=", ';a="x', ";a b", ";=1", ";a=b<"])("refuses %j", (text) => {
    expect(() => Params.parse(text, "Via")).toThrow(
      expect.objectContaining({ code: "header-malformed", place: "Via" }),
    );
  });
});
