import {
  AriClient,
  type AriClientOptions,
  type AriError,
  type AriEvent,
  AriLoginError,
  type Snapshot,
} from "../../../lib/ari";
import { defaultBackoff, defaultTimeouts } from "../../../lib/ari/options";
import { bridge, channel, FakeAsterisk, until } from "./fake-asterisk";

let asterisk: FakeAsterisk;
let client: AriClient;
let story: string[];
let events: AriEvent[];

function connect(options: Partial<AriClientOptions> = {}): AriClient {
  client = new AriClient({
    url: asterisk.url,
    username: "webrtc",
    secret: "swordfish",
    app: "callcenter",
    backoff: { initial: 20, maximum: 40 },
    rejectedBackoff: { initial: 60_000, maximum: 60_000, minimum: 30_000 },
    ...options,
  });
  story = [];
  events = [];
  client.on("state", (state) => story.push(state));
  client.on("ready", ({ restarted }) => story.push(restarted ? "ready: restarted" : "ready:"));
  client.on("lost", (error) => story.push(`lost: ${error.code}`));
  client.on("event", (event) => events.push(event));
  client.start();
  return client;
}

const ready = () => until(() => client.state === "ready");
const types = () => events.map(({ type }) => type);
/** Waits until everything that Asterisk has sent so far has arrived. */
async function settled(): Promise<void> {
  asterisk.event("BridgeDestroyed", { bridge: bridge("marker") });
  await until(() => types().includes("BridgeDestroyed"));
}

beforeEach(async () => {
  asterisk = await new FakeAsterisk().start();
});

afterEach(async () => {
  await client.stop();
  await asterisk.stop();
});

describe("options", () => {
  it.each<[Partial<AriClientOptions>, string]>([
    [{ url: "asterisk" }, 'url "asterisk": is no address such as http://127.0.0.1:8088'],
    [{ username: "a:b" }, "username: must be a name without a colon"],
    [{ secret: "a\nb" }, "secret: must be a text of one line"],
    [{ secret: "" }, "secret: must be a text of one line"],
    [{ app: "a,b" }, 'app "a,b": must be up to 64 letters, digits and any of - _ .'],
  ])("%j are refused in words", (wrong, message) => {
    const options = { url: asterisk.url, username: "webrtc", secret: "swordfish", app: "callcenter" };
    client = new AriClient(options);
    expect(() => new AriClient({ ...options, ...wrong })).toThrow(
      expect.objectContaining({ code: "ARI_VALUE", message }),
    );
  });
});

