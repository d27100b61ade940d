import { createSocket } from "node:dgram";
import {
  configSchema,
  type SipProxyConfig,
  type SipProxyConfigInput,
} from "../../../../assets/sip-proxy/src/config";
import { SipProxyService } from "../../../../assets/sip-proxy/src/service";
import type { ServiceContext } from "../../../../lib/service";
import { FakeAsterisk as FakeAmi } from "../../../lib/ami/fake-asterisk";
import { until } from "../support/fake-asterisk";
import { recordingLog } from "../support/log";
import { fromGenesys } from "./support";
import { addressesIn, closeAll, toClose, UdpPeer } from "./wire";

const A = addressesIn("127.0.63");
const relay = {
  genesysSide: { address: A.genesysSide },
  asteriskSide: { address: A.asteriskSide },
  asterisk: { address: A.asterisk },
};

/** Static mode: the relay, and nothing else. */
function input(changes: Partial<SipProxyConfigInput> = {}): SipProxyConfigInput {
  return {
    release: "r1",
    forwarding: false,
    edge: {},
    asterisk: { url: "ws://127.0.0.1:1/ws" },
    ami: { port: 1, secret: "s" },
    genesys: { servers: [{ host: A.genesys, port: 5060 }], localAddress: A.genesysSide },
    trunk: { host: A.genesysSide, port: 5070 },
    allowedDns: [],
    api: { port: 0 },
    relay,
    ...changes,
  };
}

const config = (changes?: Partial<SipProxyConfigInput>): SipProxyConfig => configSchema.parse(input(changes));
const faultsOf = (changes: Partial<SipProxyConfigInput>) =>
  configSchema
    .safeParse(input(changes))
    .error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);

const options = (branch: string) =>
  fromGenesys("OPTIONS", { via: `SIP/2.0/UDP ${A.genesys};branch=z9hG4bK${branch}` });

afterEach(closeAll);

async function start(changes?: Partial<SipProxyConfigInput>) {
  const log = recordingLog();
  const service = await SipProxyService.start(config(changes), { log } as unknown as ServiceContext);
  toClose(() => service.stop());
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${service.listeners.api}${path}`);
    return { status: response.status, text: await response.text() };
  };
  return { service, log, get };
}

describe("the relay in the service", () => {
  it("runs alone where no registrations are forwarded, and shows its health", async () => {
    const { get } = await start();
    const [asterisk, genesys] = [await UdpPeer.open(A.asterisk), await UdpPeer.open(A.genesys)];
    genesys.send(options("1"), A.genesysSide);
    await asterisk.nth(0);
    const health = await get("/healthz");
    expect(health.status).toBe(200);
    expect(JSON.parse(health.text)).toMatchObject({ release: "r1" });
  });

  it("asks Asterisk by a connection of its own, which talk events need and calls don't", async () => {
    const ami = await new FakeAmi({ username: "proxy", secret: "swordfish" }).start();
    toClose(() => ami.stop());
    const { get } = await start({ ami: { port: ami.port, secret: "swordfish" } });
    await until(() => ami.connections === 1, "it connects to AMI");
    await until(() => ami.actionNames.includes("Login"), "it logs in");
    expect((await get("/healthz")).status).toBe(200);
  });

  it("has no such connection when talk events are off", async () => {
    const { log } = await start({ relay: { ...relay, talkEvents: "off" } });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(log.messages().filter((line) => line.includes("talk events"))).toEqual([]);
  });

  it("takes new servers of Genesys over", async () => {
    const { service, log } = await start();
    const asterisk = await UdpPeer.open(A.asterisk);
    const [before, other] = [await UdpPeer.open(A.genesys), await UdpPeer.open("127.0.63.9")];
    other.send(options("1"), A.genesysSide);
    await until(() => log.messages().some((line) => line.startsWith("ignored 1 times")), "it is a stranger");
    const servers = [{ host: "127.0.63.9", port: 5060 }];
    await service.reload(config({ genesys: { servers, localAddress: A.genesysSide } }));
    other.send(options("2"), A.genesysSide);
    expect((await asterisk.nth(0)).vias[1]?.branch).toBe("z9hG4bK2");
    // Calls with the server that is gone from the list go on.
    before.send(options("3"), A.genesysSide);
    expect((await asterisk.nth(1)).vias[1]?.branch).toBe("z9hG4bK3");
    expect(log.messages()).not.toContain("the trunk relay starts anew");
  });

  it("keeps on with the old configuration when the new one can't be had", async () => {
    const taken = createSocket("udp4").bind(5070, "127.0.63.8");
    toClose(() => taken.close());
    const { service } = await start();
    const changed = config({ relay: { ...relay, genesysSide: { address: "127.0.63.8" } } });
    await expect(service.reload(changed)).rejects.toMatchObject({ code: "bind-failed" });
    const [asterisk, genesys] = [await UdpPeer.open(A.asterisk), await UdpPeer.open(A.genesys)];
    genesys.send(options("1"), A.genesysSide);
    await asterisk.nth(0);
  });

  it("needs something to do, and an address that is nobody else's", () => {
    expect(faultsOf({ relay: undefined })).toEqual([
      "forwarding: without forwarding there has to be a relay, or else there is nothing to do",
    ]);
    expect(faultsOf({ asterisk: { url: "ws://127.0.0.1:8088/ws", localAddress: A.asteriskSide } })).toEqual([
      "relay.asteriskSide.address: asterisk.localAddress is the same: Asterisk would take phones for Genesys",
    ]);
  });
});
