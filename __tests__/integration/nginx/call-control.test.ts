import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { type RequestOptions, request } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { renderNginxFiles } from "../../../constructs/nginx/render";
import { baseImages } from "../../../constructs/service/base-images";
import { buildContext } from "../../../constructs/service/context";
import { makeCertificates } from "../../tools/docker-provider/certificates";
import { attempt, docker, eventually, hardened, logs } from "../asterisk/docker";

/** The way through the real nginx to call-control: its API, its page, its events, its recordings. */

const base = baseImages.trixie.reference;
const name = "call-control-nginx-test";
const address = "127.0.78.1";
const port = 28_643;

let directory: string;
let upstream: Server;
/** What came to call-control, by the path that was asked for. */
const seen = new Map<string, { readonly headers: IncomingMessage["headers"]; readonly length: number }>();
/** What call-control says at `/telephony/events/`, a piece at a time. */
let say: (piece: string) => void = () => {};

const RECORDING = Buffer.alloc(3 << 20, "recording ");

/** Stands in for call-control: repeats what it was asked, and streams. */
async function startUpstream(): Promise<void> {
  upstream = createServer(async (asked, answer) => {
    const url = asked.url ?? "";
    if (url === "/telephony/events/") {
      answer.writeHead(200, { "Content-Type": "text/event-stream", "X-Accel-Buffering": "no" });
      say = (piece) => answer.write(piece);
      say("event: snapshot\n\n");
      return;
    }
    if (url === "/telephony/campaigns/1/leads/" && asked.headers.authorization === undefined) {
      answer.writeHead(401, { Connection: "close" }).end();
      return;
    }
    let length = 0;
    for await (const chunk of asked) length += chunk.length;
    seen.set(url, { headers: asked.headers, length });
    if (url.startsWith("/telephony/recordings/")) answer.end(RECORDING);
    else answer.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify({ url }));
  });
  upstream.listen(0, address);
  await once(upstream, "listening");
}

interface Answered {
  readonly status: number;
  readonly body: Buffer;
}

function ask(path: string, options: RequestOptions = {}, body?: Buffer): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: address, port, path, rejectUnauthorized: false, agent: false, ...options },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks) }));
        answer.on("error", reject);
      },
    );
    asked.setTimeout(20_000, () => asked.destroy(new Error(`${path}: no answer within 20 s`)));
    asked.on("error", reject);
    asked.end(body);
  });
}

beforeAll(async () => {
  await attempt("rm", "--force", name);
  const context = buildContext("nginx", base);
  const image = `nginx-test:${context.hash}`;
  const build = ["--quiet", "--network", "host", "--build-arg", `BASE=${base}`, "--tag", image];
  await docker("build", ...build, context.directory);
  await startUpstream();
  directory = mkdtempSync(join(tmpdir(), `${name}-`));
  chmodSync(directory, 0o755);
  const files = renderNginxFiles({
    address,
    port,
    httpPort: 28_680,
    drainSeconds: 60,
    upstream: { host: address, port: 9 },
    phone: { talkEvents: true, autoAnswerHeaders: false, embedOrigins: [] },
    monitor: { host: address, port: 9 },
    callControl: { host: address, port: (upstream.address() as AddressInfo).port },
  });
  const { cert, key } = makeCertificates(directory, "localhost");
  const staged = { ...files, "tls/certificate.pem": cert, "tls/key.pem": key, "status.htpasswd": "#\n" };
  for (const [path, text] of Object.entries(staged)) {
    mkdirSync(dirname(join(directory, "current", path)), { recursive: true });
    writeFileSync(join(directory, "current", path), text, { mode: 0o644 });
  }
  await docker(
    ...[
      "run",
      "--detach",
      "--name",
      name,
      "--network",
      "host",
      "--user",
      "10001",
      "--read-only",
      ...hardened,
    ],
    ...["--volume", `${directory}:/config:ro`, "--tmpfs", "/run/control:uid=10001", image],
  );
  await eventually(`nginx to answer:\n${logs(name)}`, async () =>
    (await ask("/calls/").catch(() => undefined))?.status === 200 ? true : undefined,
  );
}, 300_000);

