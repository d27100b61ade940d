import { AriClient, type AriClientOptions, newId } from "../../../lib/ari";
import { bridge, channel, FakeAsterisk, until } from "./fake-asterisk";

let asterisk: FakeAsterisk;
let client: AriClient;
const target = { endpoint: "PJSIP/1002", app: "callcenter" };

async function connect(options: Partial<AriClientOptions> = {}): Promise<void> {
  client = new AriClient({
    url: asterisk.url,
    username: "webrtc",
    secret: "swordfish",
    app: "callcenter",
    backoff: { initial: 20, maximum: 40 },
    ...options,
    timeouts: { request: 100, absent: 150, outcome: 3_000, ...options.timeouts },
  });
  client.start();
  await until(() => client.state === "ready");
}

const originate = (id: string) =>
  client.makeChannel(id, () => client.channels.originate({ channelId: id, ...target }));

const asked = (request: string) => asterisk.requests.filter((one) => one === request).length;

beforeEach(async () => {
  asterisk = await new FakeAsterisk().start();
});

afterEach(async () => {
  await client.stop();
  await asterisk.stop();
});

it("ids are never the same, and fit for a path and for Asterisk's 149 bytes", async () => {
  await connect();
  const ids = Array.from({ length: 1_000 }, () => newId("campaign"));
  expect(new Set(ids).size).toBe(1_000);
  for (const id of ids) expect(id).toMatch(/^campaign-[0-9a-f-]{36}$/);
});

describe("what became of a request", () => {
  it("that was answered needs no look-up", async () => {
    await connect();
    asterisk.answers.set("POST /channels/c1", () => [200, channel("c1", "Down")]);
    expect(await originate("c1")).toMatchObject({ outcome: "made", value: { id: "c1", state: "Down" } });
    expect(asked("GET /channels/c1")).toBe(0);
  });

  it("that was refused, or never sent, is its error", async () => {
    await connect();
    asterisk.answers.set("POST /channels/c1", () => [
      409,
      { message: "Channel with given unique ID already exists" },
    ]);
    await expect(originate("c1")).rejects.toMatchObject({ code: "ARI_CONFLICT" });
    await asterisk.stop();
    await until(() => client.state !== "ready");
    await expect(originate("c1")).rejects.toMatchObject({ code: "ARI_CONNECTION", outcomeUnknown: false });
    await asterisk.start();
    expect(asked("GET /channels/c1")).toBe(0);
  });

  it("whose answer was lost: it was made, and stands", async () => {
    await connect();
    asterisk.answers.set("POST /channels/c1", () => {
      asterisk.answers.set("GET /channels/c1", () => [200, channel("c1", "Ringing")]);
      asterisk.cut();
      return undefined;
    });
    expect(await originate("c1")).toMatchObject({ outcome: "made", value: { state: "Ringing" } });
    expect(asked("POST /channels/c1")).toBe(1);
  });

  it("whose answer was late: Asterisk makes it only after we have looked for it first", async () => {
    await connect();
    asterisk.answers.set("POST /channels/c1", () => undefined);
    asterisk.answers.set("GET /channels/c1", () => {
      asterisk.answers.set("GET /channels/c1", () => [200, channel("c1", "Down")]);
      return [404, { message: "Channel not found" }];
    });
    expect(await originate("c1")).toMatchObject({ outcome: "made", value: { id: "c1" } });
  });

  it("whose answer was lost: it was made, and has ended since", async () => {
    await connect();
    asterisk.answers.set("GET /channels/c1", () => [404, { message: "Channel not found" }]);
    asterisk.answers.set("POST /channels/c1", () => {
      asterisk.event("ChannelDestroyed", { channel: channel("c1"), cause: 17, cause_txt: "User busy" });
      return undefined;
    });
    expect(await originate("c1")).toMatchObject({ outcome: "ended", event: { cause: 17 } });
  });

  it("whose answer was lost: there is none, which is sure only after a while", async () => {
    await connect();
    asterisk.answers.set("POST /channels/c1", () => undefined);
    asterisk.answers.set("GET /channels/c1", () => [404, { message: "Channel not found" }]);
    const began = Date.now();
    expect(await originate("c1")).toStrictEqual({ outcome: "absent" });
    expect(Date.now() - began).toBeGreaterThanOrEqual(250);
    expect(asked("GET /channels/c1")).toBeGreaterThanOrEqual(2);
  });

  it("is found out also when Asterisk is away for a moment", async () => {
    await connect();
    asterisk.answers.set("POST /channels/c1", () => {
      void asterisk.stop().then(async () => {
        await new Promise((resolve) => setTimeout(resolve, 300));
        asterisk.answers.set("GET /channels/c1", () => [200, channel("c1")]);
        await asterisk.start();
      });
      return undefined;
    });
    expect(await originate("c1")).toMatchObject({ outcome: "made" });
  });

  it("stays open when it can't be found out in time", async () => {
    await connect({ timeouts: { outcome: 300 } });
    asterisk.answers.set("POST /channels/c1", () => undefined);
    asterisk.answers.set("GET /channels/c1", () => undefined);
    await expect(originate("c1")).rejects.toMatchObject({
      code: "ARI_TIMEOUT",
      message: "POST /channels/c1: no answer within 100 ms",
      outcomeUnknown: true,
    });
  });

  it("stays open when the client is stopped", async () => {
    await connect();
    asterisk.answers.set("POST /channels/c1", () => undefined);
    asterisk.answers.set("GET /channels/c1", () => [404, { message: "Channel not found" }]);
    const made = expect(originate("c1")).rejects.toMatchObject({ outcomeUnknown: true });
    await until(() => asked("GET /channels/c1") > 0);
    await client.stop();
    await made;
  });

  it("is asked for one request of an id at a time", async () => {
    await connect();
    asterisk.answers.set("POST /channels/c1", () => [200, channel("c1")]);
    const both = await Promise.allSettled([originate("c1"), originate("c1")]);
    expect(both).toMatchObject([
      { status: "fulfilled" },
      { reason: { code: "ARI_VALUE", message: 'id: a channel "c1" is being made already' } },
    ]);
    expect(await originate("c1")).toMatchObject({ outcome: "made" });
  });

  it("is found out for bridges, too", async () => {
    await connect();
    asterisk.answers.set("POST /bridges/b1", () => {
      asterisk.answers.set("GET /bridges/b1", () => [200, bridge("b1")]);
      return undefined;
    });
    const make = () => client.makeBridge("b1", () => client.bridges.create({ bridgeId: "b1" }));
    expect(await make()).toMatchObject({ outcome: "made", value: { id: "b1" } });
    asterisk.answers.set("GET /bridges/b1", () => [404, { message: "Bridge not found" }]);
    asterisk.answers.set(
      "POST /bridges/b1",
      () => void asterisk.event("BridgeDestroyed", { bridge: bridge("b1") }) as undefined,
    );
    expect(await make()).toMatchObject({ outcome: "ended", event: { bridge: { id: "b1" } } });
  });
});
