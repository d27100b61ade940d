import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RegistrationMonitor, start } from "../../../assets/registration-monitor/src/service";
import { createLogger } from "../../../lib/service";
import { FakeAsterisk, until } from "../../lib/ami/fake-asterisk";
import { config } from "./config-input";
import { FakeExporter } from "./fake-exporter";

let asterisk: FakeAsterisk;
let exporter: FakeExporter;
let monitor: RegistrationMonitor;
let lines: string[];

interface Reply {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: what the page has is what these tests look at
  body: any;
}

async function ask(path: string, method = "GET"): Promise<Reply> {
  const reply = await read(path, method);
  return { ...reply, body: reply.text === "" ? undefined : JSON.parse(reply.text) };
}

function read(path: string, method = "GET"): Promise<Reply> {
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port: monitor.port, path, method, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
      });
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: undefined });
      });
    })
      .on("error", reject)
      .end();
  });
}

async function begin(part: Parameters<typeof config>[0] = {}, page?: string): Promise<void> {
  const log = createLogger("monitor", "info", (line) => void lines.push(JSON.parse(line).msg));
  const whole = config({ reconcileInterval: 1, ...part });
  const { ami, metrics } = whole;
  monitor = await start(
    { ...whole, ami: { ...ami, port: asterisk.port }, metrics: { ...metrics, port: exporter.port } },
    { log },
    page,
  );
}

const known = () => until(() => lines.includes("the state of all DNs is known"));

beforeEach(async () => {
  lines = [];
  asterisk = await new FakeAsterisk().start();
  exporter = await new FakeExporter().start();
  exporter.endpoints.set("1002", 2).set("1003", 1).set("9999", 2);
  exporter.registrations.set("1002", 1).set("1003", 2);
});

afterEach(async () => {
  await monitor.stop();
  await Promise.all([asterisk.stop(), exporter.stop()]);
});