afterAll(async () => {
  await attempt("rm", "--force", name);
  upstream?.closeAllConnections();
  upstream?.close();
  rmSync(directory, { recursive: true, force: true });
}, 60_000);

it("reaches the API without /api, and the page as it is called", async () => {
  expect(JSON.parse(String((await ask("/api/telephony/calls/?number=%2B31")).body))).toStrictEqual({
    url: "/telephony/calls/?number=%2B31",
  });
  expect(JSON.parse(String((await ask("/calls/main-ABCDEFGH.js")).body))).toStrictEqual({
    url: "/calls/main-ABCDEFGH.js",
  });
  expect((await ask("/calls")).status).toBe(301);
});

it("passes the key and the range on, and says who asks, whatever who asks says", async () => {
  const headers = { Authorization: "Bearer key", Range: "bytes=0-1", "X-Forwarded-For": "203.0.113.9" };
  await ask("/api/headers", { headers });
  expect(seen.get("/headers")?.headers).toMatchObject({
    authorization: "Bearer key",
    range: "bytes=0-1",
    "x-forwarded-for": "127.0.0.1",
    "x-real-ip": "127.0.0.1",
    "x-forwarded-proto": "https",
  });
});

it("passes events on as they come", async () => {
  const asked = request({
    ...{ host: address, port, path: "/api/telephony/events/", rejectUnauthorized: false, agent: false },
  });
  asked.end();
  const [answer] = (await once(asked, "response", { signal: AbortSignal.timeout(5000) })) as [
    IncomingMessage,
  ];
  try {
    const next = async () => String((await once(answer, "data", { signal: AbortSignal.timeout(5000) }))[0]);
    expect(await next()).toBe("event: snapshot\n\n");
    const change = next();
    say("event: change\n\n");
    expect(await change).toBe("event: change\n\n");
  } finally {
    answer.destroy();
  }
});

it("takes 2 MiB of leads, and nothing else that is long", async () => {
  const post = (path: string, length: number, headers = {}) =>
    ask(
      path,
      { method: "POST", headers: { "Content-Length": length, ...headers } },
      Buffer.alloc(length, "x"),
    );
  const leads = "/api/telephony/campaigns/1/leads/";
  const key = { Authorization: "Bearer key" };
  expect((await post(leads, 2_000_000, key)).status).toBe(200);
  expect(seen.get("/telephony/campaigns/1/leads/")?.length).toBe(2_000_000);
  expect((await post(leads, 2_200_000, key)).status).toBe(413);
  expect((await post("/api/telephony/calls/originate/", 70_000, key)).status).toBe(413);
}, 30_000);

it("lets call-control refuse leads before they have come", async () => {
  const asked = request({
    ...{ host: address, port, path: "/api/telephony/campaigns/1/leads/", method: "POST" },
    ...{ rejectUnauthorized: false, agent: false, headers: { "Content-Length": 1_000_000 } },
  });
  asked.on("error", () => undefined);
  asked.write("the beginning, and no more");
  try {
    const [answer] = (await once(asked, "response", { signal: AbortSignal.timeout(5000) })) as [
      IncomingMessage,
    ];
    expect(answer.statusCode).toBe(401);
  } finally {
    asked.destroy();
  }
});

it("passes a recording on whole", async () => {
  const { body } = await ask("/api/telephony/recordings/1/audio?expires=1&signature=hidden");
  expect(body.equals(RECORDING)).toBe(true);
});

it("refuses a flood from one address, and logs no query", async () => {
  const many = await Promise.all(Array.from({ length: 400 }, () => ask("/api/flood?number=%2B31201234567")));
  const statuses = many.map(({ status }) => status);
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(200);
  expect(statuses).toContain(429);
  const lines = logs(name)
    .split("\n")
    .filter((line) => line.includes('"GET /'));
  expect(lines.some((line) => line.includes("/recordings/1/audio"))).toBe(true);
  expect(lines.filter((line) => /signature|hidden/.test(line))).toStrictEqual([]);
}, 60_000);
