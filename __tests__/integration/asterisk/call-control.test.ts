import { buffer } from "node:stream/consumers";
import type { CallControl, CallControlTrunk } from "../../../config";
import { AriClient, type AriEvent, type AriEventOf, newId } from "../../../lib/ari";
import { Phone } from "../../../lib/phone";
import { attempt, docker, eventually, logs } from "./docker";
import { FarEnd } from "./far-end";
import { passwords, ports, props, Stand } from "./stand";

jest.setTimeout(60_000);

/** Addresses of this suite's own. */
const addresses = {
  trunk: "127.0.79.1",
  genesys: "127.0.79.2",
  internal: "127.0.79.4",
  provider: "127.0.79.9",
  second: "127.0.79.10",
  stranger: "127.0.79.11",
} as const;
const SIP_PORT = 25080;
const outside = { address: addresses.trunk, port: SIP_PORT };
const stand = new Stand("asterisk-test-call-control", addresses.internal);
const open: (() => Promise<unknown>)[] = [];
let genesys: FarEnd;
let provider: FarEnd;
let second: FarEnd;
let stranger: FarEnd;

const callControl: CallControl = {
  address: "127.0.0.1",
  port: 8083,
  internalCalls: "genesys",
  allowedPrefixes: ["+31", "+4420"],
  dialing: { international: "00", national: "0", country: "31" },
  callsPerMinute: 30,
  sipPort: SIP_PORT,
  trunks: [
    {
      name: "provider",
      host: addresses.provider,
      port: ports.sip,
      transport: "udp",
      register: false,
      inboundFrom: [addresses.provider],
      prefixes: [],
      callerId: "+31201234567",
    },
    {
      name: "second",
      host: addresses.second,
      port: ports.sip,
      transport: "udp",
      credentials: { username: "acct 7", secret: "trunk-second" },
      register: true,
      inboundFrom: [`${addresses.second}/32`],
      prefixes: ["+44"],
    },
  ],
  dids: [
    { number: "+31201234567", to: { dn: "1002" } },
    { number: "+31201234568", to: { queue: "support" } },
  ],
  queues: [
    { name: "support", members: ["1002", "1003"], strategy: "ring-all", ringSeconds: 20, waitSeconds: 30 },
  ],
  recording: { retentionDays: 30, announcement: "none" },
  retention: { callLogDays: 365, auditDays: 730 },
  webhooks: [],
};

const changes = {
  forwardingMode: "proxy",
  host: { address: addresses.trunk, localNetworks: [] },
  genesys: { ...props.genesys, servers: [{ host: addresses.genesys, port: ports.sip, transport: "udp" }] },
  asterisk: { ...props.asterisk, sipAddress: addresses.trunk, internalAddress: addresses.internal },
  postgres: { ...props.postgres, address: addresses.internal },
  rtp: { from: 26400, to: 26500 },
  callControl,
} as const;

/** Half a minute of a far end that answers. */
const farEnd = `
[test-far-end]
exten => answers,1,Answer()
 same => n,Wait(30)
`;

beforeAll(async () => {
  stand.writeSecrets({ ...passwords, "trunk-second": "second's" });
  await stand.prepare("postgres", "database", "asterisk");
  [genesys, provider, second, stranger] = await Promise.all([
    FarEnd.start(addresses.genesys, ports.sip),
    FarEnd.start(addresses.provider, ports.sip),
    FarEnd.start(addresses.second, ports.sip),
    FarEnd.start(addresses.stranger, ports.sip),
  ]);
  await stand.startPostgres();
  const { status, output } = await stand.releaseDatabase();
  if (status !== 0) throw new Error(output);
  const released = await stand.releaseAsterisk(changes, (files) => ({
    ...files,
    "extensions.conf": `${files["extensions.conf"]}${farEnd}`,
  }));
  if (released.status !== 0) throw new Error(released.output);
  await stand.startAsterisk({ spool: true });
}, 300_000);

