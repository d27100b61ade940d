import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { configSchema, type SipProxyConfigInput } from "../../../../assets/sip-proxy/src/config";
import { Edge } from "../../../../assets/sip-proxy/src/edge/edge";
import type { PhoneEvents, RegistrationReport } from "../../../../assets/sip-proxy/src/edge/events";
import type { EdgeLimits } from "../../../../assets/sip-proxy/src/edge/limits";
import { type Clock, systemClock } from "../../../../lib/sip";
import { FakeClock } from "../../../lib/sip/support/fake-clock";
import { FakeAsterisk, TestPhone, until } from "../support/fake-asterisk";
import { recordingLog } from "../support/log";

const OPTIONS = "OPTIONS sip:127.0.0.1 SIP/2.0\r\nCall-ID: a\r\nCSeq: 1 OPTIONS\r\n\r\n";

let asterisk: FakeAsterisk;
let edge: Edge;
const phones: TestPhone[] = [];

class Recorder implements PhoneEvents {
  readonly reports: RegistrationReport[] = [];
  readonly gone: string[][] = [];
  accepted(_socket: number, report: RegistrationReport): boolean {
    this.reports.push(report);
    return false;
  }
  closed(_socket: number, dns: readonly string[]): void {
    this.gone.push([...dns]);
  }
}

let events: Recorder;
let log: ReturnType<typeof recordingLog>;

async function start(
  limits: Partial<EdgeLimits> = {},
  other: Partial<SipProxyConfigInput["edge"]> = {},
  { url = asterisk.url, clock = systemClock as Clock } = {},
): Promise<void> {
  const config = configSchema.parse({
    release: "test",
    edge: { port: 0, limits, ...other },
    asterisk: { url, localAddress: "127.0.5.7" },
    ami: { secret: "x" },
    genesys: { servers: [{ host: "127.0.0.2", port: 5060 }], localAddress: "127.0.0.1" },
    trunk: { host: "127.0.0.1" },
    allowedDns: [],
  } satisfies SipProxyConfigInput);
  events = new Recorder();
  log = recordingLog();
  edge = new Edge({ config: config.edge, asterisk: config.asterisk, events, log, clock });
  await edge.start();
}

async function connect(options?: Parameters<typeof TestPhone.connect>[1]): Promise<TestPhone> {
  const phone = await TestPhone.connect(edge.port, options);
  phones.push(phone);
  return phone;
}

beforeEach(async () => {
  asterisk = await FakeAsterisk.start();
});

afterEach(async () => {
  for (const phone of phones.splice(0)) phone.ws.terminate();
  await edge?.stop();
  await asterisk.stop();
});

describe("handshake", () => {
  it("refuses another path, a missing subprotocol, a foreign origin, each with its status", async () => {
    await start({}, { allowedOrigins: ["https://agents.example"] });
    expect(await TestPhone.refusal(edge.port, {}, "/other")).toBe(404);
    expect(await TestPhone.refusal(edge.port, {}, "/ws", ["chat"])).toBe(400);
    expect(await TestPhone.refusal(edge.port, { headers: { Origin: "https://evil.example" } })).toBe(403);
    expect(
      await TestPhone.refusal(edge.port, { headers: { Origin: "https://agents.example" } }),
    ).toBeUndefined();
    expect(await TestPhone.refusal(edge.port)).toBeUndefined();
  });

  it("answers with the subprotocol sip and offers no compression", async () => {
    await start();
    const phone = await connect({ perMessageDeflate: true });
    expect(phone.ws.protocol).toBe("sip");
    expect(phone.ws.extensions).toBe("");
  });

  it("counts sockets per address, as nginx sees it, and in all", async () => {
    await start({ socketsPerAddress: 2, sockets: 3 });
    const from = (address: string) => ({ headers: { "X-Forwarded-For": address } });
    await connect(from("192.0.2.1"));
    const second = await connect(from("203.0.113.9, 192.0.2.1"));
    expect(await TestPhone.refusal(edge.port, from("192.0.2.1"))).toBe(429);
    await connect(from("192.0.2.2"));
    expect(await TestPhone.refusal(edge.port, from("192.0.2.3"))).toBe(503);
    second.ws.close();
    await until(() => edge.total === 2, "one less");
    await connect(from("192.0.2.1"));
  });

  it("does not believe X-Forwarded-For of a peer that is no trusted proxy", async () => {
    await start({ socketsPerAddress: 1 }, { trustedProxies: ["127.0.0.9"] });
    await connect({ headers: { "X-Forwarded-For": "192.0.2.1" } });
    expect(await TestPhone.refusal(edge.port, { headers: { "X-Forwarded-For": "192.0.2.2" } })).toBe(429);
  });

  it("answers plain HTTP with 426", async () => {
    await start();
    expect((await fetch(`http://127.0.0.1:${edge.port}/ws`)).status).toBe(426);
  });
});

