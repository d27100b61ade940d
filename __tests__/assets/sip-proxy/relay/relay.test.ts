import {
  createTcpTransport,
  createUdpTransport,
  type IncomingRequest,
  SipRequest,
  UserAgent,
} from "../../../../lib/sip";
import { until } from "../support/fake-asterisk";
import { fromAsterisk, fromGenesys, type Parts } from "./support";
import { addressesIn, closeAll, startRelay, TcpPeer, tcpListener, toClose, UdpPeer } from "./wire";

const A = addressesIn("127.0.6");
const GENESYS_URI = `sip:1003@${A.genesys}`;

afterEach(closeAll);

const invite = (parts: Parts = {}, method = "INVITE") =>
  fromGenesys(method, {
    uri: `sip:1002@${A.genesysSide}:5070`,
    via: `SIP/2.0/UDP ${A.genesys};branch=z9hG4bKg1`,
    ...parts,
  });

const fromTrunk = (method: string, parts: Parts = {}) =>
  fromAsterisk(method, {
    uri: GENESYS_URI,
    via: `SIP/2.0/UDP ${A.asterisk};rport;branch=z9hG4bKa1`,
    ...parts,
  }).replace("127.0.0.4", A.asteriskSide);

describe("strangers", () => {
  it("are dropped and counted, and the log is not flooded", async () => {
    const { metrics, log } = await startRelay(A);
    const asterisk = await UdpPeer.open(A.asterisk);
    const stranger = await UdpPeer.open("127.0.6.9");
    for (let i = 0; i < 5; i++) stranger.send(invite(), A.genesysSide);
    // Genesys may not speak for Asterisk, nor Asterisk for Genesys.
    const genesys = await UdpPeer.open(A.genesys);
    genesys.send(fromTrunk("INVITE"), A.asteriskSide);
    asterisk.send(invite(), A.genesysSide);
    await until(() => metrics.get("dropped.genesys.stranger") === 6, "six counted");
    await until(() => metrics.get("dropped.asterisk.stranger") === 1, "one counted");
    genesys.send(invite({}, "OPTIONS"), A.genesysSide);
    await asterisk.nth(0);
    expect([asterisk.raw.length, stranger.raw.length, genesys.raw.length]).toEqual([1, 0, 0]);
    expect(log.lines.filter(({ message }) => message.includes("strangers"))).toHaveLength(1);
  });

  it("can't hold a TCP connection", async () => {
    const { metrics } = await startRelay(A);
    const stranger = await TcpPeer.dial("127.0.6.9", A.genesysSide);
    await until(() => stranger.closed, "it is closed");
    expect(metrics.get("dropped.genesys.stranger")).toBe(1);
  });
});

