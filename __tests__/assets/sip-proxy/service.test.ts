import { get as httpGet } from "node:http";
import {
  configSchema,
  type SipProxyConfig,
  type SipProxyConfigInput,
} from "../../../assets/sip-proxy/src/config";
import { SipProxyService } from "../../../assets/sip-proxy/src/service";
import { createLogger } from "../../../lib/service";
import { FakeAsterisk as FakeAmi } from "../../lib/ami/fake-asterisk";
import { TestSimulator } from "../genesys-simulator/harness";
import { answerLists } from "./support/ami-lists";
import { FakeAsterisk, TestPhone, until } from "./support/fake-asterisk";
import { captureServer } from "./support/hep";
import { FakeRegistrar, registerText } from "./support/registrar";

const TOKEN = "correct horse battery staple".replaceAll(" ", "-");

let asterisk: FakeAsterisk;
let registrar: FakeRegistrar;
let ami: FakeAmi;
let genesys: TestSimulator;
let service: SipProxyService;
let lines: Record<string, unknown>[];
const phones: TestPhone[] = [];

function config(
  changes: Partial<SipProxyConfigInput> = {},
  transport: "udp" | "tcp" = "udp",
): SipProxyConfig {
  return configSchema.parse({
    release: "r1",
    edge: { port: 0 },
    asterisk: { url: asterisk.url },
    ami: { port: ami.port, username: "proxy", secret: "swordfish" },
    genesys: {
      servers: [genesys.primary, genesys.backup].map(({ address: host, port }) => ({
        host,
        port,
        transport,
      })),
      localAddress: "127.0.0.1",
      registration: { retryInterval: 1 },
      probeInterval: 1,
    },
    trunk: { host: "127.0.0.1" },
    allowedDns: [{ from: "1000", to: "5020" }],
    api: { port: 0, token: TOKEN },
    ...changes,
  } satisfies SipProxyConfigInput);
}

async function start(
  changes: Partial<SipProxyConfigInput> = {},
  transport: "udp" | "tcp" = "udp",
): Promise<void> {
  lines = [];
  const log = createLogger("sip-proxy", "debug", (line) => void lines.push(JSON.parse(line)));
  service = await SipProxyService.start(config(changes, transport), { log });
}

async function get(path: string): Promise<{ status: number; body: Record<string, unknown> }> {
  return ask("GET", path);
}

async function ask(
  method: string,
  path: string,
  token = TOKEN,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`http://127.0.0.1:${service.listeners.api}${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}` },
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** DNs with their server, as Genesys has them. */
async function registered(): Promise<string[]> {
  const { body } = await genesys.api("GET", "/registrations");
  return (body as { dn: string; server: string }[]).map(({ dn, server }) => `${dn} ${server}`);
}

async function register(dn: string, port = service.listeners.edge): Promise<TestPhone> {
  const phone = await TestPhone.connect(port);
  phones.push(phone);
  phone.send(registerText(dn, { authorized: false }));
  expect(await phone.frame(0)).toContain("401");
  phone.send(registerText(dn, { cseq: 2 }));
  expect(await phone.frame(1)).toContain("200 OK");
  return phone;
}

