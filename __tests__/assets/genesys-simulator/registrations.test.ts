import type { LoggedChange } from "../../../assets/genesys-simulator/src/binding-log";
import { type Address, Endpoint, simulatorConfig, TestSimulator } from "./harness";

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  // The simulator first: it hangs up what is left, and the phones answer that.
  for (const each of open.splice(0)) await each.close();
});

async function start(...overrides: Parameters<typeof TestSimulator.start>): Promise<TestSimulator> {
  const simulator = await TestSimulator.start(...overrides);
  open.push({ close: () => simulator.stop() });
  return simulator;
}

async function endpoint(dn: string, protocol?: "UDP" | "TCP"): Promise<Endpoint> {
  const opened = await Endpoint.open(dn, protocol);
  open.push(opened);
  return opened;
}

describe("registrations over the network", () => {
  it.each(["UDP", "TCP"] as const)("takes and shows a registration over %s", async (protocol) => {
    const simulator = await start();
    const phone = await endpoint("1002", protocol);
    await expect(phone.register(simulator.primary, 300)).resolves.toMatchObject({
      kind: "registered",
      expires: 300,
    });
    const { body } = await simulator.api("GET", "/registrations");
    const { address, port } = phone.transport.local;
    expect(body).toEqual([
      {
        server: "primary",
        dn: "1002",
        contact: phone.contact,
        expires: expect.any(Number),
        transport: protocol,
        source: protocol === "UDP" ? `${address}:${port}` : expect.stringMatching(/^127\.0\.3\.1:\d+$/),
        callId: expect.any(String),
        cseq: expect.any(Number),
      },
    ]);
    expect(simulator.lines).toContainEqual(
      expect.stringMatching(/^DN 1002 at primary: registered for 300 s, contact/),
    );
  });

  it("tells every change, and how many bindings the DN has since, so that no gap between two looks is missed", async () => {
    const simulator = await start({ bindingsPerDn: 1 });
    const [phone, other] = [await endpoint("1002"), await endpoint("1002")];
    const stranger = await endpoint("1003");
    const before = Date.now();
    await phone.register(simulator.primary);
    await phone.register(simulator.primary);
    await other.register(simulator.primary);
    await other.register(simulator.primary, 0);
    await stranger.register(simulator.backup);
    const changes = async (query = "") =>
      (await simulator.api("GET", `/registrations/changes${query}`)).body as unknown as LoggedChange[];
    const [first, ...rest] = await changes();
    expect(first).toStrictEqual({
      id: 1,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      server: "primary",
      dn: "1002",
      change: "registered",
      contact: phone.contact,
      bindings: 1,
    });
    expect(Date.parse(first?.time ?? "")).toBeGreaterThanOrEqual(before);
    expect(rest.map(({ dn, change, contact, bindings }) => [dn, change, contact, bindings])).toStrictEqual([
      ["1002", "refreshed", phone.contact, 1],
      // The newer one is there before the older goes: at no time there was none.
      ["1002", "registered", other.contact, 2],
      ["1002", "replaced", phone.contact, 1],
      ["1002", "unregistered", other.contact, 0],
      ["1003", "registered", stranger.contact, 1],
    ]);
    expect((await changes("?dn=1002&after=2&limit=2")).map(({ id }) => id)).toStrictEqual([4, 5]);
    expect(await simulator.api("GET", "/registrations/changes?after=-1")).toMatchObject({ status: 400 });
  });

  it("refuses, un-registers and logs what it did", async () => {
    const simulator = await start();
    const phone = await endpoint("1002");
    const stranger = await endpoint("9999");
    await expect(stranger.register(simulator.primary)).resolves.toMatchObject({
      kind: "refused",
      status: 404,
    });
    await expect(phone.register(simulator.primary, 30)).resolves.toMatchObject({
      kind: "refused",
      status: 423,
      minExpires: 60,
    });
    const client = phone.client(simulator.primary);
    const flow = phone.flowTo(simulator.primary);
    await client.register(600, { flow });
    await expect(client.unregister({ flow })).resolves.toMatchObject({ kind: "unregistered" });
    expect((await simulator.api("GET", "/registrations")).body).toEqual([]);
    const told = simulator.lines.filter((line) => line.includes("DN "));
    expect(told).toEqual([
      "REGISTER of DN 9999: 404, DN 9999 is in no range of 'dns'",
      "REGISTER of DN 1002: 423, 30 s is below the minimum of 60 s",
      expect.stringMatching(/^DN 1002 at primary: registered for 600 s/),
      expect.stringMatching(/^DN 1002 at primary: contact \S+ unregistered$/),
    ]);
  });

  it("challenges when digest is on, and hides what the phone answers", async () => {
    const digest = {
      enabled: true,
      password: "secret",
      algorithms: ["SHA-256", "MD5"] as ("MD5" | "SHA-256")[],
    };
    const simulator = await start({ digest });
    const phone = await endpoint("1002");
    await expect(phone.register(simulator.primary, 600, "wrong")).resolves.toMatchObject({
      kind: "refused",
      status: 401,
      credentialsRejected: true,
    });
    await expect(phone.register(simulator.primary, 600, "secret")).resolves.toMatchObject({
      kind: "registered",
    });
    const { body } = await simulator.api("GET", "/messages?method=REGISTER&direction=in&dn=1002");
    const raw = (body as { raw: string }[]).map((message) => message.raw);
    expect(raw.filter((text) => /^Authorization: \[hidden\]\r$/m.test(text)).length).toBeGreaterThanOrEqual(
      2,
    );
    expect(raw.join("")).not.toMatch(/response=/);
    expect(simulator.lines.join("\n")).not.toContain("secret");
  });

  it("keeps one binding per DN, and the last one wins", async () => {
    const simulator = await start();
    const first = await endpoint("1002");
    const second = await endpoint("1002");
    await first.register(simulator.primary);
    await second.register(simulator.primary);
    const contacts = async () =>
      ((await simulator.api("GET", "/registrations?dn=1002")).body as { contact: string }[]).map(
        (row) => row.contact,
      );
    expect(await contacts()).toEqual([second.contact]);
    await simulator.api("PUT", "/settings", { bindingsPerDn: 2 });
    await first.register(simulator.primary);
    expect(await contacts()).toEqual([first.contact, second.contact]);
  });

  it.each([
    ["separate", 404],
    ["shared", 200],
  ] as const)(
    "with %s registrations, the backup answers a call to a phone of the primary with %d",
    async (registrations, status) => {
      const simulator = await start({}, { registrations });
      const called = await endpoint("1003");
      const caller = await endpoint("1002");
      called.onRequest = (incoming) => {
        if (incoming.request.method === "INVITE") void incoming.accept({ contact: called.contact });
        else incoming.respond(200);
      };
      await called.register(simulator.primary);
      const { response } = await caller.invite(simulator.backup, "1003").final;
      expect(response.status).toBe(status);
    },
  );

  it("answers OPTIONS, and 501 to what it doesn't do", async () => {
    const simulator = await start();
    const phone = await endpoint("1002");
    const options = await phone.send(simulator.primary, "OPTIONS");
    expect([options.status, options.get("Allow")]).toEqual([200, expect.stringContaining("INVITE")]);
    await expect(phone.send(simulator.primary, "SUBSCRIBE")).resolves.toMatchObject({ status: 501 });
    const required = await phone.send(simulator.primary, "OPTIONS", [["Require", "100rel"]]);
    expect([required.status, required.get("Unsupported")]).toEqual([420, "100rel"]);
  });
});

