import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { buildProbe } from "../../../../assets/sip-proxy/src/forwarder/messages";
import type { Path } from "../../../../assets/sip-proxy/src/forwarder/network";
import { UdpLink } from "../../../../assets/sip-proxy/src/genesys/udp-link";
import { parseMessage, type SipRequest, SipResponse } from "../../../../lib/sip";
import { until } from "../support/fake-asterisk";

let server: Socket;
let link: UdpLink;
let messages: Buffer[];
let failures: string[];

async function open(host: string, port: number): Promise<void> {
  messages = [];
  failures = [];
  link = new UdpLink(
    { host, port, transport: "udp" },
    { onMessage: (message) => messages.push(message), onFailure: (error) => failures.push(error.message) },
    { localAddress: "127.0.5.9", sockets: 4 },
  );
  await link.ready;
}

function probe(path: Path): Buffer {
  return buildProbe({ host: "127.0.5.8", port: 5060, transport: "udp" }, path, "z9hG4bK1", "c");
}

beforeEach(async () => {
  server = createSocket("udp4");
  server.bind(0, "127.0.5.8");
  await once(server, "listening");
});

afterEach(async () => {
  await link.close();
  await new Promise<void>((resolve) => server.close(() => resolve()));
});

it("spreads keys over its sockets, the same key always on the same", async () => {
  await open("127.0.5.8", server.address().port);
  const vias = Array.from({ length: 8 }, (_, key) => link.path(key)?.via);
  expect(new Set(vias).size).toBe(4);
  expect(vias.slice(4)).toEqual(vias.slice(0, 4));
  expect(vias[0]).toMatch(/^SIP\/2\.0\/UDP 127\.0\.5\.9:\d+$/);
});

it("delivers answers of the server, and nothing that another host sends", async () => {
  await open("127.0.5.8", server.address().port);
  const path = link.path(0) as Path;
  path.send(probe(path));
  const [bytes, peer] = (await once(server, "message")) as [Buffer, { address: string; port: number }];
  expect(`SIP/2.0/UDP ${peer.address}:${peer.port}`).toBe(path.via);
  const answer = SipResponse.to(parseMessage(bytes) as SipRequest, 200).toBuffer();
  const stranger = createSocket("udp4");
  await new Promise<void>((resolve) => stranger.bind(0, "127.0.5.10", resolve));
  await new Promise<void>((resolve) => stranger.send(answer, peer.port, peer.address, () => resolve()));
  server.send(answer, peer.port, peer.address);
  stranger.close();
  await until(() => messages.length > 0, "the answer");
  expect(messages).toStrictEqual([answer]);
});

it("tells at once when nobody listens there (ICMP)", async () => {
  const { port } = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  await open("127.0.5.8", port);
  const path = link.path(0) as Path;
  path.send(probe(path));
  await until(() => failures.length > 0, "the failure");
  expect(failures[0]).toContain("ECONNREFUSED");
  server = createSocket("udp4");
  server.bind(port, "127.0.5.8");
  await once(server, "listening");
  path.send(probe(path));
  await once(server, "message");
});

it("a name that doesn't resolve is a failure, and there is no path", async () => {
  await open("no-such-host.invalid", 5060);
  expect(failures).toHaveLength(4);
  expect(link.path(0)).toBeUndefined();
});