describe("frames", () => {
  it("opens a socket to Asterisk with the first message only, from its own address", async () => {
    await start();
    const phone = await connect();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(asterisk.connections).toHaveLength(0);
    phone.send(OPTIONS);
    await until(() => asterisk.connections[0]?.frames.length === 1, "the message");
    expect(asterisk.peers).toEqual(["127.0.5.7"]);
  });

  it("pass unchanged and in order in both directions, text as text and binary as binary", async () => {
    await start();
    asterisk.onMessage = (frame, connection) => connection.ws.send(frame.data, { binary: frame.binary });
    const phone = await connect();
    const sent = Array.from({ length: 50 }, (_, index) =>
      index % 3 === 0 ? Buffer.from([index, 0, 255, 13, 10]) : `${OPTIONS}${"ü".repeat(index * 20)}`,
    );
    for (const message of sent) phone.send(message);
    await phone.frame(sent.length - 1);
    expect(phone.frames.map(({ binary }) => binary)).toEqual(
      sent.map((message) => typeof message !== "string"),
    );
    expect(phone.frames.map(({ data }) => data)).toEqual(sent.map((message) => Buffer.from(message)));
  });

  it("answers a double CRLF here (RFC 5626 3.5.1), in the frame type that it came in", async () => {
    await start();
    const phone = await connect();
    phone.send("\r\n\r\n");
    expect(await phone.frame(0)).toBe("\r\n");
    phone.send(Buffer.from("\r\n\r\n"));
    await phone.frame(1);
    expect(phone.frames.map(({ binary }) => binary)).toEqual([false, true]);
    expect(asterisk.connections).toHaveLength(0);
  });
});

describe("frames that break RFC 6455", () => {
  /** A phone that sends bytes as they are, behind its handshake. @returns what comes back behind the edge's */
  async function raw(bytes: Buffer): Promise<Buffer> {
    const socket = connectTcp(edge.port, "127.0.0.1");
    const received: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => received.push(chunk));
    socket.write(
      "GET /ws HTTP/1.1\r\nHost: edge\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: sip\r\n\r\n",
    );
    // In the same packet as the handshake, as far as TCP does as it is told.
    socket.write(bytes);
    await once(socket, "close");
    const all = Buffer.concat(received);
    expect(all.toString("latin1")).toContain("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
    return all.subarray(all.indexOf("\r\n\r\n") + 4);
  }

  it.each([
    ["a frame without a mask", Buffer.from([0x81, 1, 0x78]), 1002],
    ["a reserved bit", Buffer.from([0xc1, 0x81, 0, 0, 0, 0, 0x78]), 1002],
    ["text that is no UTF-8", Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0xff]), 1007],
    ["a message above the limit", Buffer.from([0x82, 0xfe, 0xff, 0xff, 0, 0, 0, 0]), 1009],
  ])("%s: a close that says so", async (_what, bytes, code) => {
    await start({ messageBytes: 2048 });
    const answer = await raw(bytes);
    expect(answer[0]).toBe(0x88);
    expect(answer.readUInt16BE(2)).toBe(code);
    expect(edge.total).toBe(0);
  });

  it("a close is answered with its code", async () => {
    await start();
    expect(await raw(Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe9]))).toEqual(
      Buffer.from([0x88, 0x02, 0x03, 0xe9]),
    );
  });
});

describe("closing", () => {
  it("of the phone closes the socket to Asterisk with its code", async () => {
    await start();
    const phone = await connect();
    phone.send(OPTIONS);
    await until(() => asterisk.connections.length === 1, "the connection");
    phone.ws.close(1000);
    expect((await asterisk.connections[0]?.closed)?.code).toBe(1000);
    await until(() => edge.total === 0, "nobody left");
  });

  it("of a phone that vanishes tells Asterisk 1001", async () => {
    await start();
    const phone = await connect();
    phone.send(OPTIONS);
    await until(() => asterisk.connections.length === 1, "the connection");
    phone.ws.terminate();
    expect((await asterisk.connections[0]?.closed)?.code).toBe(1001);
  });

  it.each([
    ["closes normally", 1000, 1000],
    ["goes away", 1001, 1013],
    ["restarts", 1012, 1013],
    ["refuses what it got", 1008, 1008],
  ])("of an Asterisk that %s (%d) tells the phone %d", async (_what, code, expected) => {
    await start();
    const phone = await connect();
    phone.send(OPTIONS);
    await until(() => asterisk.connections.length === 1, "the connection");
    asterisk.connections[0]?.ws.close(code);
    expect((await phone.closed).code).toBe(expected);
  });

  it("of an Asterisk that dies tells the phone 1013", async () => {
    await start();
    const phone = await connect();
    phone.send(OPTIONS);
    await until(() => asterisk.connections.length === 1, "the connection");
    asterisk.connections[0]?.ws.terminate();
    expect((await phone.closed).code).toBe(1013);
  });

  it("an Asterisk that is away: 1013", async () => {
    await start({}, {}, { url: "ws://127.0.5.1:9/ws" });
    const phone = await connect();
    phone.send(OPTIONS);
    expect(await phone.closed).toEqual({ code: 1013, reason: "Asterisk is away" });
  });

  it("an Asterisk that doesn't answer the handshake: 1013, not a hang", async () => {
    const clock = new FakeClock();
    await start({ openMs: 5000 }, {}, { clock });
    asterisk.handshakeDelay = 60_000;
    const phone = await connect();
    phone.send(OPTIONS);
    await until(() => asterisk.openingNow === 1, "the handshake");
    clock.advance(7000);
    expect((await phone.closed).code).toBe(1013);
  });

  it("stop tells the phones 1012 and ends, with sockets that don't answer too", async () => {
    await start();
    const phone = await connect();
    phone.send(OPTIONS);
    await until(() => asterisk.connections.length === 1, "the connection");
    const frozen = await connect();
    frozen.ws.pause();
    await edge.stop();
    expect((await phone.closed).code).toBe(1012);
    expect(await asterisk.connections[0]?.closed).toBeDefined();
    await expect(TestPhone.connect(edge.port)).rejects.toThrow();
  });
});

