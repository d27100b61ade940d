import { buffer } from "node:stream/consumers";
import {
  AriClient,
  type AriClientOptions,
  type AriError,
  type AriEvent,
  type AriEventOf,
  AriLoginError,
  newId,
  type Snapshot,
} from "../../../lib/ari";
import { Phone } from "../../../lib/phone";
import { docker, eventually, healthy } from "./docker";
import { passwords, ports, props, Stand } from "./stand";
import { TcpProxy } from "./tcp-proxy";

jest.setTimeout(60_000);

/** Addresses of this suite's own. */
const addresses = { trunk: "127.0.78.1", internal: "127.0.78.4" } as const;
const url = `http://${addresses.internal}:${ports.http}/ari`;
const stand = new Stand("asterisk-test-ari", addresses.internal);
const open: (() => Promise<void>)[] = [];

/** Who is called: half a minute of a far end that does one thing. */
const farEnd = `
[test-far-end]
exten => answers,1,Answer()
 same => n,Wait(30)
exten => rings,1,Ringing()
 same => n,Wait(30)
exten => busy,1,Hangup(17)
exten => comes-in,1,Stasis(callcenter,from-dialplan,\${EXTEN})
 same => n,Set(AFTER=\${STASISSTATUS})
 same => n,Wait(30)
exten => later,1,Set(LATER=yes)
 same => n,Wait(30)
`;

beforeAll(async () => {
  await stand.prepare("postgres", "database", "asterisk");
  await stand.startPostgres();
  const { status, output } = await stand.releaseDatabase();
  if (status !== 0) throw new Error(output);
  const released = await stand.releaseAsterisk(
    {
      forwardingMode: "proxy",
      host: { address: addresses.trunk, localNetworks: [] },
      asterisk: { ...props.asterisk, sipAddress: addresses.trunk, internalAddress: addresses.internal },
      postgres: { ...props.postgres, address: addresses.internal },
      rtp: { from: 26200, to: 26300 },
    },
    (files) => ({
      ...files,
      "modules.conf": `${files["modules.conf"]}\nrequire = chan_bridge_media.so\n`,
      "extensions.conf": `${files["extensions.conf"]}${farEnd}`,
    }),
  );
  if (released.status !== 0) throw new Error(released.output);
  await stand.startAsterisk();
}, 300_000);

afterAll(() => stand.remove());

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
  await stand.cli("channel request hangup all");
  await eventually("all channels to end", async () =>
    (await stand.cli("core show channels count")).includes("0 active channels") ? true : undefined,
  );
});

class Watched {
  readonly events: AriEvent[] = [];
  readonly snapshots: Snapshot[] = [];
  readonly errors: AriError[] = [];
  readonly malformed: string[] = [];
  readonly unknown: string[] = [];

  constructor(readonly ari: AriClient) {
    ari.on("event", (event) => this.events.push(event));
    ari.on("ready", (snapshot) => this.snapshots.push(snapshot));
    ari.on("waiting", (error) => this.errors.push(error));
    ari.on("malformed", (error) => this.malformed.push(error.message));
    ari.on("unknownEvent", ({ type }) => this.unknown.push(type));
  }

  /** The first event of this type that fits, which has come or comes. */
  event<T extends AriEvent["type"]>(
    type: T,
    fits: (event: AriEventOf<T>) => boolean = () => true,
  ): Promise<AriEventOf<T>> {
    return eventually(type, () =>
      this.events.find((one): one is AriEventOf<T> => one.type === type && fits(one as AriEventOf<T>)),
    );
  }

  ready(times = 1): Promise<Snapshot> {
    return eventually(`ready for the ${times}. time`, () => this.snapshots[times - 1]);
  }
}

function start(options: Partial<AriClientOptions> = {}): Watched {
  const ari = new AriClient({
    url,
    username: "webrtc",
    secret: passwords.ari ?? "",
    app: "callcenter",
    ...options,
  });
  const watched = new Watched(ari);
  open.push(async () => {
    await ari.stop();
    // Whatever a test has seen, every event of a real Asterisk is one that is read.
    expect(watched.malformed).toStrictEqual([]);
    expect(watched.unknown).toStrictEqual([]);
  });
  ari.start();
  return watched;
}

