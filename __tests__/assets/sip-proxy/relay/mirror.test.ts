import { configSchema, type SipProxyConfigInput } from "../../../../assets/sip-proxy/src/config";
import { SipProxyService } from "../../../../assets/sip-proxy/src/service";
import type { ServiceContext } from "../../../../lib/service";
import { until } from "../support/fake-asterisk";
import { captureServer } from "../support/hep";
import { recordingLog } from "../support/log";
import { fromGenesys } from "./support";
import { addressesIn, closeAll, toClose, UdpPeer } from "./wire";

const A = addressesIn("127.0.67");

afterEach(closeAll);

it("mirrors what comes in and what goes out, as it is on the wire", async () => {
  const server = await captureServer();
  toClose(async () => server.close());
  const config = configSchema.parse({
    release: "r1",
    forwarding: false,
    edge: {},
    asterisk: { url: "ws://127.0.0.1:1/ws" },
    ami: { port: 1, secret: "s" },
    genesys: { servers: [{ host: A.genesys, port: 5060 }], localAddress: A.genesysSide },
    trunk: { host: A.genesysSide, port: 5070 },
    allowedDns: [],
    api: { port: 0 },
    relay: {
      genesysSide: { address: A.genesysSide },
      asteriskSide: { address: A.asteriskSide },
      asterisk: { address: A.asterisk },
    },
    hep: { host: "127.0.0.1", port: server.port, captureId: 1 },
  } satisfies SipProxyConfigInput);
  const context = { log: recordingLog() } as unknown as ServiceContext;
  const service = await SipProxyService.start(config, context);
  toClose(() => service.stop());
  const [asterisk, genesys] = [await UdpPeer.open(A.asterisk), await UdpPeer.open(A.genesys)];
  genesys.send(fromGenesys("OPTIONS", { via: `SIP/2.0/UDP ${A.genesys};branch=z9hG4bK1` }), A.genesysSide);
  await asterisk.nth(0);
  await until(() => server.packets.length === 2, "both copies");
  expect(server.packets).toMatchObject([
    { from: `${A.genesys}:5060`, to: `${A.genesysSide}:5070`, protocol: 17 },
    { from: `${A.asteriskSide}:5070`, to: `${A.asterisk}:5060`, protocol: 17 },
  ]);
  const vias = server.packets.map(({ payload }) => String(payload).match(/^Via:/gm)?.length);
  expect(vias).toEqual([1, 2]);
});
