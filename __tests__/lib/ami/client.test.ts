import {
  AmiActionError,
  AmiClient,
  type AmiClientOptions,
  type AmiError,
  AmiLoginError,
} from "../../../lib/ami";
import { FakeAsterisk, fullyBooted, message, until } from "./fake-asterisk";
import { contactList, noContacts, registrationList } from "./recorded";

let asterisk: FakeAsterisk;
let client: AmiClient;
let story: string[];

function connect(options: Partial<AmiClientOptions> = {}): AmiClient {
  client = new AmiClient({
    host: "127.0.0.1",
    port: asterisk.port,
    username: "monitor",
    secret: "swordfish",
    backoff: { initial: 20, maximum: 40 },
    rejectedBackoff: { initial: 60_000, maximum: 60_000, minimum: 30_000 },
    ...options,
  });
  story = [];
  client.on("state", (state) => story.push(state));
  client.on("lost", (error) => story.push(`lost: ${error.code}`));
  client.start();
  return client;
}

const ready = () => until(() => client.state === "ready");

beforeEach(async () => {
  asterisk = await new FakeAsterisk().start();
});

afterEach(async () => {
  await client.stop();
  await asterisk.stop();
});

describe("login", () => {
  it("answers the MD5 challenge, so that the secret is never sent, and asks for system events", async () => {
    connect();
    await ready();
    expect(asterisk.actionNames).toStrictEqual(["Challenge", "Login"]);
    expect(Object.fromEntries(asterisk.actions[1] ?? [])).toMatchObject({
      authtype: ["MD5"],
      username: ["monitor"],
      events: ["system"],
    });
    expect(JSON.stringify(asterisk.actions.map((action) => [...action]))).not.toContain("swordfish");
    expect(story).toStrictEqual(["connecting", "authenticating", "ready"]);
  });

  it("sends the secret in clear only when that was allowed and there is no challenge", async () => {
    asterisk.options.challenge = false;
    connect({ plainText: true });
    await ready();
    expect(asterisk.actions[1]?.get("secret")).toStrictEqual(["swordfish"]);
  });

  it("gives up where there is no challenge and plain text was not allowed", async () => {
    asterisk.options.challenge = false;
    connect();
    await until(() => client.state === "waiting");
    expect(client.lastError?.message).toBe(
      'Asterisk rejects the AMI user "monitor": no MD5 challenge (Must specify AuthType), and plainText is off',
    );
    expect(asterisk.actionNames).not.toContain("Login");
  });

  it("a rejected login says which user, and waits long before it tries again", async () => {
    const waits: [AmiError, number][] = [];
    connect({ secret: "wrong", random: () => 0 }).on("waiting", (...wait) => waits.push(wait));
    await until(() => client.state === "waiting");
    const [error, wait] = waits[0] as [AmiError, number];
    expect(error).toBeInstanceOf(AmiLoginError);
    expect(error.message).toBe('Asterisk rejects the AMI user "monitor": Authentication failed');
    expect(wait).toBe(30_000);
    expect(asterisk.connections).toBe(1);
  });

  it("is not ready before Asterisk is fully booted: lists would be incomplete", async () => {
    asterisk.options.booted = false;
    connect();
    await until(() => asterisk.actionNames.includes("Login"));
    await expect(client.action("Ping")).rejects.toMatchObject({
      code: "AMI_NOT_READY",
      message: "action Ping is not sent: the AMI connection is authenticating",
    });
    asterisk.send(fullyBooted);
    await ready();
  });

  it("says what may be wrong when FullyBooted never comes", async () => {
    asterisk.options.booted = false;
    connect({ timeouts: { boot: 50 } });
    await until(() => client.state === "waiting");
    expect(client.lastError?.message).toContain('the AMI user "monitor" lacks the read class "system"');
  });

  it("refuses a peer that is no Asterisk", async () => {
    asterisk.options.greeting = "220 mail ESMTP";
    connect();
    await until(() => client.lastError !== undefined);
    expect(client.lastError?.code).toBe("AMI_PROTOCOL");
  });

  it("gives up a peer that accepts the connection and says nothing more", async () => {
    asterisk.answers.set("Challenge", undefined);
    connect({ timeouts: { action: 50 } });
    await until(() => client.lastError !== undefined);
    expect(client.lastError?.message).toBe("action Challenge: no answer within 50 ms");
  });
});