afterAll(async () => {
  await Promise.all([genesys, provider, second, stranger].map((each) => each?.stop()));
  await stand.remove();
}, 60_000);

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
  await stand.cli("channel request hangup all");
  await eventually("all channels to end", async () =>
    (await stand.cli("core show channels count")).includes("0 active channels") ? true : undefined,
  );
  for (const each of [genesys, provider, second]) {
    each.behaviour = 486;
    each.invites.length = 0;
  }
});

async function phone(dn: string): Promise<Phone> {
  const connected = await Phone.connect({
    url: `ws://${addresses.internal}:${ports.http}/ws`,
    dn,
    password: passwords[`dn/${dn}`] ?? "",
    deadlineMs: 15_000,
    localAddress: "127.0.0.1",
  });
  open.push(() => connected.close());
  await connected.register();
  return connected;
}

/** The application, and what it has been told. */
class Application {
  readonly events: AriEvent[] = [];
  ready = false;

  constructor(readonly ari: AriClient) {
    ari.on("event", (event) => this.events.push(event));
    ari.on("ready", () => {
      this.ready = true;
    });
  }

  static async start(): Promise<Application> {
    const url = `http://${addresses.internal}:${ports.http}/ari`;
    const ari = new AriClient({ url, username: "webrtc", secret: passwords.ari ?? "", app: "callcenter" });
    const application = new Application(ari);
    open.push(() => ari.stop());
    ari.start();
    await eventually("ready", () => application.ready || undefined);
    return application;
  }

  event<T extends AriEvent["type"]>(
    type: T,
    fits: (event: AriEventOf<T>) => boolean = () => true,
  ): Promise<AriEventOf<T>> {
    return eventually(type, () =>
      this.events.find((one): one is AriEventOf<T> => one.type === type && fits(one as AriEventOf<T>)),
    );
  }

  /** The next call that comes in, which is taken. */
  async call(): Promise<AriEventOf<"StasisStart">> {
    const start = await this.event("StasisStart");
    await this.ari.channels.setVariable(start.channel.id, "TIMEOUT(absolute)", "0");
    return start;
  }
}

async function took<T>(work: Promise<T>): Promise<{ value: T; ms: number }> {
  const before = performance.now();
  const value = await work;
  return { value, ms: performance.now() - before };
}

const invite = (farEnd: FarEnd) => eventually("an INVITE", () => farEnd.invites.at(-1)?.request, 10_000);

describe("a start", () => {
  it("logs no warning and no error", () => {
    const complaints = logs(stand.asterisk)
      .split("\n")
      .filter((line) => /^\[[^\]]+\] (WARNING|ERROR)/.test(line));
    expect(complaints).toStrictEqual([]);
  });

  it("registers at the provider that wants it, under the trunk's name, and at no other", async () => {
    const register = await eventually("a REGISTER", () => second.registers[0]?.request);
    expect(register.from.toString()).toContain(`sip:acct%207@${addresses.second}`);
    expect(register.get("Contact")).toContain(`sip:second@${addresses.trunk}:${SIP_PORT}`);
    expect(provider.registers).toStrictEqual([]);
  });
});