describe("bounds", () => {
  it("a message that is too large closes with 1009", async () => {
    await start({ messageBytes: 2048 });
    const phone = await connect();
    phone.send(OPTIONS.padEnd(3000, "x"));
    expect((await phone.closed).code).toBe(1009);
  });

  it("a phone that says nothing is closed", async () => {
    const clock = new FakeClock();
    await start({ firstMessageMs: 20_000 }, {}, { clock });
    const phone = await connect();
    clock.advance(19_000);
    expect(edge.total).toBe(1);
    clock.advance(2000);
    expect(await phone.closed).toEqual({ code: 1008, reason: "no SIP message" });
  });

  it("too many messages in a second close the socket", async () => {
    await start({ messagesPerSecond: 20 });
    const phone = await connect();
    for (let index = 0; index < 25; index++) phone.send(OPTIONS);
    expect(await phone.closed).toEqual({ code: 1008, reason: "too many messages" });
  });

  it("pings count as messages: each makes a pong", async () => {
    await start({ messagesPerSecond: 20 });
    const phone = await connect();
    for (let index = 0; index < 25; index++) phone.ws.ping();
    expect(await phone.closed).toEqual({ code: 1008, reason: "too many messages" });
  });

  it("too much before Asterisk has answered closes the socket", async () => {
    await start({ pendingBytes: 1024 });
    asterisk.handshakeDelay = 1000;
    const phone = await connect();
    phone.send(OPTIONS.padEnd(1100, "x"));
    expect((await phone.closed).code).toBe(1008);
  });

  it("a phone that doesn't read is closed instead of buffered", async () => {
    await start({ unsentBytes: 16_384 });
    const phone = await connect();
    phone.send(OPTIONS);
    await until(() => asterisk.connections.length === 1, "the connection");
    phone.ws.pause();
    const message = Buffer.alloc(60_000, "x");
    const flood = setInterval(() => {
      for (let index = 0; index < 20; index++) asterisk.connections[0]?.send(message);
    }, 5);
    await until(() => edge.total === 0, "the slow phone closed");
    clearInterval(flood);
    expect(log.messages()).toContain("socket closed");
  });

  it("an Asterisk that doesn't read closes the phone with 1013", async () => {
    await start({ unsentBytes: 16_384, messagesPerSecond: 100_000 });
    const phone = await connect();
    phone.send(OPTIONS);
    await until(() => asterisk.connections.length === 1, "the connection");
    asterisk.connections[0]?.ws.pause();
    const flood = setInterval(() => {
      for (let index = 0; index < 20; index++)
        phone.ws.readyState === 1 && phone.send(Buffer.alloc(60_000, "x"));
    }, 5);
    const { code } = await phone.closed;
    clearInterval(flood);
    expect(code).toBe(1013);
  });

  it("a phone without a sign of life is asked, and closed within 60 s when it doesn't answer", async () => {
    const clock = new FakeClock();
    await start({ silenceMs: 25_000, firstMessageMs: 120_000 }, {}, { clock });
    const alive = await connect();
    const dead = await connect({ autoPong: false });
    const pinged = Promise.all([alive, dead].map(({ ws }) => once(ws, "ping")));
    clock.advance(28_000);
    await pinged;
    await new Promise((resolve) => setTimeout(resolve, 50)); // the pong travels
    clock.advance(31_000);
    expect(edge.total).toBe(1);
    expect(alive.ws.readyState).toBe(1);
  });

  it("opens a few sockets to Asterisk at a time, and serves all", async () => {
    await start({ opening: 3 });
    asterisk.handshakeDelay = 20;
    const many = await Promise.all(Array.from({ length: 30 }, () => connect()));
    for (const phone of many) phone.send(OPTIONS);
    await until(() => asterisk.connections.length === 30, "all connected");
    expect(asterisk.openingPeak).toBeLessThanOrEqual(3);
  });

  it("more waiting than the bound are sent away with 1013", async () => {
    await start({ opening: 1, waiting: 1 });
    asterisk.handshakeDelay = 500;
    const first = await connect();
    first.send(OPTIONS);
    await until(() => asterisk.openingNow === 1, "the first");
    const second = await connect();
    second.send(OPTIONS);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const third = await connect();
    third.send(OPTIONS);
    expect((await third.closed).code).toBe(1013);
  });
});