describe("over TCP", () => {
  it("a response goes into the connection that its request came by (18.2.2)", async () => {
    await startRelay(A);
    const asterisk = await UdpPeer.open(A.asterisk);
    const [one, other] = [
      await TcpPeer.dial(A.genesys, A.genesysSide),
      await TcpPeer.dial(A.genesys, A.genesysSide),
    ];
    one.send(invite({ via: `SIP/2.0/TCP ${A.genesys};branch=z9hG4bK1` }, "OPTIONS"));
    other.send(invite({ via: `SIP/2.0/TCP ${A.genesys};branch=z9hG4bK2` }, "OPTIONS"));
    for (const index of [0, 1]) {
      const text = (await asterisk.nth(index)).toString().replace(/^OPTIONS .*/, "SIP/2.0 200 OK");
      asterisk.send(text, A.asteriskSide);
    }
    expect((await one.nth(0)).via.branch).toBe("z9hG4bK1");
    expect((await other.nth(0)).via.branch).toBe("z9hG4bK2");
  });

  it("requests to a peer share a connection, and so do their answers", async () => {
    await startRelay(A);
    const asterisk = await UdpPeer.open(A.asterisk);
    const connections = await tcpListener(A.genesys);
    const uri = `${GENESYS_URI};transport=tcp`;
    asterisk.send(fromTrunk("OPTIONS", { uri }), A.asteriskSide);
    asterisk.send(fromTrunk("OPTIONS", { uri, callId: "call-2" }), A.asteriskSide);
    await until(() => connections[0]?.raw.length === 2, "both came");
    expect(connections).toHaveLength(1);
    const [genesys] = connections as [TcpPeer];
    expect(genesys.messages.map(({ callId }) => callId)).toEqual(["call-1", "call-2"]);
    genesys.send((genesys.raw[0] as string).replace(/^OPTIONS .*/, "SIP/2.0 200 OK"));
    expect(await asterisk.nth(0)).toMatchObject({ status: 200, callId: "call-1" });
  });

  it("a request that nobody takes gets 500, an ACK nothing", async () => {
    const { metrics, log } = await startRelay(A);
    const asterisk = await UdpPeer.open(A.asterisk);
    const uri = `${GENESYS_URI};transport=tcp`;
    asterisk.send(fromTrunk("ACK", { uri }), A.asteriskSide);
    asterisk.send(fromTrunk("OPTIONS", { uri }), A.asteriskSide);
    expect(await asterisk.nth(0)).toMatchObject({ status: 500, callId: "call-1" });
    expect(asterisk.raw[0]).toContain(`Warning: 399 relay "${A.genesys} can't be reached"`);
    expect(metrics.get("dropped.asterisk.send-failed")).toBe(2);
    expect(asterisk.raw).toHaveLength(1);
    const refused = log.lines.find(({ message }) => message.startsWith("OPTIONS refused: 500"));
    expect(refused?.fields).toMatchObject({ callId: "call-1", dn: "1002", side: "asterisk" });
  });

  it("buffers are bounded: what a peer does not read is refused in the end", async () => {
    const { metrics } = await startRelay(A, { tcp: { maxBuffered: 65_536, connectTimeout: 500 } });
    const asterisk = await UdpPeer.open(A.asterisk);
    const connections = await tcpListener(A.genesys);
    const uri = `${GENESYS_URI};transport=tcp`;
    asterisk.send(fromTrunk("OPTIONS", { uri }), A.asteriskSide);
    await until(() => connections.length === 1, "it connects");
    connections[0]?.socket.pause();
    const body = "x".repeat(30_000);
    for (let sent = 0; metrics.get("dropped.asterisk.send-failed") === 0 && sent < 2_000; sent++) {
      asterisk.send(fromTrunk("MESSAGE", { uri, body, cseq: sent }), A.asteriskSide);
      if (sent % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await until(() => metrics.get("dropped.asterisk.send-failed") > 0, "it is refused");
    expect(await asterisk.nth(0)).toMatchObject({ status: 500 });
  });
});

describe("a request that is too long for UDP (18.1.1)", () => {
  const long = (callId: string) => fromTrunk("INVITE", { body: "x".repeat(1_300), callId });

  it("goes by TCP", async () => {
    await startRelay(A);
    const asterisk = await UdpPeer.open(A.asterisk);
    const connections = await tcpListener(A.genesys);
    asterisk.send(long("call-1"), A.asteriskSide);
    await until(() => connections[0]?.raw.length === 1, "it came by TCP");
    expect(connections[0]?.messages[0]?.via.transport).toBe("TCP");
  });

  it("goes by UDP after all where there is no TCP, which is remembered", async () => {
    const { log } = await startRelay(A);
    const asterisk = await UdpPeer.open(A.asterisk);
    const genesys = await UdpPeer.open(A.genesys);
    asterisk.send(long("call-1"), A.asteriskSide);
    expect((await genesys.nth(0)).via.transport).toBe("UDP");
    asterisk.send(long("call-2"), A.asteriskSide);
    expect((await genesys.nth(1)).callId).toBe("call-2");
    expect(log.messages().filter((line) => line.includes("takes no TCP"))).toHaveLength(1);
  });
});

describe("IPv6 on the side of Genesys", () => {
  it("is relayed to Asterisk's IPv4, and back", async () => {
    await startRelay({ ...A, genesysSide: "::1", genesys: "::1" });
    const asterisk = await UdpPeer.open(A.asterisk);
    const genesys = await UdpPeer.open("::1", 5068);
    const via = "SIP/2.0/UDP [::1]:5068;branch=z9hG4bKg1";
    genesys.send(invite({ uri: "sip:1002@[::1]:5070", via }, "OPTIONS"), "::1");
    const request = await asterisk.nth(0);
    expect(request).toMatchObject({ uri: `sip:1002@${A.asterisk}:5060` });
    asterisk.send(request.toString().replace(/^OPTIONS .*/, "SIP/2.0 200 OK"), A.asteriskSide);
    expect(await genesys.nth(0)).toMatchObject({ status: 200 });
  });
});

/** A user agent at one of the ends, over UDP and TCP; it notes what comes and answers what the test does not. */
async function agentAt(address: string, onRequest: (incoming: IncomingRequest) => void) {
  const udp = await createUdpTransport({ address, port: 5060 });
  const tcp = await createTcpTransport({ address, port: 5060 });
  const agent = new UserAgent({ transports: [udp, tcp], name: "test", onRequest });
  toClose(async () => {
    agent.close();
    await Promise.all([udp.close(), tcp.close()]);
  });
  return { agent, udp, tcp };
}

describe.each(["udp", "tcp"] as const)(
  "a call of Genesys over %s, with user agents at both ends",
  (protocol) => {
    const contactOf = (user: string, address: string) => `<sip:${user}${address};transport=${protocol}>`;

    async function call(options: { talkEvents?: "relay" | "off" } = {}) {
      const running = await startRelay(A, options);
      const atAsterisk: IncomingRequest[] = [];
      const atGenesys: IncomingRequest[] = [];
      const asterisk = await agentAt(A.asterisk, (incoming) => {
        atAsterisk.push(incoming);
        if (incoming.request.method === "INVITE") {
          incoming.respond(180, { headers: [["Contact", contactOf("", A.asterisk)]] });
        } else incoming.respond(200);
      });
      const genesys = await agentAt(A.genesys, (incoming) => {
        atGenesys.push(incoming);
        incoming.respond(200);
      });
      const request = SipRequest.create({
        method: "INVITE",
        uri: `sip:1002@${A.genesysSide}:5070;transport=${protocol}`,
        headers: [
          ["From", `<sip:1003@${A.genesys}>;tag=g`],
          ["To", `<sip:8005551234@${A.genesys}>`],
          ["Call-ID", `call-${protocol}`],
          ["CSeq", "1 INVITE"],
          ["Contact", contactOf("1003@", A.genesys)],
          ["X-Genesys-CallUUID", "UUID1"],
        ],
      });
      const rung: string[] = [];
      const outgoing = genesys.agent.invite(request, {
        flow: genesys[protocol].flowTo({ address: A.genesysSide, port: 5070 }),
        onProvisional: (response) => {
          if (response.status === 180) rung.push(response.values("Allow-Events").join());
        },
      });
      await until(() => rung.length === 1, "it rings");
      return { running, atAsterisk, atGenesys, asterisk, genesys, outgoing, rung };
    }

    it("rings, is told to talk, is answered, and is ended by the phone", async () => {
      const { running, atAsterisk, atGenesys, asterisk, genesys, outgoing, rung } = await call();
      expect(rung).toEqual(["talk,hold"]);
      const early = outgoing.earlyDialog;
      if (early === undefined) throw new Error("no early dialog");
      const notified = await genesys.agent.sendInDialog(early, "NOTIFY", { headers: [["Event", "talk"]] });
      expect(notified.status).toBe(200);
      expect(running.deliveries).toEqual([
        ["1002", "talk", { "X-Genesys-CallUUID": "UUID1", "X-Genesys-Call-ID": `call-${protocol}` }],
      ]);
      const passed = await genesys.agent.sendInDialog(early, "NOTIFY", { headers: [["Event", "refer"]] });
      expect(passed.status).toBe(200);
      expect(atAsterisk.map(({ request }) => request.method)).toEqual(["INVITE", "NOTIFY"]);

      const [incoming] = atAsterisk as [IncomingRequest];
      await incoming.accept({ contact: contactOf("", A.asterisk).slice(1, -1) });
      const { response, dialog } = await outgoing.final;
      expect(response.status).toBe(200);
      expect(response.values("Allow-Events")).toEqual(["talk", "hold"]);
      expect(dialog?.routeSet).toHaveLength(2);
      if (incoming.dialog === undefined) throw new Error("no dialog");
      expect((await asterisk.agent.sendInDialog(incoming.dialog, "BYE")).status).toBe(200);
      expect(atGenesys.map(({ request }) => request.method)).toEqual(["BYE"]);
      expect(running.metrics.get("dropped.genesys.not-ours")).toBe(0);
    });

    it("is ended by Genesys", async () => {
      const { atAsterisk, genesys, outgoing } = await call();
      const [incoming] = atAsterisk as [IncomingRequest];
      await incoming.accept({ contact: contactOf("", A.asterisk).slice(1, -1) });
      const { dialog } = await outgoing.final;
      if (dialog === undefined) throw new Error("no dialog");
      expect((await genesys.agent.sendInDialog(dialog, "BYE")).status).toBe(200);
      expect(atAsterisk.map(({ request }) => request.method)).toEqual(["INVITE", "BYE"]);
    });

    it("is cancelled while it rings", async () => {
      const { atAsterisk, outgoing } = await call();
      let cancelled = false;
      (atAsterisk[0] as IncomingRequest).onCancel = () => {
        cancelled = true;
      };
      outgoing.cancel();
      expect((await outgoing.final).response.status).toBe(487);
      expect(cancelled).toBe(true);
    });

    it("is a call and nothing else when talk events are off", async () => {
      const { running, rung, genesys, outgoing, atAsterisk } = await call({ talkEvents: "off" });
      expect(rung).toEqual([""]);
      const early = outgoing.earlyDialog;
      if (early === undefined) throw new Error("no early dialog");
      await genesys.agent.sendInDialog(early, "NOTIFY", { headers: [["Event", "talk"]] });
      expect(atAsterisk.map(({ request }) => request.method)).toEqual(["INVITE", "NOTIFY"]);
      expect(running.deliveries).toEqual([]);
      outgoing.cancel();
      await outgoing.final;
    });
  },
);

describe("starting and stopping", () => {
  it("leaves nothing open when an address is taken", async () => {
    const taken = await UdpPeer.open(A.asteriskSide, 5070);
    await expect(startRelay(A)).rejects.toMatchObject({ code: "bind-failed" });
    expect(taken.raw).toEqual([]);
    // The other side is free again.
    await UdpPeer.open(A.genesysSide, 5070);
    await tcpListener(A.genesysSide, 5070);
  });

  it("closes its connections", async () => {
    const { relay } = await startRelay(A);
    const genesys = await TcpPeer.dial(A.genesys, A.genesysSide);
    await relay.stop();
    await until(() => genesys.closed, "it is closed");
  });
});