describe("a call to a DN", () => {
  it("goes to the application, by the number of who has authenticated", async () => {
    const application = await Application.start();
    const call = await (await phone("1002")).invite("1003");
    const { args, channel } = await application.call();
    expect(args).toStrictEqual(["internal", "1003"]);
    expect(channel.caller).toMatchObject({ number: "1002", name: "Agent 1002" });
    // Longer than an application may take that hangs.
    await new Promise((resolve) => setTimeout(resolve, 6_500));
    await application.ari.channels.answer(channel.id);
    await call.answered();
    expect(genesys.invites).toStrictEqual([]);
    expect((await call.bye()).status).toBe(200);
  });

  it("goes through Genesys when the application lets it go on", async () => {
    const application = await Application.start();
    const call = await (await phone("1002")).invite("1003");
    const { channel } = await application.call();
    const { channels } = application.ari;
    await channels.continueInDialplan(channel.id, { context: "to-genesys", extension: "1003", priority: 1 });
    expect((await call.final()).status).toBe(486);
    expect((await invite(genesys)).uri).toContain("sip:1003@");
  });

  it("goes through Genesys at once when no application is connected", async () => {
    const caller = await phone("1002");
    const { value, ms } = await took(caller.invite("1003").then((call) => call.final()));
    expect(value.status).toBe(486);
    const { uri, from } = await invite(genesys);
    expect([uri.toString(), from.toString()]).toStrictEqual([
      expect.stringContaining("sip:1003@"),
      expect.stringContaining('"Agent 1002" <sip:1002@'),
    ]);
    expect(ms).toBeLessThan(1_000);
  });

  it("… and after one has gone", async () => {
    await (await Application.start()).ari.stop();
    const caller = await phone("1002");
    const { value, ms } = await took(caller.invite("1003").then((call) => call.final()));
    expect(value.status).toBe(486);
    expect(ms).toBeLessThan(1_000);
  });

  it("stays with an application that goes while it has the call, until it is back", async () => {
    const application = await Application.start();
    const call = await (await phone("1002")).invite("1003");
    const { channel } = await application.call();
    await application.ari.channels.answer(channel.id);
    await call.answered();
    await application.ari.stop();
    await new Promise((resolve) => setTimeout(resolve, 7_000));
    expect(call.isOver).toBe(false);
    const again = await Application.start();
    expect((await again.ari.channels.get(channel.id)).dialplan).toMatchObject({
      app_name: "Stasis",
      app_data: "callcenter,internal,1003",
    });
    await again.ari.channels.hangup(channel.id);
    expect(await call.ended()).toBe("remote");
  });

  it("goes through Genesys when an application is connected and does not take it", async () => {
    await Application.start();
    const caller = await phone("1002");
    const { value, ms } = await took(caller.invite("1003").then((call) => call.final()));
    expect(value.status).toBe(486);
    expect((await invite(genesys)).uri).toContain("sip:1003@");
    expect(ms).toBeGreaterThan(4_000);
    expect(ms).toBeLessThan(7_000);
    expect(logs(stand.asterisk)).toContain("call-control has not taken a call within 5 s: internal 1003");
  });
});

describe("a call to a number outside", () => {
  it.each(["+31207654321", "0031207654321", "0207654321"])(
    "as %s goes to the application",
    async (dialled) => {
      const application = await Application.start();
      const call = await (await phone("1002")).invite(dialled);
      const { args, channel } = await application.call();
      expect(args).toStrictEqual(["external", "+31207654321"]);
      expect(channel.caller.number).toBe("1002");
      await application.ari.channels.hangup(channel.id, "rejected");
      expect((await call.final()).status).toBe(403);
    },
  );

  it("goes by the trunk at once when no application is connected, under the trunk's number", async () => {
    const caller = await phone("1002");
    const { value, ms } = await took(caller.invite("0207654321").then((call) => call.final()));
    expect(value.status).toBe(486);
    expect(ms).toBeLessThan(1_000);
    const { uri, from } = await invite(provider);
    expect(uri.toString()).toContain(`sip:+31207654321@${addresses.provider}`);
    expect(from.toString()).toMatch(/^<sip:\+31201234567@/);
  });

  it("goes by the trunk with the longest prefix, and shows no DN", async () => {
    expect((await (await (await phone("1002")).invite("00442071234567")).final()).status).toBe(486);
    const request = await invite(second);
    expect(request.uri.toString()).toContain(`sip:+442071234567@${addresses.second}`);
    expect(request.toString()).not.toMatch(/\b1002\b/);
    expect(provider.invites).toStrictEqual([]);
  });

  it.each([
    ["of another country", "+49301234567"],
    ["dialled so", "0049301234567"],
    ["too long", "+3120123456789012"],
    ["too short", "+312"],
    ["with another extension behind it", "+31207654321,1"],
    ["with another endpoint behind it", "+31207654321&PJSIP"],
    ["that is a name of ours", "genesys_sip_server"],
    ["of the dialplan's own", "T"],
  ])("%s is 404", async (_what, number) => {
    await Application.start();
    const call = await (await phone("1002")).invite(encodeURIComponent(number).replace("%2B", "+"));
    expect((await call.final()).status).toBe(404);
    expect(provider.invites).toStrictEqual([]);
  });
});