async function connect(options: Partial<AriClientOptions> = {}): Promise<Watched> {
  const watched = start(options);
  await watched.ready();
  return watched;
}

async function proxy(): Promise<TcpProxy> {
  const tcp = await TcpProxy.start(addresses.internal, ports.http);
  open.push(() => tcp.stop());
  return tcp;
}

/** A Local channel to one of the far ends, in Stasis. */
async function call({ ari }: Watched, extension = "answers", id = newId("test")): Promise<string> {
  await ari.channels.originate({
    channelId: id,
    endpoint: `Local/${extension}@test-far-end`,
    app: "callcenter",
  });
  return id;
}

async function answered(watched: Watched, id = newId("test")): Promise<string> {
  await call(watched, "answers", id);
  await watched.event("StasisStart", ({ channel }) => channel.id === id);
  return id;
}

async function phone(dn: string): Promise<Phone> {
  const connected = await Phone.connect({
    url: `ws://${addresses.internal}:${ports.http}/ws`,
    dn,
    password: passwords[`dn/${dn}`] ?? "",
    deadlineMs: 5_000,
    localAddress: "127.0.0.1",
  });
  open.push(() => connected.close());
  await connected.register();
  return connected;
}

describe("a connection", () => {
  it("is ready with what stands", async () => {
    const first = await connect();
    const id = await answered(first);
    await first.ari.bridges.create({ bridgeId: "standing", name: "a b/c" });
    await first.ari.bridges.addChannel("standing", id);
    await first.event("ChannelEnteredBridge");
    const { snapshots } = await connect({ app: "another" });
    expect(snapshots[0]?.asterisk.system.version).toMatch(/^22\./);
    expect(snapshots[0]?.channels.map((channel) => channel.id).sort()).toStrictEqual([id, `${id};2`]);
    expect(snapshots[0]?.bridges).toMatchObject([{ id: "standing", name: "a b/c", channels: [id] }]);
    expect((await first.ari.applications.list()).map(({ name }) => name).sort()).toStrictEqual([
      "another",
      "callcenter",
    ]);
    await first.ari.bridges.destroy("standing");
  });

  it("with a wrong password says so, for the WebSocket and for requests", async () => {
    const { ari, errors } = start({ secret: "guessed" });
    await eventually("its error", () => errors[0]);
    expect(errors[0]).toBeInstanceOf(AriLoginError);
    expect(errors[0]?.message).toBe(
      'Asterisk rejects the ARI user "webrtc": the user or its password is wrong',
    );
    await expect(ari.asterisk.ping()).rejects.toBeInstanceOf(AriLoginError);
  });

  it("is told what is not ARI", async () => {
    const { errors } = start({ url: `http://${addresses.internal}:${ports.http}/elsewhere` });
    await eventually("its error", () => errors[0]);
    expect(errors[0]).toMatchObject({ code: "ARI_PROTOCOL" });
  });

  it("gives way to a second instance, and both say what happened", async () => {
    const first = await connect();
    const second = await connect();
    await eventually("the first one to notice", () => first.errors[0]);
    expect(first.errors[0]).toMatchObject({ code: "ARI_REPLACED" });
    const id = await answered(second);
    expect(first.events).toStrictEqual([]);
    // The end of the first one's WebSocket must not take the second one's subscription along.
    await second.ari.channels.hangup(id);
    await second.event("ChannelDestroyed", ({ channel }) => channel.id === id);
  });
});

