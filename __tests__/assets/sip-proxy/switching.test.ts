import { type AddressInfo, createServer } from "node:net";
import {
  configSchema,
  type SipProxyConfig,
  type SipProxyConfigInput,
} from "../../../assets/sip-proxy/src/config";
import { SipProxyService } from "../../../assets/sip-proxy/src/service";
import { createLogger } from "../../../lib/service";
import { FakeAsterisk as FakeAmi } from "../../lib/ami/fake-asterisk";
import { TestSimulator } from "../genesys-simulator/harness";
import { closeAll, UdpPeer } from "./relay/wire";
import { answerLists, type ListedContact, type ListedRegistration } from "./support/ami-lists";
import { FakeAsterisk, TestPhone, until } from "./support/fake-asterisk";
import { FakeRegistrar, registerText } from "./support/registrar";

/** The service with its relay, between a fake Asterisk and the simulator, while its mode is switched. */

const GENESYS_SIDE = "127.0.65.1";
const ASTERISK_SIDE = "127.0.65.2";
const TRUNK = "127.0.65.3";
const TOKEN = "correct-horse-battery";

let asterisk: FakeAsterisk;
let registrar: FakeRegistrar;
let ami: FakeAmi;
let genesys: TestSimulator;
let trunk: UdpPeer;
let service: SipProxyService;
let lines: Record<string, unknown>[];
/** What Asterisk lists besides what its WebSockets brought. */
let past: ListedContact[];
let own: ListedRegistration[];
const phones: TestPhone[] = [];

function config(mode: "static" | "proxy", changes: Partial<SipProxyConfigInput> = {}): SipProxyConfig {
  return configSchema.parse({
    release: "r1",
    forwarding: mode === "proxy",
    edge: { port: 0 },
    asterisk: { url: asterisk.url },
    ami: { port: ami.port, username: "proxy", secret: "swordfish" },
    genesys: {
      servers: [{ host: genesys.primary.address, port: genesys.primary.port }],
      localAddress: "127.0.0.1",
    },
    trunk: { host: GENESYS_SIDE, port: 5070 },
    relay: {
      genesysSide: { address: GENESYS_SIDE },
      asteriskSide: { address: ASTERISK_SIDE },
      asterisk: { address: TRUNK },
    },
    allowedDns: [{ from: "1000", to: "5020" }],
    graceSeconds: 0,
    api: { port: 0, token: TOKEN },
    ...changes,
  } satisfies SipProxyConfigInput);
}

async function start(mode: "static" | "proxy", changes: Partial<SipProxyConfigInput> = {}): Promise<void> {
  lines = [];
  const log = createLogger("sip-proxy", "debug", (line) => void lines.push(JSON.parse(line)));
  service = await SipProxyService.start(config(mode, changes), { log });
}

const logged = (message: string) => lines.some(({ msg }) => msg === message);

let cseq = 1;

/** Asterisk's own REGISTER, by the relay; resolves with the status of its answer. */
async function asteriskRegisters(dn: string, expires = 600): Promise<number> {
  const { address, port } = genesys.primary;
  const callId = `own-${dn}`;
  const text = [
    `REGISTER sip:${address}:${port} SIP/2.0`,
    `Via: SIP/2.0/UDP ${TRUNK}:5060;rport;branch=z9hG4bK${callId}${++cseq}`,
    `Route: <sip:${ASTERISK_SIDE}:5070;lr>`,
    "Max-Forwards: 70",
    `From: <sip:${dn}@${address}:${port}>;tag=a`,
    `To: <sip:${dn}@${address}:${port}>`,
    `Call-ID: ${callId}`,
    `CSeq: ${cseq} REGISTER`,
    `Contact: <sip:${dn}@${TRUNK}:5060>`,
    `Expires: ${expires}`,
    "Content-Length: 0\r\n\r\n",
  ].join("\r\n");
  const before = trunk.raw.length;
  trunk.send(text, ASTERISK_SIDE);
  const answer = await trunk.nth(before);
  if (answer.isRequest) throw new Error("a request came instead of an answer");
  own = own.filter((one) => one.dn !== dn);
  if (expires > 0) own.push({ dn, status: "Registered" });
  return answer.status;
}

