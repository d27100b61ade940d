import { Via } from "../../../../lib/sip";

describe("Via (RFC 3261 20.42)", () => {
  it("reads transport, sent-by and parameters", () => {
    const via = Via.parse(
      "SIP/2.0/wss df7jal23ls0d.invalid;branch=z9hG4bK56sdasks;received=192.0.2.7;rport=4711",
    );
    expect(via).toMatchObject({ transport: "WSS", host: "df7jal23ls0d.invalid", port: undefined });
    expect([via.branch, via.received, via.rport]).toEqual(["z9hG4bK56sdasks", "192.0.2.7", 4711]);
  });

  it("reads IPv6, with port", () => {
    const via = Via.parse("SIP/2.0/UDP [2001:db8::9:1]:5070;received=2001:db8::9:255");
    expect([via.host, via.port, via.sentBy, via.received]).toEqual([
      "[2001:db8::9:1]",
      5070,
      "[2001:db8::9:1]:5070",
      "2001:db8::9:255",
    ]);
  });

  it("reads white space wherever the grammar allows it", () => {
    expect(Via.parse("SIP / 2.0 / UDP first.example.com : 4000 ; ttl = 16 ;maddr=224.2.0.1").toString()).toBe(
      "SIP/2.0/UDP first.example.com:4000;ttl=16;maddr=224.2.0.1",
    );
  });

  it.each([
    ["rport", "requested"],
    ["rport=5061", 5061],
    ["rport=70000", undefined],
    ["x", undefined],
  ] as const)("rport of ;%s is %s (RFC 3581 3, rule 15)", (param, expected) => {
    expect(Via.parse(`SIP/2.0/UDP h;${param}`).rport).toBe(expected);
  });

  it.each([
    ["z9hG4bKx", true],
    ["Z9HG4BKx", true],
    ["z9hG4bK", false],
    ["390skdjuw", false],
  ])("branch %s has the magic cookie: %s (8.1.1.7)", (branch, expected) => {
    expect(Via.parse(`SIP/2.0/UDP h;branch=${branch}`).hasMagicCookie).toBe(expected);
  });

  it.each([
    "",
    "SIP/2.0/UDP",
    "SIP/2.0 h",
    "SIP/1.0/UDP h",
    "SIP/2.0/UDP h:x",
    "SIP/2.0/UDP h h",
    "SIP/2.0/UDP h;",
  ])("refuses %j", (text) => {
    expect(() => Via.parse(text)).toThrow(
      expect.objectContaining({ code: "header-malformed", place: "Via" }),
    );
  });
});