describe("a channel", () => {
  it("is originated into Stasis, and ends with its cause", async () => {
    const watched = await connect();
    const { channels } = watched.ari;
    const id = "a/b c+d%2F-ü?&#";
    const made = await channels.originate({
      channelId: id,
      endpoint: "Local/answers@test-far-end",
      app: "callcenter",
      appArgs: ["agent", "7"],
      callerId: "Bob <200>",
      timeout: 5,
      variables: { FOO: "b,a&r \"q\" 'q' ü" },
    });
    expect(made).toMatchObject({ id, state: "Down", caller: { name: "Bob", number: "200" } });
    const started = await watched.event("StasisStart");
    expect(started).toMatchObject({
      args: ["agent", "7"],
      channel: { id, dialplan: { app_name: "Stasis" } },
    });
    expect((await watched.event("Dial", ({ dialstatus }) => dialstatus === "ANSWER")).peer.id).toBe(id);
    expect(await channels.get(id)).toMatchObject({ id, state: "Up" });
    expect((await channels.list()).map((channel) => channel.id)).toContain(id);
    // A Local channel keeps the variables of its originator on its other half, too.
    expect(await channels.getVariable(id, "FOO")).toBe("b,a&r \"q\" 'q' ü");
    await channels.setVariable(id, "BAR", "two\nlines + 100%");
    expect(await channels.getVariable(id, "BAR")).toBe("two\nlines + 100%");
    expect(await channels.getVariable(id, "CHANNEL(state)")).toBe("Up");
    expect(await channels.getVariable(id, "NOTHING")).toBeUndefined();
    await expect(channels.getVariable(id, "NOTHING()")).rejects.toMatchObject({ code: "ARI_FAILED" });
    await channels.hangup(id, "busy");
    expect(await watched.event("ChannelDestroyed", ({ channel }) => channel.id === id)).toMatchObject({
      cause: 17,
      cause_txt: "User busy",
    });
    await Promise.all(
      [channels.get(id), channels.hangup(id), channels.answer(id), channels.getVariable(id, "FOO")].map(
        (gone) => expect(gone).rejects.toMatchObject({ code: "ARI_NOT_FOUND", status: 404 }),
      ),
    );
  });

  it("that is refused has the error that Asterisk gives", async () => {
    const watched = await connect();
    const { channels, bridges } = watched.ari;
    const id = await answered(watched);
    await expect(call(watched, "answers", id)).rejects.toMatchObject({
      code: "ARI_CONFLICT",
      reason: "Channel with given unique ID already exists",
      outcomeUnknown: false,
    });
    for (const endpoint of ["PJSIP/nobody", "PJSIP/1002", "Local/nowhere@test-nowhere", "Odd/1"]) {
      const originated = channels.originate({ channelId: newId("test"), endpoint, app: "callcenter" });
      if (endpoint.startsWith("Local/")) await originated;
      else
        await expect(originated).rejects.toMatchObject({ code: "ARI_FAILED", reason: "Allocation failed" });
    }
    await expect(
      channels.originate({
        channelId: "x".repeat(150),
        endpoint: "Local/answers@test-far-end",
        app: "callcenter",
      }),
    ).rejects.toMatchObject({ code: "ARI_REFUSED", status: 400 });
    // Its other half is in the dialplan, and not in Stasis.
    await expect(channels.answer(`${id};2`)).rejects.toMatchObject({ code: "ARI_CONFLICT", status: 409 });
    await expect(channels.redirect(id, "PJSIP/1002")).rejects.toMatchObject({ status: 422 });
    await expect(bridges.addChannel("none", id)).rejects.toMatchObject({ code: "ARI_NOT_FOUND" });
  });

  it("that nobody answers ends with a cause, and never comes into Stasis", async () => {
    const watched = await connect();
    const busy = await call(watched, "busy");
    expect(await watched.event("ChannelDestroyed", ({ channel }) => channel.id === busy)).toMatchObject({
      cause: 17,
    });
    const id = newId("test");
    const endpoint = "Local/rings@test-far-end";
    await watched.ari.channels.originate({ channelId: id, endpoint, app: "callcenter", timeout: 1 });
    await watched.event("Dial", ({ peer, dialstatus }) => peer.id === id && dialstatus === "RINGING");
    await watched.event("ChannelDestroyed", ({ channel }) => channel.id === id);
    expect(watched.events.map(({ type }) => type)).not.toContain("StasisStart");
  });

  it("that comes in rings, is answered, and goes on in the dialplan", async () => {
    const watched = await connect();
    const { channels } = watched.ari;
    await channels.originate({
      channelId: "caller",
      otherChannelId: "callee",
      endpoint: "Local/comes-in@test-far-end",
      app: "callcenter",
    });
    const { args } = await watched.event("StasisStart", ({ channel }) => channel.id === "callee");
    expect(args).toStrictEqual(["from-dialplan", "comes-in"]);
    await channels.ring("callee");
    await watched.event("Dial", ({ dialstatus }) => dialstatus === "RINGING");
    await channels.stopRinging("callee");
    await channels.answer("callee");
    await watched.event("StasisStart", ({ channel }) => channel.id === "caller");
    await channels.continueInDialplan("callee");
    await watched.event("StasisEnd", ({ channel }) => channel.id === "callee");
    await watched.event(
      "ChannelVarset",
      ({ variable, value }) => variable === "AFTER" && value === "SUCCESS",
    );
    await channels.continueInDialplan("caller", { context: "test-far-end", extension: "later", priority: 1 });
    await watched.event("StasisEnd", ({ channel }) => channel.id === "caller");
    await watched.event(
      "ChannelVarset",
      ({ variable, channel }) => variable === "LATER" && channel?.id === "caller",
    );
  });

  it("that is made first is dialled later, from within a bridge", async () => {
    const watched = await connect();
    const { channels, bridges } = watched.ari;
    await bridges.create({ bridgeId: "early" });
    const made = await channels.create({
      channelId: "made",
      endpoint: "Local/answers@test-far-end",
      app: "callcenter",
      appArgs: ["made"],
    });
    expect(made.state).toBe("Down");
    await watched.event("StasisStart", ({ args }) => args[0] === "made");
    await bridges.addChannel("early", "made");
    await watched.event("ChannelEnteredBridge");
    await channels.dial("made", { timeout: 5 });
    await watched.event("Dial", ({ dialstatus }) => dialstatus === "ANSWER");
    await expect(channels.dial("made")).rejects.toMatchObject({ code: "ARI_CONFLICT" });
    await bridges.destroy("early");
  });

  it("sends DTMF, which comes in at the other end", async () => {
    const watched = await connect();
    const { channels } = watched.ari;
    await channels.originate({
      channelId: "keys",
      otherChannelId: "ears",
      endpoint: "Local/comes-in@test-far-end",
      app: "callcenter",
    });
    await watched.event("StasisStart", ({ channel }) => channel.id === "ears");
    await channels.answer("ears");
    await watched.event("StasisStart", ({ channel }) => channel.id === "keys");
    await channels.sendDtmf("keys", "12A*#", { duration: 80, between: 60 });
    await watched.event("ChannelDtmfReceived", ({ digit }) => digit === "#");
    const digits = watched.events.filter((event) => event.type === "ChannelDtmfReceived");
    expect(digits.map(({ digit, channel }) => `${channel.id} ${digit}`)).toStrictEqual(
      ["1", "2", "A", "*", "#"].map((digit) => `ears ${digit}`),
    );
    for (const { duration_ms } of digits) expect(duration_ms).toBeGreaterThanOrEqual(60);
  });

  it("plays, records, is listened to, held and muted", async () => {
    const watched = await connect();
    const { channels, playbacks, recordings } = watched.ari;
    const id = await answered(watched);
    const played = await channels.play(id, { playbackId: "tone", media: "tone:440+480/2000,0/4000" });
    expect(played).toMatchObject({ id: "tone", target_uri: `channel:${id}` });
    await watched.event("PlaybackStarted");
    expect(await playbacks.get("tone")).toMatchObject({ state: "playing" });
    await playbacks.stop("tone");
    expect(await watched.event("PlaybackFinished")).toMatchObject({ playback: { state: "done" } });
    await expect(playbacks.get("tone")).rejects.toMatchObject({ code: "ARI_NOT_FOUND" });

    const request = { name: "memo", format: "wav", maxDuration: 10, terminateOn: "#" } as const;
    expect(await channels.record(id, request)).toMatchObject({ name: "memo", target_uri: `channel:${id}` });
    await watched.event("RecordingStarted");
    await recordings.cancel("memo");
    await watched.event("RecordingFinished");
    await expect(recordings.getStored("memo")).rejects.toMatchObject({ code: "ARI_NOT_FOUND" });
    await expect(channels.record(id, { ...request, format: "mp9" })).rejects.toMatchObject({ status: 422 });

    await channels.mute(id, "in");
    await channels.unmute(id, "in");
    await channels.hold(id);
    await channels.unhold(id);
    const spy = await channels.snoop(id, {
      snoopId: "spy",
      app: "callcenter",
      appArgs: ["spy"],
      spy: "both",
    });
    expect(spy).toMatchObject({ id: "spy" });
    await watched.event("StasisStart", ({ args }) => args[0] === "spy");
    await channels.hangup("spy");
    await watched.event("StasisEnd", ({ channel }) => channel.id === "spy");
  });
});

