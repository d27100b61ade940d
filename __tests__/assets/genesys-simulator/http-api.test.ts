import { Endpoint, TestSimulator } from "./harness";

let simulator: TestSimulator;

beforeAll(async () => {
  simulator = await TestSimulator.start({
    digest: { password: "very-secret", passwords: { "1002": "own-secret" } },
  });
});

afterAll(async () => {
  await simulator.stop();
});

describe("HTTP API", () => {
  it("says how it is", async () => {
    const { primary, backup } = simulator;
    expect(await simulator.api("GET", "/healthz")).toEqual({
      status: 200,
      body: {
        status: "ok",
        release: "test",
        calls: 0,
        unansweredTalkEvents: 0,
        servers: [
          { name: "primary", address: primary.address, port: primary.port, state: "listening" },
          { name: "backup", address: backup.address, port: backup.port, state: "listening" },
        ],
      },
    });
  });

  it("deletes registrations of one DN, of one server, of all", async () => {
    const phones = await Promise.all(["1002", "1003", "1004"].map((dn) => Endpoint.open(dn)));
    try {
      for (const phone of phones) {
        await phone.register(simulator.primary);
        await phone.register(simulator.backup);
      }
      const count = async () => ((await simulator.api("GET", "/registrations")).body as unknown[]).length;
      expect((await simulator.api("DELETE", "/registrations/1002?server=backup")).body).toEqual({
        deleted: 1,
      });
      expect((await simulator.api("DELETE", "/registrations/1002")).body).toEqual({ deleted: 1 });
      expect(await simulator.api("DELETE", "/registrations/1002")).toEqual({
        status: 404,
        body: { error: "DN 1002 is not registered" },
      });
      expect((await simulator.api("DELETE", "/registrations?server=primary")).body).toEqual({ deleted: 2 });
      expect(await count()).toBe(2);
      await simulator.api("DELETE", "/registrations");
      expect(await count()).toBe(0);
    } finally {
      await Promise.all(phones.map((phone) => phone.close()));
    }
  });

  it("merges settings, and shows no password", async () => {
    const put = await simulator.api("PUT", "/settings", { talk: { delayMs: 7 }, digest: { enabled: true } });
    expect(put.body).toMatchObject({
      bindingsPerDn: 1,
      talk: { mode: "off", delayMs: 7 },
      digest: { enabled: true, realm: "genesys", password: "[hidden]", passwords: { "1002": "[hidden]" } },
    });
    const shown = JSON.stringify((await simulator.api("GET", "/settings")).body);
    expect(shown).not.toMatch(/very-secret|own-secret/);
    await simulator.api("PUT", "/settings", { digest: { enabled: false } });
  });

  it("forgets messages when told to", async () => {
    const phone = await Endpoint.open("1002");
    await phone.send(simulator.primary, "OPTIONS");
    await phone.close();
    expect((await simulator.api("GET", "/messages?method=OPTIONS")).body).toHaveLength(2);
    await simulator.api("DELETE", "/messages");
    expect((await simulator.api("GET", "/messages")).body).toEqual([]);
  });

  it.each([
    ["PUT", "/faults", { dwon: true }, '(body): Unrecognized key: "dwon"'],
    ["PUT", "/faults", { drop: 2 }, "drop: Too big: expected number to be <=1"],
    [
      "PUT",
      "/faults",
      { status: { method: "REGISTER", code: 408 } },
      /^status.*only INVITE is ever answered 408/,
    ],
    ["PUT", "/settings", { talk: { mode: "loud" } }, /^talk.mode: Invalid option/],
    [
      "PUT",
      "/settings",
      { digest: { enabled: true, password: null, passwords: null } },
      /neither 'password'/,
    ],
    ["PUT", "/settings", [], "(body): Invalid input: expected record, received array"],
    ["GET", "/messages?limit=0", undefined, /^limit: Too small/],
    ["GET", "/messages?method=invite", undefined, "method: a method is written in capitals"],
    ["GET", "/messages?dm=1002", undefined, '(body): Unrecognized key: "dm"'],
    ["GET", "/registrations?dn=1&dn=2", undefined, "dn: only one of it can be given"],
    [
      "GET",
      "/registrations?server=third",
      undefined,
      /^server: Invalid option: expected one of "primary"\|"backup"/,
    ],
  ])("%s %s %j is a fault that says why", async (method, path, body, error) => {
    const answer = await simulator.api(method, path, body);
    expect(answer).toEqual({
      status: 400,
      body: { error: typeof error === "string" ? error : expect.stringMatching(error) },
    });
  });

  it("names the servers when one is asked for that isn't there", async () => {
    expect(await simulator.api("PUT", "/faults", { server: "third" })).toEqual({
      status: 404,
      body: { error: "server 'third' is not one of primary, backup" },
    });
  });

  it("knows paths and methods", async () => {
    expect((await simulator.api("GET", "/nothing")).status).toBe(404);
    expect(await simulator.api("POST", "/calls")).toEqual({
      status: 405,
      body: { error: "POST /calls: only GET can be done here" },
    });
  });

  it("takes JSON only, well-formed, and of bounded size", async () => {
    const put = async (body: string, type: string) => {
      const response = await fetch(`${simulator.simulator.apiUrl}/faults`, {
        method: "PUT",
        body,
        headers: { "Content-Type": type },
        signal: AbortSignal.timeout(5000),
      });
      return response.status;
    };
    expect(await put("{}", "text/plain")).toBe(415);
    expect(await put("{", "application/json")).toBe(400);
    expect(await put(`"${"x".repeat(70_000)}"`, "application/json")).toBe(413);
    expect(await put("{}", "application/json; charset=utf-8")).toBe(200);
  });
});