describe("the WebSocket", () => {
  it("is asked for with the user in a header, and not in the address", async () => {
    connect();
    await ready();
    const [asked] = asterisk.asked;
    expect(asked).toMatchObject({ method: "GET", path: "/events" });
    expect(asked?.query.toString()).toBe("app=callcenter&subscribeAll=false");
    expect(asked?.authorization).toBe(`Basic ${Buffer.from("webrtc:swordfish").toString("base64")}`);
    expect(story).toStrictEqual(["connecting", "listing", "ready", "ready:"]);
  });

  it("a rejected user is said so, and is not tried again soon", async () => {
    const waits: [AriError, number][] = [];
    connect({ secret: "wrong", random: () => 0 }).on("waiting", (...wait) => waits.push(wait));
    await until(() => client.state === "waiting");
    const [error, wait] = waits[0] as [AriError, number];
    expect(error).toBeInstanceOf(AriLoginError);
    expect(error.message).toBe('Asterisk rejects the ARI user "webrtc": the user or its password is wrong');
    expect(wait).toBe(30_000);
    expect(story).toStrictEqual(["connecting", "waiting"]);
  });

  it.each<[number, unknown, string, string]>([
    [
      503,
      { message: "Asterisk not booted" },
      "ARI_FAILED",
      "Asterisk answers GET /events with 503: Asterisk not booted",
    ],
    [
      403,
      { message: "Access denied by ACL" },
      "ARI_REFUSED",
      "Asterisk answers GET /events with 403: Access denied by ACL",
    ],
    [
      404,
      "<h1>Not Found</h1>",
      "ARI_PROTOCOL",
      "GET /events: 404 without an answer in JSON: is this Asterisk's HTTP server, and ARI enabled in its ari.conf?",
    ],
    [
      200,
      { fine: true },
      "ARI_PROTOCOL",
      "GET /events: status 200 and no WebSocket: is this Asterisk's HTTP server, and ARI enabled in its ari.conf?",
    ],
  ])("that is refused with %d says why, and is tried again", async (status, body, code, message) => {
    asterisk.refusal = [status, body];
    connect();
    await until(() => client.lastError !== undefined);
    expect(client.lastError).toMatchObject({ code, message });
    asterisk.refusal = undefined;
    await ready();
    expect(client.lastError).toBeUndefined();
  });

  it("to nobody says so", async () => {
    await asterisk.stop();
    connect();
    await until(() => client.lastError !== undefined);
    expect(client.lastError).toMatchObject({ code: "ARI_CONNECTION" });
    expect(client.lastError?.message).toContain(`WebSocket to ${asterisk.url}/ari: connect ECONNREFUSED`);
    await asterisk.start();
    await ready();
  });

  it("that is not answered is given up", async () => {
    const { createServer } = await import("node:net");
    const sockets: { destroy(): void }[] = [];
    const silent = createServer((socket) => void sockets.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as { port: number };
    connect({ url: `http://127.0.0.1:${port}`, timeouts: { connect: 50 } });
    await until(() => client.lastError !== undefined);
    expect(client.lastError?.message).toBe(
      `WebSocket to http://127.0.0.1:${port}/ari: no answer within 50 ms`,
    );
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
});

describe("ready", () => {
  it("has what stands, all that was read after the events had begun to come", async () => {
    asterisk.channels = [channel("c1"), channel("c2")];
    asterisk.bridges = [bridge("b1", "c1")];
    const snapshots: Snapshot[] = [];
    connect().on("ready", (snapshot) => snapshots.push(snapshot));
    await ready();
    expect(snapshots).toMatchObject([
      {
        channels: [{ id: "c1" }, { id: "c2" }],
        bridges: [{ id: "b1", channels: ["c1"] }],
        asterisk: { system: { version: "22.10.1+dfsg" } },
        restarted: false,
      },
    ]);
    const [first, second] = asterisk.requests;
    expect([first, second]).toStrictEqual(["GET /events", "POST /events/user/connection-proof"]);
  });

  it("comes before the events that came while all was listed, and these in their order", async () => {
    const order: string[] = [];
    asterisk.answers.set("GET /channels", () => {
      asterisk.event("ChannelStateChange", { channel: channel("c1", "Ringing") });
      asterisk.event("Novelty", { channel: "c1" });
      asterisk.event("ChannelDestroyed", { channel: channel("c1"), cause: 16, cause_txt: "Normal Clearing" });
      return [200, [channel("c1")]];
    });
    connect();
    client.on("ready", ({ channels }) => order.push(`ready with ${channels.length}`));
    client.on("event", ({ type }) => order.push(type));
    client.on("unknownEvent", ({ type }) => order.push(type));
    await until(() => order.length === 4);
    expect(order).toStrictEqual(["ready with 1", "ChannelStateChange", "Novelty", "ChannelDestroyed"]);
  });

  it("is not reached when no event that is made for the application comes: it would be deaf for ever", async () => {
    asterisk.deaf = true;
    connect({ timeouts: { proof: 50 } });
    await until(() => client.lastError !== undefined);
    expect(client.lastError?.message).toBe(
      'Asterisk took the WebSocket of application "callcenter", but an event that was made for it did not come within 50 ms',
    );
    expect(story).not.toContain("ready");
    asterisk.deaf = false;
    await ready();
    expect(types()).toStrictEqual([]);
  });

  it("is not reached by a proof of another connection", async () => {
    asterisk.deaf = true;
    connect({ timeouts: { proof: 100 } });
    await until(() => asterisk.requests.includes("POST /events/user/connection-proof"));
    asterisk.event("ChannelUserevent", { eventname: "connection-proof", userevent: { id: "another" } });
    await until(() => client.lastError !== undefined);
    expect(client.lastError?.code).toBe("ARI_DEAF");
    expect(story).not.toContain("ready");
  });

  it("is proven once more when it has held for a while, as Asterisk may make it deaf even then", async () => {
    connect({ timeouts: { stable: 40, proof: 50 } });
    await ready();
    asterisk.deaf = true;
    await until(() => story.includes("lost: ARI_DEAF"));
    asterisk.deaf = false;
    await ready();
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(story.filter((step) => step.startsWith("lost"))).toStrictEqual(["lost: ARI_DEAF"]);
  });

  it("is not lost when that proof can't be asked for", async () => {
    connect({ timeouts: { stable: 40, proof: 20, request: 20 } });
    await ready();
    asterisk.answers.set("POST /events/user/connection-proof", () => undefined);
    await until(() => asterisk.requests.filter((one) => one.includes("proof")).length === 2);
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(story.filter((step) => step.startsWith("lost"))).toStrictEqual([]);
  });

  it.each<[string, number, string]>([
    ["GET /bridges", 500, "Allocation failed"],
    // Asterisk has tidied the new WebSocket's application away with that of the one before.
    ["POST /events/user/connection-proof", 404, "Application not found"],
  ])("is tried again with a new WebSocket when %s is refused", async (request, status, words) => {
    asterisk.answers.set(request, () => [status, { message: words }]);
    connect();
    await until(() => client.lastError !== undefined);
    expect(client.lastError?.message).toBe(`Asterisk answers ${request} with ${status}: ${words}`);
    asterisk.answers.delete(request);
    await ready();
    expect(asterisk.webSockets).toBeGreaterThan(1);
  });

  it("with subscribeAll asks for all once more, which Asterisk may have ignored in the address", async () => {
    connect({ subscribeAll: true });
    await ready();
    expect(asterisk.asked[0]?.query.get("subscribeAll")).toBe("true");
    expect(asterisk.asked[1]).toMatchObject({
      method: "POST",
      path: "/applications/callcenter/subscription",
      body: { eventSource: ["channel:", "bridge:", "endpoint:"] },
    });
  });

  it("a listener may stop the client in it", async () => {
    asterisk.answers.set("GET /channels", () => {
      asterisk.event("BridgeCreated", { bridge: bridge("b1") });
      return [200, []];
    });
    connect().on("ready", () => void client.stop());
    await until(() => client.state === "disconnected");
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(events).toStrictEqual([]);
  });
});

describe("events", () => {
  it("are given typed; those of an unknown type as they came; malformed ones are reported and hurt nobody", async () => {
    const unknown: unknown[] = [];
    const malformed: string[] = [];
    connect();
    client.on("unknownEvent", (event) => unknown.push(event));
    client.on("malformed", (error) => malformed.push(error.message));
    await ready();
    asterisk.event("StasisStart", { channel: channel("c1"), args: ["one"] });
    asterisk.send('{"type":"Novelty","what":"new"}');
    asterisk.send("no JSON");
    asterisk.event("StasisStart", { args: [] });
    asterisk.event("StasisEnd", { channel: channel("c1") });
    await settled();
    expect(types()).toStrictEqual(["StasisStart", "StasisEnd", "BridgeDestroyed"]);
    expect(unknown).toStrictEqual([{ type: "Novelty", what: "new" }]);
    expect(malformed).toStrictEqual([
      'event: "no JSON" is no object with a type',
      "event StasisStart: channel: Invalid input: expected object, received undefined",
    ]);
    expect(asterisk.webSockets).toBe(1);
  });

  it("one of too many bytes costs the connection, not the memory", async () => {
    connect({ limits: { message: 2_000 } });
    await ready();
    asterisk.send("x".repeat(3_000));
    await until(() => story.includes("lost: ARI_PROTOCOL"));
    await ready();
  });

  it("too many of them while all is listed cost the connection", async () => {
    const errors: AriError[] = [];
    asterisk.answers.set("GET /channels", () => {
      for (let n = 0; n < 10; n++) asterisk.event("BridgeCreated", { bridge: bridge(`b${n}`) });
      return [200, []];
    });
    connect({ limits: { heldEvents: 5 } }).on("waiting", (error) => errors.push(error));
    await until(() => errors.length > 0);
    expect(errors[0]).toMatchObject({
      code: "ARI_PROTOCOL",
      message: "the number of events while all was listed passes the limit of 5",
    });
    expect(story).not.toContain("ready");
    asterisk.answers.delete("GET /channels");
    await ready();
  });

  it("that another client takes over are not fought for", async () => {
    const waits: [AriError, number][] = [];
    connect({ random: () => 0 }).on("waiting", (...wait) => waits.push(wait));
    await ready();
    asterisk.event("ApplicationReplaced");
    await until(() => waits.length === 1);
    expect(waits).toMatchObject([
      [
        {
          code: "ARI_REPLACED",
          message:
            'another client has taken the ARI application "callcenter" over: does a second instance of the service run?',
        },
        30_000,
      ],
    ]);
    expect(story).toContain("lost: ARI_REPLACED");
  });
});

describe("loss and return", () => {
  it("comes back after a cut, and says whether Asterisk has started anew", async () => {
    connect();
    await ready();
    asterisk.cut();
    await until(() => story.filter((step) => step === "ready:").length === 2);
    asterisk.startup = "2026-11-21T09:00:00.000+0000";
    asterisk.cut();
    await until(() => story.includes("ready: restarted"));
    expect(story).toStrictEqual([
      ...["connecting", "listing", "ready", "ready:"],
      ...["waiting", "lost: ARI_CONNECTION", "connecting", "listing", "ready", "ready:"],
      ...["waiting", "lost: ARI_CONNECTION", "connecting", "listing", "ready", "ready: restarted"],
    ]);
  });

  it("waits no longer than 4 s, so that it's back within 5 s however long Asterisk was away", () => {
    connect();
    expect(defaultBackoff.maximum).toBeLessThanOrEqual(4_000);
    expect(defaultTimeouts.keepAlive + defaultTimeouts.ping).toBeLessThanOrEqual(5_000);
  });

  it("waits longer each time when connections don't last, however often they come up", async () => {
    const waits: number[] = [];
    connect({ random: () => 0.999999, backoff: { initial: 10, maximum: 1_000 } });
    client.on("waiting", (_, wait) => waits.push(wait));
    client.on("ready", () => asterisk.cut());
    await until(() => waits.length === 4);
    expect(waits).toStrictEqual([10, 20, 40, 80]);
  });

  it("a connection that lasted starts the waits anew", async () => {
    const waits: number[] = [];
    connect({ random: () => 0.999999, backoff: { initial: 10, maximum: 1_000 }, timeouts: { stable: 20 } });
    client.on("waiting", (_, wait) => waits.push(wait));
    client.on("ready", () => setTimeout(() => asterisk.cut(), 60));
    await until(() => waits.length === 3);
    expect(waits).toStrictEqual([10, 10, 10]);
  });

  it("finds an Asterisk that says nothing more by a ping without pong", async () => {
    connect({ timeouts: { keepAlive: 30, ping: 50 } });
    await ready();
    const began = Date.now();
    asterisk.mute();
    await until(() => story.includes("lost: ARI_TIMEOUT"));
    expect(Date.now() - began).toBeLessThan(500);
    await ready();
  });

  it("a connection that is used or answers its pings is kept", async () => {
    connect({ timeouts: { keepAlive: 10, ping: 200 } });
    await ready();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(story.filter((step) => step.startsWith("lost"))).toStrictEqual([]);
    expect(asterisk.webSockets).toBe(1);
  });

  it("a process that was busy past the deadline finds the pong that waits for it", async () => {
    connect({ timeouts: { keepAlive: 20, ping: 30 } });
    await ready();
    let pings = 0;
    asterisk.onPing = () => {
      pings++;
      const end = Date.now() + 60;
      while (Date.now() < end);
    };
    await until(() => pings === 5);
    expect(story.filter((step) => step.startsWith("lost"))).toStrictEqual([]);
  });

  it("stop() closes the WebSocket, and starts nothing again", async () => {
    connect();
    await ready();
    await client.stop();
    expect(story.at(-1)).toBe("disconnected");
    await client.stop();
    await until(() => asterisk.connections === 0);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(asterisk.webSockets).toBe(1);
  });

  it("stop() ends within its deadline in every state", async () => {
    connect({ timeouts: { stop: 50 } });
    const began = Date.now();
    await client.stop();
    for (const state of ["listing", "waiting", "ready"] as const) {
      if (state === "waiting") await asterisk.stop();
      if (state === "ready") await asterisk.start();
      asterisk.deaf = state === "listing";
      connect({ timeouts: { stop: 50 }, backoff: { initial: 10_000, maximum: 10_000, minimum: 5_000 } });
      await until(() => client.state === state);
      await client.stop();
      expect(client.state).toBe("disconnected");
    }
    expect(Date.now() - began).toBeLessThan(3_000);
  });

  it("start() after stop() begins again", async () => {
    connect();
    await ready();
    await client.stop();
    client.start();
    await ready();
    await client.asterisk.info();
    expect(asterisk.webSockets).toBe(2);
  });
});