describe("a bridge", () => {
  it("joins two calls, plays to both, and is recorded; the file is downloaded and deleted", async () => {
    const watched = await connect();
    const { bridges, recordings, playbacks } = watched.ari;
    const [one, two] = [await answered(watched), await answered(watched)];
    const id = newId("talk");
    expect(await bridges.create({ bridgeId: id, name: "talk" })).toMatchObject({ id, bridge_type: "mixing" });
    await expect(bridges.create({ bridgeId: id })).rejects.toMatchObject({ code: "ARI_CONFLICT" });
    await watched.ari.applications.subscribe(`bridge:${id}`);
    await bridges.addChannel(id, [one, two]);
    await watched.event("ChannelEnteredBridge", ({ bridge }) => bridge.channels.length === 2);
    await expect(bridges.addChannel(id, "nobody")).rejects.toMatchObject({ status: 400 });

    const name = "campaign 7/ü+1";
    expect(await bridges.record(id, { name, format: "wav", beep: false })).toMatchObject({
      name,
      format: "wav",
    });
    await watched.event("RecordingStarted");
    await expect(bridges.record(id, { name, format: "wav" })).rejects.toMatchObject({ code: "ARI_CONFLICT" });
    await bridges.play(id, { playbackId: "tone", media: ["tone:440+480/2000,0/4000"] });
    await watched.event("PlaybackStarted");
    expect(await recordings.getLive(name)).toMatchObject({ state: "recording", target_uri: `bridge:${id}` });
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    await recordings.pause(name);
    await recordings.unpause(name);
    await recordings.mute(name);
    await recordings.unmute(name);
    await playbacks.stop("tone");
    await watched.event("PlaybackFinished");
    await recordings.stop(name);
    const { recording } = await watched.event("RecordingFinished");
    expect(recording.duration).toBeGreaterThanOrEqual(1);

    expect(await recordings.listStored()).toStrictEqual([{ name, format: "wav" }]);
    expect(await recordings.getStored(name)).toStrictEqual({ name, format: "wav" });
    const { stream, contentType, length } = await recordings.download(name);
    const file = await buffer(stream);
    expect({ contentType, length }).toStrictEqual({ contentType: "audio/wav", length: file.length });
    expect(strengthOf(440, file)).toBeGreaterThan(20 * strengthOf(1_000, file));
    expect(strengthOf(480, file)).toBeGreaterThan(20 * strengthOf(1_000, file));
    await recordings.deleteStored(name);
    await expect(recordings.download(name)).rejects.toMatchObject({ code: "ARI_NOT_FOUND" });

    await bridges.removeChannel(id, one);
    await watched.event("ChannelLeftBridge", ({ channel }) => channel.id === one);
    await expect(bridges.removeChannel(id, one)).rejects.toMatchObject({ status: 422 });
    expect((await bridges.get(id)).channels).toStrictEqual([two]);
    await bridges.destroy(id);
    await watched.event("BridgeDestroyed");
    await expect(bridges.get(id)).rejects.toMatchObject({ code: "ARI_NOT_FOUND" });
    // Both are in Stasis still.
    await watched.ari.channels.hangup(one);
    await watched.ari.channels.hangup(two, 21);
    const { cause_txt } = await watched.event("ChannelDestroyed", ({ channel }) => channel.id === two);
    expect(cause_txt).toBe("Call Rejected");
  });
});