/** How a handshake is refused. */
function handshake(port: number): Promise<{ status: number | undefined; retryAfter: number }> {
  const headers = { Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Protocol": "sip" };
  return new Promise((resolve, reject) => {
    httpGet({ host: "127.0.0.1", port, path: "/ws", headers }, (response) => {
      response.resume();
      resolve({ status: response.statusCode, retryAfter: Number(response.headers["retry-after"]) });
    }).on("error", reject);
  });
}

async function eventually(read: () => Promise<unknown>, expected: unknown): Promise<void> {
  const deadline = Date.now() + 8000;
  while (JSON.stringify(await read()) !== JSON.stringify(expected) && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(await read()).toEqual(expected);
}

beforeEach(async () => {
  asterisk = await FakeAsterisk.start("127.0.5.2");
  registrar = new FakeRegistrar(asterisk);
  ami = await new FakeAmi({ username: "proxy", secret: "swordfish" }).start();
  answerLists(ami, () => registrar.held());
  genesys = await TestSimulator.start();
});

afterEach(async () => {
  for (const phone of phones.splice(0)) phone.ws.terminate();
  await service?.stop();
  await Promise.all([asterisk.stop(), ami.stop(), genesys.stop()]);
});

describe.each(["udp", "tcp"] as const)("over %s", (transport) => {
  it("a phone that Asterisk accepts is registered at Genesys, and un-registered when it goes", async () => {
    await start({}, transport);
    const phone = await register("1002");
    await eventually(registered, ["1002 primary"]);
    const { status, body } = await get("/registrations/1002");
    expect(status).toBe(200);
    expect(body).toMatchObject({
      dn: "1002",
      state: "registered",
      server: `${genesys.primary.address}:${genesys.primary.port}/${transport}`,
      lastAnswer: { status: 200 },
      sockets: 1,
      nextAction: { what: "refresh" },
    });
    const expiry = Date.parse(String(body.expiresAt)) - Date.now();
    expect(expiry).toBeGreaterThan(590_000);
    expect(expiry).toBeLessThan(601_000);
    phone.send(registerText("1002", { cseq: 3, expires: 0 }));
    await eventually(registered, []);
  });

  it("falls back to the second server when the first is gone, and returns to it", async () => {
    await start({}, transport);
    await register("1002");
    await eventually(registered, ["1002 primary"]);
    await genesys.api("PUT", "/faults", { server: "primary", down: "closed" });
    await eventually(async () => (await registered()).includes("1002 backup"), true);
    await genesys.api("DELETE", "/registrations?server=primary");
    await genesys.api("DELETE", "/faults?server=primary");
    await eventually(async () => (await registered()).includes("1002 primary"), true);
  }, 20_000);
});

describe("the log", () => {
  it("tells the story of one DN in the words that operators look for", async () => {
    await start();
    await register("1002");
    await eventually(registered, ["1002 primary"]);
    const story = lines.filter(({ dn, level }) => dn === "1002" && level !== "debug").map(({ msg }) => msg);
    expect(story).toEqual([
      "REGISTER from phone",
      "401 from Asterisk",
      "REGISTER from phone",
      "DN 1002 is registering now: 200 from Asterisk; REGISTER to Genesys follows",
      expect.stringMatching(/^DN 1002 is registered now: 200 from Genesys, .* grants 600 s$/),
    ]);
    expect(JSON.stringify(lines)).not.toContain("deadbeef");
  });
});

describe("health", () => {
  it("is ready with Asterisk and AMI, and says why when it is not", async () => {
    await start();
    await eventually(async () => (await get("/healthz")).status, 200);
    expect((await get("/healthz")).body).toMatchObject({
      status: "ok",
      release: "r1",
      ami: "ready",
      reasons: [],
    });
    await ami.stop();
    await eventually(async () => (await get("/healthz")).status, 503);
    expect(String((await get("/healthz")).body.reasons)).toMatch(/AMI is/);
    await ami.start();
    await eventually(async () => (await get("/healthz")).status, 200);
  });

  it("other pages: all DNs, an unknown DN, an unknown page, another method", async () => {
    await start();
    await register("1002");
    expect((await get("/registrations")).body).toMatchObject({ registrations: [{ dn: "1002" }] });
    expect((await get("/registrations/1003")).status).toBe(404);
    expect((await get("/else")).status).toBe(404);
    const url = `http://127.0.0.1:${service.listeners.api}/healthz`;
    expect((await fetch(url, { method: "POST" })).status).toBe(405);
  });
});

describe("operators", () => {
  it("need the token for everything but health and metrics", async () => {
    await start();
    const url = `http://127.0.0.1:${service.listeners.api}`;
    for (const path of ["/registrations", "/registrations/1002", "/else"]) {
      const response = await fetch(`${url}${path}`);
      expect([response.status, response.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
      expect((await ask("GET", path, `${TOKEN}x`)).status).toBe(401);
    }
    expect((await ask("POST", "/registrations/1002/disable", "")).status).toBe(401);
    expect((await fetch(`${url}/metrics`)).status).toBe(200);
    await service.stop();
    await start({ api: { port: 0 } });
    expect((await ask("GET", "/registrations", "undefined")).status).toBe(401);
  });

  it("with the token for looking see everything and change nothing", async () => {
    const readToken = `${TOKEN}-for-looking`;
    await start({ api: { port: 0, token: TOKEN, readToken } });
    await register("1002");
    await eventually(registered, ["1002 primary"]);
    expect(await ask("GET", "/registrations", readToken)).toMatchObject({
      status: 200,
      body: { registrations: [{ dn: "1002", state: "registered" }] },
    });
    expect((await ask("GET", "/registrations/1002", readToken)).status).toBe(200);
    for (const wish of ["refresh", "release", "disable", "enable"]) {
      const answer = await ask("POST", `/registrations/1002/${wish}`, readToken);
      expect(answer).toStrictEqual({ status: 403, body: { error: "this token is for looking only" } });
    }
    expect((await ask("POST", "/registrations", readToken)).status).toBe(405);
    expect((await get("/registrations/1002")).body).toMatchObject({ state: "registered", disabled: false });
    expect((await ask("POST", "/registrations/1002/refresh")).status).toBe(200);
  });

  it("refresh, release, disable and enable a DN", async () => {
    await start();
    const phone = await register("1002");
    await eventually(registered, ["1002 primary"]);
    const wish = (what: string, dn = "1002") => ask("POST", `/registrations/${dn}/${what}`);

    expect(await wish("refresh")).toMatchObject({ status: 200, body: { dn: "1002", state: "refreshing" } });
    await eventually(async () => (await get("/registrations/1002")).body.state, "registered");

    expect(await wish("release")).toMatchObject({
      status: 200,
      body: { state: "releasing", disabled: false },
    });
    await eventually(registered, []);
    phone.send(registerText("1002", { cseq: 3 }));
    await eventually(registered, ["1002 primary"]);

    expect(await wish("disable")).toMatchObject({ status: 200, body: { disabled: true } });
    await eventually(registered, []);
    phone.send(registerText("1002", { cseq: 4 }));
    expect(await phone.frame(3)).toContain("200 OK");
    expect((await get("/registrations/1002")).body).toMatchObject({
      state: "idle",
      disabled: true,
      sockets: 1,
    });
    expect((await wish("refresh")).status).toBe(409);

    expect(await wish("enable")).toMatchObject({ status: 200, body: { disabled: false } });
    await eventually(registered, ["1002 primary"]);

    expect((await wish("refresh", "1003")).status).toBe(404);
    expect((await ask("GET", "/registrations/1002/refresh")).status).toBe(405);
    expect((await ask("POST", "/registrations/1002")).status).toBe(405);
    expect((await wish("else")).status).toBe(405);
  });

  it("disable a DN before it comes, if it might be forwarded at all", async () => {
    await start();
    expect((await ask("POST", "/registrations/9999/disable")).status).toBe(404);
    expect((await ask("POST", "/registrations/1002/disable")).body).toMatchObject({ disabled: true });
    await register("1002");
    expect((await get("/registrations/1002")).body).toMatchObject({ state: "idle", sockets: 1 });
    expect(await registered()).toEqual([]);
  });
});

describe("guessing passwords", () => {
  it("makes the address wait, and spares the phones there that know theirs", async () => {
    await start({ edge: { port: 0, limits: { guessesPerMinute: 3, guessPenaltySeconds: 60 } } });
    const colleague = await register("1002");
    registrar.passwordsAreWrong = true;
    const guesser = await TestPhone.connect(service.listeners.edge);
    phones.push(guesser);
    for (let cseq = 1; cseq <= 3; cseq++) guesser.send(registerText("1003", { cseq }));
    expect(await guesser.closed).toEqual({ code: 1008, reason: "too many wrong passwords" });
    expect(guesser.frames).toHaveLength(3);
    expect(colleague.ws.readyState).toBe(1);
    const { status, retryAfter } = await handshake(service.listeners.edge);
    expect(status).toBe(429);
    expect(retryAfter).toBeGreaterThan(50);
    expect(retryAfter).toBeLessThanOrEqual(60);
    const text = await (await fetch(`http://127.0.0.1:${service.listeners.api}/metrics`)).text();
    expect(text).toContain("sip_proxy_edge_guesses_total 3");
    expect(text).toContain('sip_proxy_edge_guess_limit_total{what="address"} 1');
    expect(text).toContain('sip_proxy_edge_refused_total{reason="guessing"} 1');
    expect(text).toContain("sip_proxy_edge_addresses_waiting 1");
  });
});

describe("metrics", () => {
  it("tell what a registration took, at both ends", async () => {
    await start();
    const phone = await register("1002");
    await eventually(registered, ["1002 primary"]);
    await eventually(async () => (await get("/registrations/1002")).body.state, "registered");
    const url = `http://127.0.0.1:${service.listeners.api}/metrics`;
    const text = async () => (await fetch(url)).text();
    await eventually(async () => (await text()).includes('reconcile_runs_total{outcome="ok"} 1'), true);
    const lines = (await text()).split("\n");
    const expected = [
      "sip_proxy_edge_sockets 1",
      "sip_proxy_edge_accepted_total 1",
      'sip_proxy_edge_messages_total{direction="from_phones"} 2',
      'sip_proxy_edge_messages_total{direction="to_phones"} 2',
      'sip_proxy_edge_registers_total{kind="register"} 2',
      'sip_proxy_edge_register_answers_total{status="200"} 1',
      'sip_proxy_edge_register_answers_total{status="401"} 1',
      'sip_proxy_dns{state="registered"} 1',
      'sip_proxy_dns{state="backing off"} 0',
      'sip_proxy_dn_state_changes_total{from="idle",to="registering"} 1',
      'sip_proxy_genesys_registers_sent_total{kind="register"} 1',
      'sip_proxy_genesys_answers_total{status="200"} 1',
      "sip_proxy_registration_duration_seconds_count 1",
      "sip_proxy_genesys_request_duration_seconds_count 1",
      `sip_proxy_genesys_server_up{server="${genesys.primary.address}:${genesys.primary.port}/udp"} 1`,
      "sip_proxy_genesys_registers_waiting 0",
      "sip_proxy_ami_ready 1",
    ];
    expect(expected.filter((line) => !lines.includes(line))).toEqual([]);
    phone.ws.close();
    await eventually(async () => (await text()).includes('closed_total{code="1005"} 1'), true);
  });
});

describe("mirroring", () => {
  it("copies what phones and Genesys say, without credentials, and takes a change without a restart", async () => {
    const server = await captureServer();
    const hep = { host: "127.0.0.1", port: server.port, captureId: 3, password: "pw" };
    await start({ hep });
    const phone = await register("1002");
    await eventually(registered, ["1002 primary"]);
    const { edge } = service.listeners;
    const { address, port } = genesys.primary;
    const trip = ({ from, to, payload }: Record<string, string | number>) =>
      [String(payload).split("\r\n")[0], from, to].join(" ");
    const seen = () => server.packets.map(trip);
    await until(
      () => seen().some((line) => line.startsWith(`SIP/2.0 200 OK ${address}:${port} `)),
      "the 200 of Genesys",
    );
    expect(seen()).toEqual(
      expect.arrayContaining([
        expect.stringMatching(`^REGISTER .* 127.0.0.1:\\d+ 127.0.0.1:${edge}$`),
        expect.stringMatching(`^SIP/2.0 401 .* 127.0.0.1:${edge} 127.0.0.1:\\d+$`),
        expect.stringMatching(`^REGISTER .* 127.0.0.1:\\d+ ${address}:${port}$`),
        expect.stringMatching(`^SIP/2.0 200 OK ${address}:${port} 127.0.0.1:[1-9]\\d*$`),
      ]),
    );
    const all = server.packets.map(({ payload }) => payload).join("");
    expect(all).toContain("Authorization: ***");
    expect(all).not.toContain("deadbeef");
    await service.reload(config());
    phone.send(registerText("1002", { cseq: 33 }));
    expect(await phone.frame(2)).toContain("200 OK");
    expect(server.packets.map(({ payload }) => payload).join("")).not.toContain("CSeq: 33 REGISTER");
    server.close();
  });
});

describe("restarts", () => {
  it("of the proxy: phones are told 1012, Genesys keeps the DN, the next instance takes over", async () => {
    await start();
    const phone = await register("1002");
    await eventually(registered, ["1002 primary"]);
    await service.stop();
    expect((await phone.closed).code).toBe(1012);
    expect(await registered()).toEqual(["1002 primary"]);
    await start();
    await register("1002");
    await eventually(async () => (await get("/registrations/1002")).body.state, "registered");
    expect(await registered()).toEqual(["1002 primary"]);
  });

  it("adopts phones that are registered at Asterisk already", async () => {
    answerLists(ami, () => [{ dn: "1005", uri: "sip:x@127.0.0.1:4000;transport=ws" }]);
    await start();
    await eventually(async () => (await registered()).includes("1005 primary"), true);
  });

  it("for decommissioning every DN is un-registered", async () => {
    await start({ releaseOnStop: true });
    await register("1002");
    await eventually(registered, ["1002 primary"]);
    await service.stop();
    expect(await registered()).toEqual([]);
  });
});

describe("reload", () => {
  it("takes over who is allowed, without closing a socket", async () => {
    await start();
    const phone = await register("1002");
    await eventually(registered, ["1002 primary"]);
    await service.reload(config({ allowedDns: [{ from: "2000", to: "2999" }] }));
    await eventually(registered, []);
    expect(phone.ws.readyState).toBe(1);
  });

  it("starts anew where listeners change, and goes on with the old ones where that fails", async () => {
    await start();
    await register("1002");
    await service.reload(config({ edge: { port: 0, path: "/sip" } }));
    expect(await TestPhone.refusal(service.listeners.edge, {}, "/ws")).toBe(404);
    expect(await TestPhone.refusal(service.listeners.edge, {}, "/sip")).toBeUndefined();
    await expect(
      service.reload(config({ edge: { port: Number(new URL(asterisk.url).port), address: "127.0.5.2" } })),
    ).rejects.toThrow("EADDRINUSE");
    expect(await TestPhone.refusal(service.listeners.edge, {}, "/sip")).toBeUndefined();
    await until(() => lines.some(({ msg }) => msg === "phones can connect"), "a listener");
  });
});