describe("reload", () => {
  it("takes settings over and keeps registrations", async () => {
    const simulator = await start();
    const phone = await endpoint("1002");
    await phone.register(simulator.primary);
    const settings = { ...simulator.config.settings, dns: [{ from: "2000", to: "2009" }] };
    await simulator.simulator.reload({ ...simulator.config, release: "next", settings });
    expect((await simulator.api("GET", "/healthz")).body).toMatchObject({ release: "next" });
    expect((await simulator.api("GET", "/registrations")).body).toHaveLength(1);
    await expect(phone.register(simulator.primary)).resolves.toMatchObject({ kind: "refused", status: 404 });
  });

  it("starts again where sockets and tables change", async () => {
    const simulator = await start();
    const phone = await endpoint("1002");
    await phone.register(simulator.primary);
    const moved = simulatorConfig({}, { registrations: "shared" });
    await simulator.simulator.reload({ ...moved, release: "next" });
    expect((await simulator.api("GET", "/registrations")).body).toEqual([]);
    const [primary] = moved.servers;
    await expect(phone.register(primary as Address)).resolves.toMatchObject({ kind: "registered" });
    const before = phone.client(simulator.primary).register(600, {
      flow: phone.flowTo(simulator.primary),
      deadline: 200,
    });
    await expect(before).resolves.toMatchObject({ kind: "failed" });
  });

  it("goes on as it was when a new address can't be had", async () => {
    const simulator = await start();
    const other = await start();
    const phone = await endpoint("1002");
    const taken = { ...simulator.config, release: "next", servers: other.config.servers };
    await expect(simulator.simulator.reload(taken)).rejects.toThrow(/^primary can't listen at .*EADDRINUSE/);
    expect((await simulator.api("GET", "/healthz")).body).toMatchObject({ release: "test" });
    await expect(phone.register(simulator.primary)).resolves.toMatchObject({ kind: "registered" });
  });
});

describe("start", () => {
  it("leaves nothing open when an address is taken", async () => {
    const first = await start();
    const { config } = first;
    const [primary, backup] = config.servers;
    const second = TestSimulator.start(
      {},
      { servers: [backup, primary].map((server) => ({ ...server })) as never },
    );
    await expect(second).rejects.toThrow(/^backup can't listen at 127\.0\.3\.\d+:\d+: .*EADDRINUSE/);
    await first.stop();
    // Every address is free again.
    await start({}, { servers: config.servers });
  });
});