describe("a phone", () => {
  it("is called, rings, answers, is held, transferred and hung up", async () => {
    const watched = await connect();
    const { channels, endpoints } = watched.ari;
    await stand.sql("ALTER TABLE ps_endpoints ADD COLUMN moh_passthrough text DEFAULT 'yes'");
    const alice = await phone("1002");
    await eventually("1002 to be online", async () =>
      (await endpoints.get("PJSIP", "1002")).state === "online" ? true : undefined,
    );
    const id = newId("agent");
    await channels.originate({
      channelId: id,
      endpoint: "PJSIP/1002",
      app: "callcenter",
      callerId: "Campaign <7000>",
    });
    const incoming = await alice.incomingCall();
    expect(incoming.request.get("From")).toMatch(/^"Campaign" <sip:7000@/);
    await watched.event("Dial", ({ dialstatus }) => dialstatus === "RINGING");
    expect(await endpoints.get("PJSIP", "1002")).toMatchObject({ channel_ids: [id] });
    await incoming.answer();
    await watched.event("StasisStart", ({ channel }) => channel.id === id);
    expect((await channels.get(id)).protocol_id).toBe(incoming.request.get("Call-ID"));
    await channels.hold(id);
    const held = await eventually("re-INVITE", () =>
      alice.messages.find(({ text }) => text.startsWith("INVITE ") && text.includes("a=sendonly")),
    );
    expect(held.text).toContain(`Call-ID: ${incoming.request.get("Call-ID")}`);
    await channels.unhold(id);
    await channels.redirect(id, "PJSIP/sip:1003@127.0.0.1");
    const refer = await eventually("REFER", () =>
      alice.messages.find(({ text }) => text.startsWith("REFER ")),
    );
    expect(refer.text).toContain("1003");
    await channels.hangup(id);
    expect(await incoming.ended()).toBe("remote");
  });

  it("that is busy says so by its cause, and one that is asked to call gets a REFER", async () => {
    const watched = await connect();
    const { channels, endpoints } = watched.ari;
    const bob = await phone("1003");
    await channels.originate({ channelId: "busy", endpoint: "PJSIP/1003", app: "callcenter" });
    (await bob.incomingCall()).reject(486);
    const { cause } = await watched.event("ChannelDestroyed", ({ channel }) => channel.id === "busy");
    expect(cause).toBe(17);
    await endpoints.refer({ to: "pjsip:1003", from: "sip:7000@127.0.0.1", referTo: "sip:1002@127.0.0.1" });
    const refer = await eventually("REFER", () => bob.messages.find(({ text }) => text.startsWith("REFER ")));
    expect(refer.text).toMatch(/^Refer-To: <?sip:1002@127\.0\.0\.1/im);
    await expect(
      endpoints.refer({ to: "pjsip:nobody", from: "sip:7000@127.0.0.1", referTo: "sip:1002@127.0.0.1" }),
    ).rejects.toMatchObject({ code: "ARI_NOT_FOUND" });
    expect((await endpoints.list("PJSIP")).map(({ resource }) => resource)).toContain("1003");
    expect((await endpoints.list()).length).toBeGreaterThanOrEqual(1);
    await expect(endpoints.get("PJSIP", "nobody")).rejects.toMatchObject({ code: "ARI_NOT_FOUND" });
  });
});