describe("a call of a provider", () => {
  it.each(["+31201234567", "31201234567", "0201234567"])("to %s goes to the application", async (called) => {
    const application = await Application.start();
    const call = provider.call(called, outside);
    const { args, channel } = await application.call();
    expect(args).toStrictEqual(["did", "+31201234567", "provider"]);
    expect(channel.caller.number).toBe("+31612345678");
    await application.ari.channels.hangup(channel.id, "busy");
    expect((await call.final).response.status).toBe(486);
  });

  it("to the Contact that is registered there is for the number in To", async () => {
    const application = await Application.start();
    const call = second.call("second", outside, { toUser: "0201234568" });
    const { args, channel } = await application.call();
    expect(args).toStrictEqual(["did", "+31201234568", "second"]);
    await application.ari.channels.hangup(channel.id, "busy");
    await call.final;
    for (const toUser of ["0209999999", "anonymous"]) {
      const { response } = await second.call("second", outside, { toUser }).final;
      expect([toUser, response.status]).toStrictEqual([toUser, 404]);
    }
  });

  it("rings the DN's phone when no application is connected", async () => {
    const alice = await phone("1002");
    const call = provider.call("+31201234567", outside);
    const incoming = await alice.incomingCall();
    expect(incoming.request.get("From")).toContain("sip:+31612345678@");
    incoming.reject(486);
    expect((await call.final).response.status).toBe(486);
  });

  it("rings all members of the queue that are registered", async () => {
    const bob = await phone("1003");
    const alice = await phone("1002");
    const call = provider.call("+31201234568", outside);
    const [first, other] = await Promise.all([alice.incomingCall(), bob.incomingCall()]);
    await first.answer();
    expect((await call.final).response.status).toBe(200);
    expect(await other.ended()).toBe("cancelled");
  });

  it("to nobody who is registered is 480, and to no number of ours 404", async () => {
    expect((await provider.call("+31201234568", outside).final).response.status).toBe(480);
    for (const called of ["+31201234569", "1002", "s", "T", "i"]) {
      const { response } = await provider.call(called, outside).final;
      expect([called, response.status]).toStrictEqual([called, 404]);
    }
  });

  it("from an address that is not the provider's is refused, and so is a phone's from there", async () => {
    await Application.start();
    for (const from of ["+31612345678", "1002", "trunk-provider", "genesys_sip_server"]) {
      const { response } = await stranger.call("+31201234567", outside, { from }).final;
      expect([from, response.status]).toStrictEqual([from, 403]);
    }
  });

  it("is not what an INVITE over a phone's WebSocket is taken for", async () => {
    for (const dn of ["trunk-provider", "provider", "1003"]) {
      const stray = await Phone.connect({
        url: `ws://${addresses.internal}:${ports.http}/ws`,
        dn,
        password: "guessed",
        localAddress: "127.0.0.1",
      });
      open.push(() => stray.close());
      const call = await stray.invite("+31201234567");
      expect([dn, (await call.final()).status]).toStrictEqual([dn, 401]);
    }
  });
});

describe("who is on hold", () => {
  it("hears music", async () => {
    const application = await Application.start();
    const call = provider.call("+31201234567", outside);
    const { channel } = await application.call();
    await application.ari.channels.answer(channel.id);
    expect((await call.final).response.status).toBe(200);
    const before = provider.sound.loud;
    await application.ari.channels.hold(channel.id);
    await eventually("music", () => (provider.sound.loud > before + 50 ? true : undefined));
    await application.ari.channels.unhold(channel.id);
  });
});