describe("actions", () => {
  it("gives the response, or Asterisk's own words as an error", async () => {
    connect();
    await ready();
    expect((await client.action("Ping")).get("Ping")).toBe("Pong");
    const refused = client.action("Originate");
    await expect(refused).rejects.toBeInstanceOf(AmiActionError);
    await expect(refused).rejects.toThrow("Asterisk answers Originate with an error: Permission denied");
  });

  it("matches answers by ActionID, whatever their order", async () => {
    const ids: string[] = [];
    asterisk.answers.set("Getvar", (id) => void ids.push(id) as unknown as string);
    connect();
    await ready();
    const answers = Promise.all([
      client.action("Getvar", { Variable: "A" }),
      client.action("Getvar", { Variable: "B" }),
    ]);
    await until(() => ids.length === 2);
    for (const id of [...ids].reverse()) {
      asterisk.send(message(["Response", "Success"], ["ActionID", id], ["Value", `of ${id}`]));
    }
    expect((await answers).map((answer) => answer.get("Value"))).toStrictEqual(ids.map((id) => `of ${id}`));
  });

  it("is rejected at its deadline; the late answer disturbs nobody", async () => {
    asterisk.answers.set("Slow", undefined);
    connect();
    await ready();
    await expect(client.action("Slow", {}, { timeout: 30 })).rejects.toThrow(
      "action Slow: no answer within 30 ms",
    );
    asterisk.send(message(["Response", "Success"], ["ActionID", "3"]));
    await client.action("Ping");
  });

  it("is rejected when the connection is lost, and when too many wait", async () => {
    asterisk.answers.set("Slow", undefined);
    connect({ limits: { pendingActions: 2 } });
    await ready();
    const waiting = [client.action("Slow"), client.action("Slow")];
    await expect(client.action("Slow")).rejects.toMatchObject({ code: "AMI_BUSY" });
    const lost = Promise.allSettled(waiting);
    await asterisk.stop();
    expect((await lost).map((one) => (one as PromiseRejectedResult).reason.code)).toStrictEqual([
      "AMI_CONNECTION",
      "AMI_CONNECTION",
    ]);
    asterisk = await new FakeAsterisk().start();
  });

  it("a header with a line break is refused before a byte is written", async () => {
    connect();
    await ready();
    await expect(client.action("Ping", { X: "a\r\n\r\nAction: Originate" })).rejects.toMatchObject({
      code: "AMI_VALUE",
    });
    await client.action("Ping");
    expect(asterisk.actionNames).toStrictEqual(["Challenge", "Login", "Ping"]);
  });

  it("what is not on the list of allowed actions is refused before a byte is written", async () => {
    connect({ allowedActions: ["PJSIPShowContacts"] });
    await ready();
    asterisk.answers.set("PJSIPShowContacts", contactList);
    await expect(client.action("Originate")).rejects.toMatchObject({
      code: "AMI_NOT_ALLOWED",
      message: "action Originate is not sent: this client may send only PJSIPShowContacts",
    });
    await client.listContacts();
    expect(asterisk.actionNames).toStrictEqual(["Challenge", "Login", "PJSIPShowContacts"]);
  });
});

