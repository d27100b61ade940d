import { relayConfigSchema } from "../../../../assets/sip-proxy/src/relay/config";
import { Peers } from "../../../../assets/sip-proxy/src/relay/peers";
import { FakeClock } from "../../../lib/sip/support/fake-clock";
import { recordingLog } from "../support/log";

const least = { genesysSide: { address: "192.0.2.54" }, asterisk: { address: "127.0.0.1" } };
const faultsOf = (value: unknown) =>
  relayConfigSchema
    .safeParse(value)
    .error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);

describe("the relay section of the configuration", () => {
  it("needs the address towards Genesys and Asterisk's, and fills the rest in", () => {
    expect(relayConfigSchema.parse(least)).toMatchObject({
      genesysSide: { address: "192.0.2.54", port: 5070 },
      asteriskSide: { address: "127.0.0.4", port: 5070 },
      asterisk: { address: "127.0.0.1", port: 5060 },
      talkEvents: "relay",
      talk: { deadline: 400 },
    });
    expect(faultsOf({})).toHaveLength(2);
  });

  it.each(["0.0.0.0", "::", "sip.example"])("refuses %s for an address that stands in Via", (address) => {
    expect(faultsOf({ ...least, genesysSide: { address } })).toEqual([
      "genesysSide.address: one IPv4 or IPv6 address of this host, not the one that stands for all",
    ]);
  });

  it.each(["127.0.0.1", "192.0.2.54", "::1"])(
    "refuses %s for what Asterisk knows the trunk by",
    (address) => {
      expect(faultsOf({ ...least, asteriskSide: { address } })?.[0]).toMatch(
        /^asteriskSide.address: a loopback address/,
      );
    },
  );

  it("refuses to share an address with Asterisk", () => {
    const shared = { ...least, asteriskSide: { address: "127.0.0.9" }, asterisk: { address: "127.0.0.9" } };
    expect(faultsOf(shared)?.[0]).toContain("needs an address of its own");
  });

  it("keeps the answer to a talk event below T1", () => {
    expect(faultsOf({ ...least, talk: { deadline: 500 } })?.[0]).toMatch(/^talk.deadline/);
  });
});

describe("Genesys' addresses", () => {
  const make = (lookup: () => Promise<string[]>, hosts = ["sip.genesys.example", "2001:DB8::0:1"]) => {
    const [clock, log] = [new FakeClock(), recordingLog()];
    return { clock, log, peers: new Peers(hosts, clock, log, lookup) };
  };

  it("are those of the configuration, in any spelling, and those that names resolve to", async () => {
    const { peers } = make(async () => ["192.0.2.82", "192.0.2.81"]);
    await peers.start();
    expect(
      ["192.0.2.81", "::ffff:192.0.2.82", "2001:db8::1", "192.0.2.83"].map((one) => peers.has(one)),
    ).toEqual([true, true, true, false]);
    expect(peers.addressOf("SIP.Genesys.example")).toBe("192.0.2.81");
    expect(peers.addressOf("[2001:db8:0::1]")).toBe("2001:db8::1");
    expect(peers.addressOf("other.example")).toBeUndefined();
    peers.stop();
  });

  it("are looked up again, and stay when that fails", async () => {
    let answer: string[] | undefined = ["192.0.2.81"];
    const { peers, clock, log } = make(async () => {
      if (answer === undefined) throw new Error("ENOTFOUND");
      return answer;
    });
    await peers.start();
    answer = undefined;
    await clock.run(60_000);
    expect(peers.has("192.0.2.81")).toBe(true);
    expect(log.messages()).toEqual([
      "sip.genesys.example can't be resolved: its last addresses stay in force",
    ]);
    answer = ["192.0.2.99"];
    await clock.run(60_000);
    expect([peers.has("192.0.2.81"), peers.has("192.0.2.99")]).toEqual([false, true]);
    peers.stop();
    expect(clock.pending).toBe(0);
  });
});

describe("a server that leaves the configuration", () => {
  it("belongs to Genesys for as long as its calls may last, and a new one at once", async () => {
    const [clock, log] = [new FakeClock(), recordingLog()];
    const peers = new Peers(["192.0.2.81"], clock, log, async () => ["192.0.2.90"], 600_000);
    await peers.start();
    await peers.update(["192.0.2.82", "sip.genesys.example"]);
    const known = () => ["192.0.2.81", "192.0.2.82", "192.0.2.90"].map((one) => peers.has(one));
    expect(known()).toEqual([true, true, true]);
    await clock.run(540_000);
    expect(known()).toEqual([true, true, true]);
    await peers.update(["192.0.2.82"]);
    await clock.run(120_000);
    expect(known()).toEqual([false, true, true]);
    await clock.run(600_000);
    expect(known()).toEqual([false, true, false]);
    expect(clock.pending).toBe(0);
    peers.stop();
  });

  it("and comes back is there for good", async () => {
    const [clock, log] = [new FakeClock(), recordingLog()];
    const peers = new Peers(["192.0.2.81"], clock, log, undefined, 60_000);
    await peers.update([]);
    await peers.update(["192.0.2.81"]);
    await clock.run(300_000);
    expect(peers.has("192.0.2.81")).toBe(true);
    expect(clock.pending).toBe(0);
  });
});