describe("a recording of a bridge", () => {
  it("is in the volume, served by ARI, and there when the container has been replaced", async () => {
    const name = newId("recording");
    const application = await Application.start();
    const { channels, bridges, recordings } = application.ari;
    await channels.originate({
      channelId: "party",
      endpoint: "Local/answers@test-far-end",
      app: "callcenter",
    });
    await application.event("StasisStart", ({ channel }) => channel.id === "party");
    await bridges.create({ bridgeId: "recorded" });
    await bridges.addChannel("recorded", "party");
    await application.event("ChannelEnteredBridge");
    await bridges.record("recorded", { name, format: "wav" });
    await bridges.play("recorded", { playbackId: "tone", media: ["tone:440+480/2000,0/4000"] });
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    await recordings.stop(name);
    await application.event("RecordingFinished");
    const before = await buffer((await recordings.download(name)).stream);
    expect(before.length).toBeGreaterThan(16_000);
    await bridges.destroy("recorded");
    await application.ari.stop();

    await docker("rm", "--force", stand.asterisk);
    await stand.startAsterisk({ spool: true });
    const again = await Application.start();
    const after = await buffer((await again.ari.recordings.download(name)).stream);
    expect(after.equals(before)).toBe(true);
    await again.ari.recordings.deleteStored(name);
    const { output } = await attempt("exec", stand.asterisk, "ls", "/var/spool/asterisk/recording");
    expect(output).toBe("");
  });
});

describe("a release to a running Asterisk", () => {
  it("takes a provider's new addresses, numbers, and names that can't be resolved over, with calls going on", async () => {
    const application = await Application.start();
    const call = provider.call("+31201234567", outside);
    const { channel } = await application.call();
    const [first, other] = callControl.trunks as [CallControlTrunk, CallControlTrunk];
    const trunks = [
      { ...first, inboundFrom: [...first.inboundFrom, addresses.stranger] },
      { ...other, host: "sip.provider.invalid" },
    ];
    const dids = [...callControl.dids, { number: "+31207777777", to: { dn: "1003" } }];
    const { status, output } = await stand.releaseAsterisk({
      ...changes,
      callControl: { ...callControl, trunks, dids },
    });
    expect([status, output]).toStrictEqual([0, expect.stringContaining("is in force and loaded")]);
    await application.ari.channels.hangup(channel.id, "busy");
    expect((await call.final).response.status).toBe(486);
    await application.ari.stop();
    expect((await stranger.call("+31207777777", outside).final).response.status).toBe(480);
  });
});

describe("a release for another host", () => {
  const elsewhere = new Stand("asterisk-test-call-control-site");
  beforeAll(() => elsewhere.prepare("asterisk"), 300_000);
  afterAll(() => elsewhere.remove(), 60_000);

  it("is checked with addresses that this machine doesn't have, and without trunks", async () => {
    elsewhere.writeSecrets({ ...passwords, "trunk-second": "second's" });
    const host = { address: "192.0.2.54", publicAddress: "198.51.100.1", localNetworks: ["192.0.2.0/24"] };
    for (const trunks of [callControl.trunks, []]) {
      const { status, output } = await elsewhere.releaseAsterisk({
        ...changes,
        host,
        callControl: { ...callControl, trunks },
      });
      expect([status, output]).toStrictEqual([
        0,
        expect.stringContaining("is in force; the service is not running"),
      ]);
    }
  });
});

describe("behind a public address", () => {
  it("a provider is shown that address, for SIP and for sound", async () => {
    const publicAddress = "198.51.100.7";
    const host = { ...changes.host, publicAddress, localNetworks: ["10.0.0.0/8"] };
    await docker("rm", "--force", stand.asterisk);
    const { status, output } = await stand.releaseAsterisk({ ...changes, host });
    expect([status, output]).toStrictEqual([0, expect.stringContaining("is in force")]);
    await stand.startAsterisk({ spool: true });
    expect((await (await (await phone("1002")).invite("0207654321")).final()).status).toBe(486);
    const request = await invite(provider);
    expect(request.get("Contact")).toContain(`@${publicAddress}:${SIP_PORT}`);
    expect(request.body.toString()).toContain(`c=IN IP4 ${publicAddress}`);
  });
});