describe("registration-monitor", () => {
  it("shows what Asterisk says: the picture, then every event", async () => {
    await begin();
    await known();
    asterisk.contactStatus("1003", "sip:7hf2k@192.0.2.7:51234;transport=ws", "NonQualified");
    asterisk.registry("1003", "127.0.4.2:5060", "Registered");
    await until(() => lines.includes("DN 1003: registered at Genesys 127.0.4.2 (was Rejected)"));
    const { status, headers, body } = await ask("/registrations?filter=none");
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      "content-type": "application/json; charset=utf-8",
      "cache-control": "no-store",
    });
    expect(body).toMatchObject({
      mode: "static",
      range: "1000-5020",
      release: "0a1b2c3d4e5f",
      asterisk: { live: true, state: "ready", reason: null },
      totals: {
        listed: 2,
        outsideRange: 1,
        phones: { registered: 2, unregistered: 0, unknown: 0 },
        genesys: { registered: 2, rejected: 0 },
      },
      rows: [
        { dn: "1002", phone: { registered: true }, genesys: { status: "Registered" } },
        {
          dn: "1003",
          phone: { registered: true, contacts: [{ uri: "sip:7hf2k@192.0.2.7:51234;transport=ws" }] },
          genesys: { status: "Registered", server: "127.0.4.2" },
        },
      ],
    });
    expect(Math.abs(Date.now() - Date.parse(body.updatedAt))).toBeLessThan(10_000);
    expect(lines).toContain(
      "DN 1003: phone registered at Asterisk from sip:7hf2k@192.0.2.7:51234;transport=ws",
    );
  });

  it("never sends an action beyond login, ping and log-off, and never anything but GET to the exporter", async () => {
    await begin();
    await known();
    asterisk.contactStatus("1002", "sip:1002@192.0.2.7", "Removed");
    await until(() => exporter.requests.length >= 3);
    await asterisk.stop();
    await asterisk.start();
    await until(
      () => asterisk.connections === 2 && lines.filter((line) => line.includes("is known")).length === 2,
    );
    await monitor.stop();
    const allowed = ["Challenge", "Login", "Ping", "Logoff"];
    expect(asterisk.actionNames).toContain("Login");
    expect(asterisk.actionNames.filter((name) => !allowed.includes(name))).toStrictEqual([]);
    expect(new Set(exporter.requests.map(({ method }) => method))).toStrictEqual(new Set(["GET"]));
  });

  it("survives Asterisk's restart: nothing is called registered while it is away, then a fresh picture", async () => {
    await begin();
    await known();
    expect((await ask("/healthz")).body).toMatchObject({ status: "ok", ami: "ready" });
    await asterisk.stop();
    await until(() => lines.some((line) => line.startsWith("AMI: connection lost")));
    const away = await ask("/registrations");
    expect(away.body.asterisk).toMatchObject({ live: false, reason: expect.stringContaining("127.0.0.1") });
    expect(away.body.totals.phones).toStrictEqual({ registered: 0, unregistered: 0, unknown: 2 });
    expect(away.body.rows[0]).toMatchObject({ phone: { registered: null }, genesys: { status: "Unknown" } });
    const health = await ask("/healthz");
    expect(health.status).toBe(503);
    expect(health.body).toMatchObject({ status: "unhealthy", reason: expect.stringContaining("127.0.0.1") });

    exporter.endpoints.set("1002", 1);
    lines = [];
    await asterisk.start();
    await known();
    expect(lines).toContain("DN 1002: phone no longer registered at Asterisk");
    expect((await ask("/registrations/1002")).body).toMatchObject({
      mode: "static",
      asterisk: { live: true },
      dn: "1002",
      phone: { registered: false },
      genesys: { status: "Registered" },
    });
    expect((await ask("/healthz")).status).toBe(200);
  });

  it("events that come while a picture is taken are applied on top of it", async () => {
    let answer = () => {};
    exporter.respond = (response) => {
      answer = () => response.end(exporter.text());
    };
    await begin();
    await until(() => exporter.requests.length === 1);
    asterisk.contactStatus("1003", "sip:1003@192.0.2.7", "NonQualified");
    asterisk.contactStatus("1003", "sip:1003@192.0.2.7", "Removed");
    asterisk.contactStatus("1002", "sip:1002@192.0.2.7", "NonQualified");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await ask("/registrations")).body).toMatchObject({ asterisk: { state: "syncing" }, rows: [] });
    exporter.respond = undefined;
    answer();
    await known();
    const { rows } = (await ask("/registrations")).body;
    expect(rows[0].phone).toMatchObject({ registered: true, contacts: [{ uri: "sip:1002@192.0.2.7" }] });
    expect(rows[1].phone).toMatchObject({ registered: false, contacts: [] });
  });

  it("takes a picture at every interval, so that a missed event does not stay", async () => {
    await begin();
    await known();
    exporter.endpoints.set("1003", 2);
    await until(() => lines.includes("DN 1003: phone registered at Asterisk (contact not seen yet)"));
  });

  it("without pictures it is unhealthy, says why, tries again, and shows nothing half", async () => {
    exporter.respond = (response) => response.writeHead(404).end();
    await begin();
    await until(() => lines.some((line) => line.startsWith("picture of Asterisk: ")));
    asterisk.contactStatus("1002", "sip:1002@192.0.2.7", "NonQualified");
    const { status, body } = await ask("/healthz");
    expect(status).toBe(503);
    expect(body.reason).toContain("404: res_prometheus is not loaded");
    expect((await ask("/registrations")).body.rows).toStrictEqual([]);
    exporter.respond = undefined;
    await known();
    expect((await ask("/healthz")).status).toBe(200);
  });

  it("a wrong password makes it unhealthy with the user's name, and it goes on serving", async () => {
    asterisk.options.secret = "another";
    await begin();
    await until(() => lines.some((line) => line.includes("rejects")));
    const { status, body } = await ask("/healthz");
    expect(status).toBe(503);
    expect(body.reason).toBe('Asterisk rejects the AMI user "monitor": Authentication failed');
    expect(lines.join()).not.toContain("swordfish");
  });
});

const nowhere = "no such page: /, /registrations, /registrations/<dn>, /changes, /events, /metrics, /healthz";

