import { once } from "node:events";
import { createUdpTransport, formatAddress, type Transport } from "../../../../lib/sip";
import { request } from "../support/messages";

const open: Transport[] = [];

async function udp(address: string, port?: number): Promise<Transport> {
  const transport = await createUdpTransport({ address, port });
  open.push(transport);
  return transport;
}

afterEach(async () => {
  for (const transport of open.splice(0)) await transport.close();
});

describe.each(["127.0.0.1", "::1"])("UDP on %s", (address) => {
  it("carries a message and tells where it came from", async () => {
    const [near, far] = [await udp(address), await udp(address)];
    const arrived = once(far, "message");
    await near.send(request("OPTIONS").toBuffer(), near.flowTo(far.local));
    const [message, flow] = await arrived;
    expect([message.toString(), flow.remote, flow.transport]).toEqual([
      request("OPTIONS").toString(),
      near.local,
      far,
    ]);
  });
});

it("says what is wrong with a datagram, and keeps silent about keep-alives", async () => {
  const [near, far] = [await udp("127.0.0.1"), await udp("127.0.0.1")];
  const arrived = once(far, "malformed");
  for (const bytes of ["\r\n\r\n", "\0", "nonsense"])
    await near.send(Buffer.from(bytes), near.flowTo(far.local));
  expect((await arrived)[0]).toMatchObject({ code: "head-not-terminated" });
});

it("drops what a host sends that it does not accept, unread", async () => {
  const far = await createUdpTransport({
    address: "127.0.0.1",
    accepts: ({ address }) => address === "127.0.0.9",
  });
  open.push(far);
  const [stranger, friend] = [await udp("127.0.0.1"), await udp("127.0.0.9")];
  const arrived = once(far, "message");
  for (const near of [stranger, friend])
    await near.send(request("OPTIONS").toBuffer(), near.flowTo(far.local));
  expect((await arrived)[1].remote).toEqual(friend.local);
});

it("refuses an address in use, and one that is not here", async () => {
  const taken = await udp("127.0.0.1");
  await expect(udp("127.0.0.1", taken.local.port)).rejects.toMatchObject({ code: "bind-failed" });
  await expect(udp("192.0.2.1")).rejects.toMatchObject({ code: "bind-failed" });
});

it("rejects what is too large for a datagram", async () => {
  const near = await udp("127.0.0.1");
  const flow = near.flowTo({ address: "127.0.0.1", port: 9 });
  await expect(near.send(Buffer.alloc(70_000), flow)).rejects.toMatchObject({ code: "send-failed" });
});

it("is closed once, and rejects sends from then on", async () => {
  const near = await udp("127.0.0.1");
  await Promise.all([near.close(), near.close()]);
  await expect(near.send(Buffer.from("x"), near.flowTo(near.local))).rejects.toMatchObject({
    code: "closed",
  });
  const again = await udp("127.0.0.1", near.local.port);
  expect(formatAddress(again.local)).toBe(formatAddress(near.local));
});