describe("the application", () => {
  it("subscribes to what it doesn't hold, and filters", async () => {
    const watched = await connect();
    const { applications, bridges } = watched.ari;
    await bridges.create({ bridgeId: "seen" });
    expect(await applications.subscribe("bridge:seen")).toMatchObject({ bridge_ids: ["seen"] });
    await expect(applications.subscribe("bridge:unseen")).rejects.toMatchObject({ status: 422 });
    await applications.unsubscribe("bridge:seen");
    expect(await applications.get()).toMatchObject({ bridge_ids: [] });
    await applications.filter({ allowed: ["StasisStart"] });
    const id = await answered(watched);
    await watched.ari.channels.hangup(id);
    await eventually("its end", () =>
      watched.ari.channels.get(id).then(
        () => undefined,
        () => true,
      ),
    );
    await applications.filter({});
    expect(watched.events.map(({ type }) => type)).toStrictEqual(["StasisStart"]);
    await bridges.destroy("seen");
  });

  it("that had subscribed to little is told of all when it asks for all, while calls from before are up", async () => {
    const first = await connect();
    await answered(first);
    await first.ari.stop();
    const second = await connect({ subscribeAll: true });
    await second.ari.bridges.create({ bridgeId: "new" });
    await second.event("BridgeCreated", ({ bridge }) => bridge.id === "new");
    await second.ari.bridges.destroy("new");
  });

  it("is told who Asterisk is", async () => {
    const { ari } = await connect();
    expect(await ari.asterisk.ping()).toMatchObject({ ping: "pong" });
    expect((await ari.asterisk.info()).system.version).toMatch(/^22\./);
    expect(await ari.asterisk.getVariable("RELEASE")).toMatch(/^[0-9a-f]{12}$/);
    expect(await ari.asterisk.getVariable("NOTHING")).toBe("");
  });

  it("may send as much as the client lets it", async () => {
    const watched = await connect();
    const { channels, asterisk } = watched.ari;
    const id = await answered(watched);
    const value = "x".repeat(40_960 - '{"variable":"LONG","value":""}'.length);
    await channels.setVariable(id, "LONG", value);
    await expect(channels.setVariable(id, "LONG", `${value}x`)).rejects.toMatchObject({ code: "ARI_VALUE" });
    expect(await channels.getVariable(id, "LONG")).toBe(value);
    const name = "x".repeat(4_000 - "/ari/asterisk/variable?variable=".length);
    expect(await asterisk.getVariable(name)).toBe("");
    await expect(asterisk.getVariable(`${name}x`)).rejects.toMatchObject({ code: "ARI_VALUE" });
  });
});