describe("its pages", () => {
  beforeEach(async () => {
    await begin();
    await known();
  });

  it.each(["/registrations", "/registrations/1002", "/healthz"])(
    "%s answers HEAD as GET, without a body",
    async (path) => {
      const [get, head] = [await ask(path), await ask(path, "HEAD")];
      expect(head.status).toBe(200);
      expect(head.text).toBe("");
      expect(Number(head.headers["content-length"])).toBe(Buffer.byteLength(get.text));
    },
  );

  it.each(["POST", "PUT", "DELETE", "OPTIONS"])("%s is answered by 405", async (method) => {
    const { status, headers, body } = await ask("/registrations", method);
    expect(status).toBe(405);
    expect(headers.allow).toBe("GET, HEAD");
    expect(body.error).toBe(`${method} is not supported: GET or HEAD`);
  });

  it.each([
    ["/registrations/1004", "Asterisk knows no DN 1004"],
    ["/registrations/9999", '"9999" is no DN of the monitored range 1000-5020'],
    ["/registrations/%2e%2e", '"%2e%2e" is no DN of the monitored range 1000-5020'],
    ["/registrations/1002/x", nowhere],
    ["/", nowhere],
  ])("%s is answered by 404 with the reason", async (path, error) => {
    const reply = await ask(path);
    expect(reply.status).toBe(404);
    expect(reply.body).toStrictEqual({ error });
  });

  it("has metrics for Prometheus", async () => {
    // Gauges are as old as the last message to pages, 0.25 s; this one makes a message.
    await ask("/registrations");
    const { headers, text } = await read("/metrics");
    expect(headers["content-type"]).toContain("text/plain");
    expect(text).toContain('registration_monitor_phones{state="registered"} 1\n');
    expect(text).toContain('registration_monitor_genesys{state="rejected"} 1\n');
    expect(text).toContain('registration_monitor_source_up{source="asterisk"} 1\n');
    expect(text).toContain('registration_monitor_source_up{source="database"} 0\n');
    // A series for each DN would be too many; times and sizes may have these digits.
    expect(text).not.toMatch(/\{.*1002.*\}/);
  });

  it("tells changes, those of a DN alone too, and says that the database is away", async () => {
    asterisk.contactStatus("1002", "sip:1002@192.0.2.7", "Reachable");
    asterisk.contactStatus("1002", "sip:1002@192.0.2.7", "Unreachable");
    await until(() => lines.some((line) => line.includes("does not answer at")));
    const { body } = await ask("/changes?dn=1002");
    expect(body).toMatchObject({
      complete: false,
      changes: [
        { dn: "1002", what: "phone", trouble: true, text: "phone does not answer at sip:1002@192.0.2.7" },
      ],
    });
    const all = (await ask("/changes?limit=500")).body.changes;
    const watched = { dn: null, what: "monitor", text: "Asterisk is watched" };
    expect(all).toContainEqual(expect.objectContaining(watched));
  });

  it.each(["limit=0", "limit=501", "limit=x", "before=-1", "dn=x", "dn=123456789012345678901"])(
    "/changes?%s is answered by 400",
    async (query) => {
      const { status, body } = await ask(`/changes?${query}`);
      expect(status).toBe(400);
      expect(body.error).toContain("changes take limit (1 to 500)");
    },
  );

  it("streams what changes, and goes on for who comes back", async () => {
    const { version } = (await ask("/registrations")).body;
    const controller = new AbortController();
    const { signal } = controller;
    const events = await fetch(`http://127.0.0.1:${monitor.port}/events?since=${version}`, { signal });
    const reader = (events.body as ReadableStream<Uint8Array>).getReader();
    let text = "";
    asterisk.contactStatus("1003", "sip:1003@192.0.2.7", "Reachable");
    while (!text.includes('"uri":"sip:1003@192.0.2.7"')) {
      text += new TextDecoder().decode((await reader.read()).value);
    }
    expect(text).toContain("event: delta\n");
    expect(text).not.toContain("event: version\n");
    controller.abort();
  });

  it("has security headers on each", async () => {
    for (const path of ["/registrations", "/metrics", "/healthz", "/nowhere"]) {
      expect((await read(path)).headers).toMatchObject({
        "content-security-policy": expect.stringContaining("default-src 'none'"),
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
      });
    }
  });

  it("serves the files of the page: those with a hash for good, index.html not", async () => {
    await monitor.stop();
    const directory = mkdtempSync(join(tmpdir(), "page-"));
    writeFileSync(join(directory, "index.html"), "<!doctype html>");
    writeFileSync(join(directory, "main-ABCDEF12.js"), "export {};");
    await begin({}, directory);
    expect(await read("/")).toMatchObject({
      status: 200,
      text: "<!doctype html>",
      headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-cache" },
    });
    expect(await read("/main-ABCDEF12.js")).toMatchObject({
      status: 200,
      headers: {
        "content-type": "text/javascript; charset=utf-8",
        "cache-control": "public, max-age=31536000, immutable",
      },
    });
    expect((await ask("/index.html")).status).toBe(404);
    expect((await ask("/../package.json")).status).toBe(404);
    writeFileSync(join(directory, "secret.pem"), "x");
    await expect(begin({}, directory)).rejects.toThrow("secret.pem is no file of a page");
    rmSync(directory, { recursive: true });
  });

  it("a place that is taken is named", async () => {
    const place = { address: "127.0.0.1", port: monitor.port };
    await expect(
      start(config({ listen: place }), { log: createLogger("monitor", "silent") }),
    ).rejects.toThrow(`HTTP at 127.0.0.1 port ${monitor.port}: listen EADDRINUSE`);
  });
});