describe("lists", () => {
  beforeEach(async () => {
    connect();
    await ready();
  });

  it("PJSIPShowContacts gives contacts", async () => {
    asterisk.answers.set("PJSIPShowContacts", contactList);
    expect(await client.listContacts()).toStrictEqual([
      {
        aor: "1002",
        uri: "sip:1002@127.0.4.9:5071",
        endpoint: "1002",
        userAgent: "Test Phone; 1",
        status: "Reachable",
        roundtripUsec: 647,
        expiresAt: 1795223571,
        viaAddress: "127.0.4.9:5071",
        callId: "x19583",
      },
    ]);
  });

  it("the refusal of an empty list is an empty list, any other refusal an error", async () => {
    asterisk.answers.set("PJSIPShowContacts", noContacts);
    expect(await client.listContacts()).toStrictEqual([]);
    asterisk.answers.delete("PJSIPShowContacts");
    await expect(client.listContacts()).rejects.toThrow("Permission denied");
  });

  it("PJSIPShowRegistrationsOutbound gives registrations, and the passwords in it reach nobody", async () => {
    const events: unknown[] = [];
    client.on("event", (event) => events.push(event));
    asterisk.answers.set("PJSIPShowRegistrationsOutbound", registrationList);
    const registrations = await client.listOutboundRegistrations();
    expect(registrations).toStrictEqual([
      {
        name: "genesys",
        clientUri: "sip:1002@127.0.4.2:5060",
        serverUri: "sip:127.0.4.2:5060",
        status: "Registered",
        nextRegistration: undefined,
      },
    ]);
    expect(JSON.stringify([registrations, events])).not.toContain("top-secret");
  });

  it("items of a list past its deadline are no events", async () => {
    const events: string[] = [];
    client.on("event", ({ event }) => events.push(event ?? ""));
    let id = "";
    asterisk.answers.set("PJSIPShowRegistrationsOutbound", (value) => {
      id = value;
      return "";
    });
    const list = client.list("PJSIPShowRegistrationsOutbound", {}, (item) => item, { timeout: 30 });
    await expect(list).rejects.toMatchObject({ code: "AMI_TIMEOUT" });
    asterisk.send(registrationList(id));
    asterisk.event("Marker");
    await until(() => events.includes("Marker"));
    expect(events).toStrictEqual(["Marker"]);
  });

  it("spontaneous events are told apart from the items of a list under way", async () => {
    const seen: string[] = [];
    client.on("contactStatus", ({ aor, status }) => seen.push(`${aor} ${status}`));
    asterisk.answers.set("PJSIPShowContacts", (id) => {
      const [response, ...items] = contactList(id).split("\r\n\r\n");
      const event = message(
        ["Event", "ContactStatus"],
        ["URI", "sip:1003@h"],
        ["ContactStatus", "Removed"],
        ["AOR", "1003"],
      );
      return `${response}\r\n\r\n${event}${items.join("\r\n\r\n")}`;
    });
    expect(await client.listContacts()).toHaveLength(1);
    expect(seen).toStrictEqual(["1003 Removed"]);
  });
});

describe("bounds on the peer", () => {
  it("a list of too many items costs the connection, not the memory", async () => {
    connect({ limits: { listItems: 3 } });
    await ready();
    asterisk.answers.set("Many", (id) => message(["Event", "Item"], ["ActionID", id]).repeat(10));
    await expect(client.list("Many", {}, (item) => item)).rejects.toMatchObject({
      code: "AMI_PROTOCOL",
      message: "the peer's answer to Many in items passes the limit of 3",
    });
    expect(story).toContain("lost: AMI_PROTOCOL");
  });

  it("a line of too many bytes costs the connection, which comes back", async () => {
    connect({ limits: { line: 200 } });
    await ready();
    asterisk.send(`Event: ${"x".repeat(300)}`);
    await until(() => story.includes("lost: AMI_PROTOCOL"));
    await ready();
  });
});