describe("a loss", () => {
  it("is over within 5 s, and what ended and began meanwhile is told by the lists", async () => {
    const tcp = await proxy();
    const watched = await connect({ url: tcp.url });
    const direct = await connect({ app: "observer" });
    const [stays, ends] = [await answered(watched), await answered(watched)];
    await tcp.refuse();
    await eventually("the loss", () => watched.errors[0]);
    await direct.ari.channels.hangup(ends);
    await direct.ari.channels.originate({
      channelId: "begins",
      endpoint: "Local/answers@test-far-end",
      app: "observer",
    });
    await eventually("its end", () =>
      direct.ari.channels.get(ends).then(
        () => undefined,
        () => true,
      ),
    );
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await tcp.accept();
    const back = Date.now();
    const { channels, restarted } = await watched.ready(2);
    expect(Date.now() - back).toBeLessThan(5_000);
    expect(restarted).toBe(false);
    expect(channels.map(({ id }) => id).sort()).toStrictEqual(
      ["begins", "begins;2", stays, `${stays};2`].sort(),
    );
    expect(watched.events.filter(({ type }) => type === "ChannelDestroyed")).toStrictEqual([]);
    // The one that stayed belongs to the application as before.
    await watched.ari.channels.hangup(stays);
    await watched.event("StasisEnd", ({ channel }) => channel.id === stays);
    await watched.event("ChannelDestroyed", ({ channel }) => channel.id === stays);
  });

  it("misses no end, however often the connection is cut while calls end", async () => {
    const tcp = await proxy();
    const watched = await connect({ url: tcp.url, backoff: { initial: 20, maximum: 50 } });
    const known = new Set<string>();
    for (let n = 0; n < 12; n++) known.add(await answered(watched));
    const over = new Set<string>();
    const end = (id: string) => known.has(id) && over.add(id);
    watched.ari.on("event", (event) => event.type === "ChannelDestroyed" && end(event.channel.id));
    watched.ari.on("ready", ({ channels }) => {
      const standing = new Set(channels.map(({ id }) => id));
      for (const id of known) if (!standing.has(id)) end(id);
    });
    const direct = await connect({ app: "observer" });
    const hangups = [...known].map(async (id, n) => {
      await new Promise((resolve) => setTimeout(resolve, n * 60));
      await direct.ari.channels.hangup(id);
    });
    for (let n = 0; n < 6; n++) {
      tcp.cut();
      await new Promise((resolve) => setTimeout(resolve, 110));
    }
    await Promise.all(hangups);
    await eventually("every end", () => (over.size === known.size ? true : undefined));
    expect(watched.snapshots.length).toBeGreaterThan(1);
  });

  it("is found also when Asterisk gives the connection up in silence, because nobody reads", async () => {
    const tcp = await proxy();
    const watched = await connect({ url: tcp.url, timeouts: { keepAlive: 500, ping: 500 } });
    const direct = await connect({ app: "observer" });
    tcp.stall();
    const values = { padding: "z".repeat(30_000) };
    // The application's own events, more than sockets hold.
    for (let n = 0; n < 1_000; n++) {
      // 404: Asterisk has dropped the application with its connection.
      if ((await post("/events/user/flood", { application: "callcenter", variables: values })) === 404) break;
    }
    await eventually("the loss", () => watched.errors[0]);
    expect(watched.errors[0]).toMatchObject({ code: "ARI_TIMEOUT" });
    await watched.ready(2);
    const id = await answered(watched);
    await direct.ari.channels.hangup(id);
    await watched.event("ChannelDestroyed", ({ channel }) => channel.id === id);
  });

  it("of an answer leaves nothing open: the channel was made, once", async () => {
    const tcp = await proxy();
    const watched = await connect({ url: tcp.url, subscribeAll: true });
    const id = newId("lost");
    tcp.loseAnswers(true);
    const request = { channelId: id, endpoint: "Local/answers@test-far-end", app: "callcenter" };
    const made = watched.ari.makeChannel(id, async () => {
      const answer = watched.ari.channels.originate(request);
      await answer.catch(() => tcp.loseAnswers(false));
      return answer;
    });
    expect(await made).toMatchObject({ outcome: "made", value: { id } });
    expect((await watched.ari.channels.list()).filter((channel) => channel.id === id)).toHaveLength(1);

    const quick = newId("lost");
    tcp.loseAnswers(true);
    const ended = watched.ari.makeChannel(quick, async () => {
      const answer = watched.ari.channels.originate({
        ...request,
        channelId: quick,
        endpoint: "Local/busy@test-far-end",
      });
      await answer.catch(() => watched.event("ChannelDestroyed", ({ channel }) => channel.id === quick));
      tcp.loseAnswers(false);
      return answer;
    });
    expect(await ended).toMatchObject({ outcome: "ended", event: { cause: 17 } });
  });

  it("by a restart of Asterisk is told as such, and is over as soon as Asterisk is back", async () => {
    const watched = await connect();
    const id = await answered(watched);
    await docker("restart", "--time", "10", stand.asterisk);
    await healthy(stand.asterisk);
    const back = Date.now();
    const { restarted, channels } = await watched.ready(2);
    expect(Date.now() - back).toBeLessThan(5_000);
    expect({ restarted, channels }).toStrictEqual({ restarted: true, channels: [] });
    await expect(watched.ari.channels.get(id)).rejects.toMatchObject({ code: "ARI_NOT_FOUND" });
    await answered(watched);
  });
});

/** A request that the client has no method for. */
async function post(path: string, body: object): Promise<number> {
  const answer = await fetch(`${url}${path}`, {
    method: "POST",
    headers: {
      Authorization: `Basic ${Buffer.from(`webrtc:${passwords.ari}`).toString("base64")}`,
      "Content-Type": "application/json",
    },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(5_000),
  });
  await answer.arrayBuffer();
  return answer.status;
}

/** How strong a frequency is in a WAV file of 8 kHz, 16 bits, mono (Goertzel). */
function strengthOf(hertz: number, wav: Buffer): number {
  const samples = new Int16Array(wav.buffer.slice(wav.byteOffset + 44, wav.byteOffset + 44 + 2 * 8_000));
  const coefficient = 2 * Math.cos((2 * Math.PI * hertz) / 8_000);
  let [before, last] = [0, 0];
  for (const sample of samples) [before, last] = [last, sample + coefficient * last - before];
  return Math.sqrt(Math.max(0, before * before + last * last - coefficient * before * last));
}