interface Row {
  readonly dn: string;
  readonly contact: string;
  readonly callId: string;
}

async function bindings(): Promise<Row[]> {
  return (await genesys.api("GET", "/registrations")).body as Row[];
}

const registered = async () => (await bindings()).map(({ dn }) => dn).sort();

async function eventually(read: () => Promise<unknown>, expected: unknown): Promise<void> {
  const deadline = Date.now() + 8000;
  while (JSON.stringify(await read()) !== JSON.stringify(expected) && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(await read()).toEqual(expected);
}

async function phoneRegisters(dn: string): Promise<TestPhone> {
  const phone = await TestPhone.connect(service.listeners.edge);
  phones.push(phone);
  phone.send(registerText(dn));
  expect(await phone.frame(0)).toContain("200 OK");
  return phone;
}

async function api(path: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const url = `http://127.0.0.1:${service.listeners.api}${path}`;
  const response = await fetch(url, { headers: { Authorization: `Bearer ${TOKEN}` } });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

beforeEach(async () => {
  [past, own] = [[], []];
  asterisk = await FakeAsterisk.start("127.0.65.4");
  registrar = new FakeRegistrar(asterisk);
  ami = await new FakeAmi({ username: "proxy", secret: "swordfish" }).start();
  answerLists(
    ami,
    () => [...registrar.held(), ...past],
    () => own,
  );
  genesys = await TestSimulator.start();
  trunk = await UdpPeer.open(TRUNK);
});

afterEach(async () => {
  for (const phone of phones.splice(0)) phone.ws.terminate();
  await service?.stop();
  await closeAll();
  await Promise.all([asterisk.stop(), ami.stop(), genesys.stop()]);
});

describe("from static to proxy mode", () => {
  it("Genesys has been told of Asterisk's DNs when the reload is over, in place of Asterisk's own bindings", async () => {
    await start("static");
    for (const dn of ["1002", "1003"]) expect(await asteriskRegisters(dn)).toBe(200);
    const before = await bindings();
    past.push({ dn: "1002", uri: "sip:x@192.0.2.7;transport=ws" });
    await service.reload(config("proxy"));
    const after = await bindings();
    expect(after.map(({ dn, contact }) => [dn, contact])).toEqual(
      before.map(({ dn, contact }) => [dn, contact]),
    );
    expect(after.map(({ callId }) => callId === "own-1002" || callId === "own-1003")).toEqual([false, true]);

    // Asterisk's release takes its registrations away: Genesys hears of the one that nobody has a use for.
    for (const dn of ["1002", "1003"]) expect(await asteriskRegisters(dn, 0)).toBe(200);
    expect(await registered()).toEqual(["1002", "1003"]);
    await eventually(registered, ["1002"]);
    expect(logged("Asterisk gives the DN up, sip-proxy has it registered: Genesys is not told")).toBe(true);
  }, 15_000);

  it("neither stops the HTTP API nor starts the relay anew", async () => {
    await start("static");
    const { api: port } = service.listeners;
    const failures: unknown[] = [];
    const poll = setInterval(() => void api("/healthz").catch((error) => failures.push(error)), 5);
    await service.reload(config("proxy"));
    await service.reload(config("static"));
    await service.reload(config("proxy"));
    clearInterval(poll);
    expect(failures).toEqual([]);
    expect(service.listeners.api).toBe(port);
    expect(logged("the trunk relay starts anew")).toBe(false);
    expect((await api("/healthz")).body).toMatchObject({ forwarding: true, ready: true });
  });

  it("is refused when phones can't come in, and changes nothing; the next try goes on", async () => {
    await start("static");
    expect(await asteriskRegisters("1002")).toBe(200);
    past.push({ dn: "1002", uri: "sip:x@192.0.2.7;transport=ws" });
    const squatter = createServer().listen(0, "127.0.0.1");
    await until(() => squatter.listening, "the port is taken");
    const edge = { port: (squatter.address() as AddressInfo).port };
    const proxy = config("proxy", { edge });
    await service.reload(config("static", { edge }));
    await expect(service.reload(proxy)).rejects.toThrow("EADDRINUSE");
    expect((await api("/healthz")).body).toMatchObject({ forwarding: false, ready: true });
    expect(await bindings()).toMatchObject([{ dn: "1002", callId: "own-1002" }]);
    await new Promise((resolve) => squatter.close(resolve));
    await service.reload(proxy);
    expect(await bindings()).toMatchObject([{ dn: "1002", callId: expect.not.stringMatching(/^own/) }]);
  });

  it("is refused when Asterisk is there and doesn't tell who is registered", async () => {
    await start("static");
    expect(await asteriskRegisters("1002")).toBe(200);
    await until(() => logged("AMI connected"), "a session");
    ami.answers.set(
      "PJSIPShowContacts",
      (id) => `Response: Error\r\nActionID: ${id}\r\nMessage: Permission denied\r\n\r\n`,
    );
    await expect(service.reload(config("proxy"))).rejects.toThrow(/can't tell which DNs .*Permission denied/);
    expect((await api("/healthz")).body).toMatchObject({ forwarding: false });
    await expect(TestPhone.connect(service.listeners.edge)).rejects.toThrow("ECONNREFUSED");
    expect(await registered()).toEqual(["1002"]);
  });

  it("is refused when Asterisk hangs, before the release's own time is up", async () => {
    await start("static");
    await until(() => logged("AMI connected"), "a session");
    ami.freeze();
    const began = Date.now();
    await expect(service.reload(config("proxy"))).rejects.toThrow(
      /its list of contacts took more than 7000 ms/,
    );
    expect(Date.now() - began).toBeLessThan(13_000);
    expect((await api("/healthz")).body).toMatchObject({ forwarding: false });
  }, 20_000);

  it("has nothing to adopt from an Asterisk that isn't there", async () => {
    const proxy = config("proxy");
    await start("static");
    await asterisk.stop();
    await ami.stop();
    await service.reload(proxy);
    expect(logged("Asterisk is not running: there are no DNs to adopt")).toBe(true);
    expect((await api("/healthz")).body).toMatchObject({ forwarding: true });
  });

  it("ends when Genesys doesn't answer: it goes on behind, and Asterisk's farewell reaches nobody", async () => {
    await start("static");
    expect(await asteriskRegisters("1002")).toBe(200);
    past.push({ dn: "1002", uri: "sip:x@192.0.2.7;transport=ws" });
    await genesys.api("PUT", "/faults", { server: "primary", down: "silent" });
    const began = Date.now();
    await service.reload(config("proxy"));
    expect(Date.now() - began).toBeLessThan(13_000);
    expect(logged("Genesys has not answered for all of them yet: that goes on")).toBe(true);
    expect(await asteriskRegisters("1002", 0)).toBe(200);
    await genesys.api("DELETE", "/faults?server=primary");
    await new Promise((resolve) => setTimeout(resolve, 6000));
    expect(await registered()).toEqual(["1002"]);
  }, 40_000);
});

describe("in proxy mode, phones on sockets past the tunnel", () => {
  it("are noticed when they come and when they go", async () => {
    await start("proxy");
    await until(() => logged("AMI connected"), "a session");
    past.push({ dn: "1004", uri: "sip:x@192.0.2.7;transport=ws" });
    ami.contactStatus("1004", "sip:x@192.0.2.7;transport=ws", "NonQualified");
    await eventually(registered, ["1004"]);
    past.pop();
    ami.contactStatus("1004", "sip:x@192.0.2.7;transport=ws", "Removed");
    await eventually(registered, []);
  });

  it("cost no list when they turn out to have come through it", async () => {
    await start("proxy");
    await until(() => ami.actionNames.includes("PJSIPShowContacts"), "the first list");
    const lists = () => ami.actionNames.filter((name) => name === "PJSIPShowContacts").length;
    const before = lists();
    ami.contactStatus("1002", "sip:1002@elsewhere", "NonQualified");
    await phoneRegisters("1002");
    await new Promise((resolve) => setTimeout(resolve, 800));
    expect(lists()).toBe(before);
  });
});

describe("from proxy to static mode", () => {
  it("a DN is handed over when Asterisk has registered it, and what Asterisk hasn't is un-registered", async () => {
    await start("proxy");
    await phoneRegisters("1002");
    await phoneRegisters("1003");
    await eventually(registered, ["1002", "1003"]);
    own.push({ dn: "1002", status: "Unregistered" });
    await service.reload(config("static"));
    await eventually(registered, ["1002"]);
    expect((await api("/registrations/1002")).body).toMatchObject({ state: "registered", byAsterisk: false });
    expect((await api("/healthz")).body).toMatchObject({ forwarding: false });
    // 1003 counts until the answer to its un-REGISTER is here, which is after Genesys has let go of it.
    await eventually(async () => (await api("/healthz")).body.handingOver, 1);
    expect(await asteriskRegisters("1002")).toBe(200);
    await eventually(async () => (await api("/registrations/1002")).body.state, "idle");
    expect((await api("/registrations/1002")).body).toMatchObject({ byAsterisk: true });
    expect(await bindings()).toMatchObject([{ dn: "1002", callId: "own-1002" }]);
    await eventually(async () => (await api("/healthz")).body.handingOver, 0);
  });

  it("phones keep their sockets, new ones are not taken, and after the time for that all are closed", async () => {
    const drains = { edge: { port: 0, drainSeconds: 1 } };
    await start("proxy", drains);
    const phone = await phoneRegisters("1002");
    const { edge } = service.listeners;
    await service.reload(config("static", drains));
    await expect(TestPhone.connect(edge)).rejects.toThrow("ECONNREFUSED");
    phone.send(registerText("1002", { cseq: 2 }));
    expect(await phone.frame(1)).toContain("200 OK");
    expect(await phone.closed).toEqual({ code: 1012, reason: "phones go another way now" });
  });

  it("and back, phones have the same sockets, for good", async () => {
    const drains = { edge: { port: 0, drainSeconds: 1 } };
    await start("proxy", drains);
    const phone = await phoneRegisters("1002");
    await service.reload(config("static", drains));
    await service.reload(config("proxy", drains));
    await new Promise((resolve) => setTimeout(resolve, 1300));
    phone.send(registerText("1002", { cseq: 2 }));
    expect(await phone.frame(1)).toContain("200 OK");
    await phoneRegisters("1003");
    await eventually(registered, ["1002", "1003"]);
  });

  it("the end of the service closes the sockets that are left", async () => {
    await start("proxy");
    const phone = await phoneRegisters("1002");
    await service.reload(config("static"));
    await service.stop();
    expect((await phone.closed).code).toBe(1012);
  });
});

describe("other changes", () => {
  it("of Genesys' servers leave phones their sockets", async () => {
    await start("proxy");
    const phone = await phoneRegisters("1002");
    const { address: host, port } = genesys.backup;
    await service.reload(
      config("proxy", { genesys: { servers: [{ host, port }], localAddress: "127.0.0.1" } }),
    );
    await eventually(async () => {
      const rows = (await bindings()) as (Row & { server: string })[];
      return rows.map(({ server }) => server).includes("backup");
    }, true);
    expect(phone.ws.readyState).toBe(1);
    expect(logged("the trunk relay starts anew")).toBe(false);
  });
});