describe("events", () => {
  it("are given typed and raw", async () => {
    const seen: unknown[] = [];
    connect();
    await ready();
    client.on("contactStatus", (event) => seen.push(event));
    client.on("registry", (event) => seen.push(event));
    client.on("event", ({ event }) => seen.push(event));
    asterisk.contactStatus("1002", "sip:1002@127.0.4.9:5071", "Reachable", 577);
    asterisk.registry("1002", "127.0.4.2:5060", "Rejected");
    asterisk.event("PeerStatus", ["Peer", "PJSIP/1002"]);
    asterisk.event("ContactStatus", ["Nothing", "in it"]);
    await until(() => seen.length === 6);
    expect(seen).toStrictEqual([
      "ContactStatus",
      {
        aor: "1002",
        uri: "sip:1002@127.0.4.9:5071",
        endpoint: "1002",
        status: "Reachable",
        roundtripUsec: 577,
      },
      "Registry",
      {
        clientUri: "sip:1002@127.0.4.2:5060",
        serverUri: "sip:127.0.4.2:5060",
        status: "Rejected",
        cause: undefined,
      },
      "PeerStatus",
      "ContactStatus",
    ]);
  });
});

describe("loss and return", () => {
  it("comes back after a restart and says so, so that snapshots can be taken again", async () => {
    connect();
    await ready();
    await asterisk.stop();
    await until(() => client.state === "waiting");
    expect(client.lastError).toBeDefined();
    await asterisk.start();
    await ready();
    expect(client.lastError).toBeUndefined();
    expect(story.slice(0, 5)).toStrictEqual([
      "connecting",
      "authenticating",
      "ready",
      "waiting",
      "lost: AMI_CONNECTION",
    ]);
    expect(story.slice(-2)).toStrictEqual(["authenticating", "ready"]);
    expect(story.filter((step) => step.startsWith("lost"))).toHaveLength(1);
  });

  it("waits longer each time when sessions don't last, however often they come up", async () => {
    const waits: number[] = [];
    connect({ random: () => 0.999999, backoff: { initial: 10, maximum: 1_000 } });
    client.on("waiting", (_, wait) => waits.push(wait));
    client.on("ready", () => asterisk.send("x".repeat(20_000)));
    await until(() => waits.length === 4);
    expect(waits).toStrictEqual([10, 20, 40, 80]);
  });

  it("a session that lasted starts the waits anew", async () => {
    const waits: number[] = [];
    connect({ random: () => 0.999999, backoff: { initial: 10, maximum: 1_000 }, timeouts: { stable: 20 } });
    client.on("waiting", (_, wait) => waits.push(wait));
    client.on("ready", () => setTimeout(() => asterisk.send("x".repeat(20_000)), 60));
    await until(() => waits.length === 3);
    expect(waits).toStrictEqual([10, 10, 10]);
  });

  it("finds a peer that hangs by a Ping without answer", async () => {
    connect({ timeouts: { keepAlive: 30, ping: 30 } });
    await ready();
    asterisk.freeze();
    await until(() => story.includes("lost: AMI_TIMEOUT"));
    await ready();
  });

  it("a session that is used or answers its Pings is kept", async () => {
    connect({ timeouts: { keepAlive: 20, ping: 200 } });
    await ready();
    await until(() => asterisk.actionNames.filter((name) => name === "Ping").length >= 3);
    expect(client.state).toBe("ready");
    expect(asterisk.connections).toBe(1);
  });

  it("stop() logs off, ends what waits, and starts nothing again", async () => {
    asterisk.answers.set("Slow", undefined);
    connect();
    await ready();
    const slow = client.action("Slow");
    const [, outcome] = await Promise.all([client.stop(), Promise.allSettled([slow])]);
    expect(outcome[0]).toMatchObject({ reason: { code: "AMI_STOPPED" } });
    expect(asterisk.actionNames.at(-1)).toBe("Logoff");
    expect(story.at(-1)).toBe("disconnected");
    await client.stop();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(asterisk.connections).toBe(1);
  });

  it("stop() ends within its deadline also when the peer hangs or is being waited for", async () => {
    connect({ timeouts: { stop: 50 } });
    await ready();
    asterisk.freeze();
    const began = Date.now();
    await client.stop();
    expect(Date.now() - began).toBeLessThan(1_000);
    await asterisk.stop();
    connect();
    await until(() => client.state === "waiting");
    await client.stop();
    expect(client.state).toBe("disconnected");
  });
});
