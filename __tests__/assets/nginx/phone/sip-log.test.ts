import { headline, masked, SipLog } from "../../../../assets/nginx/phone/logic/sip-log";

const REGISTER = [
  "REGISTER sip:host SIP/2.0",
  'Authorization: Digest username="1002", realm="r", nonce="n",',
  ' response="0123456789abcdef"',
  "Proxy-authorization:Digest response=fedcba",
  "CSeq: 2 REGISTER",
  "",
  "",
].join("\r\n");

describe("masked", () => {
  it("hides credentials, with the lines that continue them", () => {
    expect(masked(REGISTER)).toBe(
      "REGISTER sip:host SIP/2.0\r\nAuthorization: ***\r\nProxy-authorization: ***\r\nCSeq: 2 REGISTER\r\n\r\n",
    );
  });

  it("hides what media is protected with", () => {
    const text =
      "a=ice-ufrag:abcd\r\na=ice-pwd:topsecret\r\na=crypto:1 AES inline:key\r\na=fingerprint:sha-256 AA\r\n";
    expect(masked(text)).toBe(
      "a=ice-ufrag:abcd\r\na=ice-pwd:***\r\na=crypto:***\r\na=fingerprint:sha-256 AA\r\n",
    );
  });
});

describe("SipLog", () => {
  it("keeps the newest", () => {
    const log = new SipLog(2);
    for (const text of ["one", "two", "three"]) log.add("in", text, 0);
    expect(log.entries.map(({ number, text }) => [number, text])).toStrictEqual([
      [2, "two"],
      [3, "three"],
    ]);
  });

  it("cuts what is too long", () => {
    const { text } = new SipLog().add("in", "x".repeat(100_000), 0);
    expect(text.length).toBeLessThan(17_000);
    expect(text.endsWith("[…]")).toBe(true);
  });

  it("can be sent to somebody", () => {
    const log = new SipLog();
    log.add("out", REGISTER, 0);
    log.add("in", "SIP/2.0 200 OK\r\n\r\n", 1000);
    expect(log.toString()).toMatch(
      /^>>> sent 1970-01-01T00:00:00\.000Z\nREGISTER .*\n<<< received 1970-01-01T00:00:01\.000Z\nSIP\/2\.0 200 OK\n$/s,
    );
    expect(log.toString()).not.toContain("0123456789abcdef");
  });
});

it.each([
  ["INVITE sip:1003@host SIP/2.0\r\n", "INVITE 1003"],
  ["NOTIFY sip:x@host SIP/2.0\r\nEvent: talk;id=1\r\n", "NOTIFY talk"],
  ["SIP/2.0 404 Invalid Called DN\r\nCSeq: 1 INVITE\r\n", "404 Invalid Called DN (INVITE)"],
  ["REGISTER sip:host SIP/2.0\r\n", "REGISTER sip:host"],
  ["nonsense", "nonsense"],
])("says in a line what %j is", (text, line) => {
  expect(headline(text)).toBe(line);
});
