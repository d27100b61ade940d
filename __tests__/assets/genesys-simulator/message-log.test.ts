import { hideCredentials, MessageLog } from "../../../assets/genesys-simulator/src/message-log";

const FROM_1002 = {
  server: "primary",
  direction: "in",
  transport: "UDP",
  peer: "127.0.3.1:1",
  lost: false,
} as const;

function message(method: string, from: string, to: string, more = ""): Buffer {
  return Buffer.from(
    `${method} sip:${to}@127.0.0.2 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.3.1;branch=z9hG4bK1\r\n` +
      `From: <sip:${from}@127.0.0.2>;tag=1\r\nTo: <sip:${to}@127.0.0.2>\r\nCall-ID: a\r\nCSeq: 1 ${method}\r\n` +
      `${more}Content-Length: 0\r\n\r\n`,
  );
}

describe("hideCredentials", () => {
  it.each([
    ['Authorization: Digest username="1002", response="x"', "Authorization: [hidden]"],
    ["authorization : Digest secret", "authorization : [hidden]"],
    ["Proxy-Authorization: Digest a,\r\n response=secret\r\n\tmore=secret", "Proxy-Authorization: [hidden]"],
  ])("hides %j", (row, hidden) => {
    expect(hideCredentials(`A: b\r\n${row}\r\nC: d\r\n\r\n`)).toBe(`A: b\r\n${hidden}\r\nC: d\r\n\r\n`);
  });

  it("leaves challenges readable", () => {
    const challenge = 'WWW-Authenticate: Digest realm="genesys"\r\n';
    expect(hideCredentials(challenge)).toBe(challenge);
  });
});

describe("MessageLog", () => {
  it("finds by DN in From, To and Request-URI, by method and direction", () => {
    const log = new MessageLog();
    log.add(FROM_1002, message("REGISTER", "1002", "1002"));
    log.add(FROM_1002, message("INVITE", "1002", "1003"));
    log.add({ ...FROM_1002, direction: "out" }, message("INVITE", "1002", "1003"));
    log.add(FROM_1002, message("OPTIONS", "1004", "1004"));
    const ids = (filter: object) => log.find({ limit: 10, ...filter }).map(({ id }) => id);
    expect(ids({ dn: "1002" })).toEqual([1, 2, 3]);
    expect(ids({ dn: "1003" })).toEqual([2, 3]);
    expect(ids({ method: "INVITE", direction: "in" })).toEqual([2]);
    expect(ids({ limit: 2 })).toEqual([3, 4]);
  });

  it("keeps no credentials", () => {
    const log = new MessageLog();
    log.add(FROM_1002, message("REGISTER", "1002", "1002", "Authorization: Digest response=secret\r\n"));
    expect(JSON.stringify(log.find({ limit: 1 }))).not.toContain("secret");
  });

  it("is bounded in number and in size", () => {
    const log = new MessageLog();
    for (let i = 0; i < 2100; i += 1) log.add(FROM_1002, message("OPTIONS", "1", "1"));
    expect(log.find({ limit: 5000 })).toHaveLength(2000);
    for (let i = 0; i < 100; i += 1) log.add(FROM_1002, Buffer.alloc(65_000, "x"));
    const kept = log.find({ limit: 5000 });
    expect(kept.reduce((sum, { raw }) => sum + raw.length, 0)).toBeLessThanOrEqual(4 << 20);
  });
});
