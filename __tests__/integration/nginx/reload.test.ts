import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { WebSocket, WebSocketServer } from "ws";
import { renderNginxFiles } from "../../../constructs/nginx/render";
import { baseImages } from "../../../constructs/service/base-images";
import { buildContext } from "../../../constructs/service/context";
import { makeCertificates } from "../../tools/docker-provider/certificates";
import { attempt, docker, eventually, logs } from "../asterisk/docker";

/** Phones' sockets while nginx reloads, in the container that the stack gives it. */

const NAME = "nginx-reload-test";
const ADDRESS = "127.0.78.1";
const base = baseImages.trixie.reference;
let image: string;
let directory: string;
let upstream: WebSocketServer;
const sockets: WebSocket[] = [];

/** Puts a release into the configuration, as the release container does. */
function stage(release: string, drainSeconds: number): void {
  const files = renderNginxFiles({
    address: ADDRESS,
    port: 28_443,
    httpPort: 28_081,
    drainSeconds,
    upstream: { host: ADDRESS, port: 28_088 },
    phone: { talkEvents: true, autoAnswerHeaders: false, embedOrigins: [] },
    monitor: { host: ADDRESS, port: 8091 },
  });
  const { cert, key } = makeCertificates(directory, "localhost");
  const staged = { ...files, "tls/certificate.pem": cert, "tls/key.pem": key, "status.htpasswd": "a:b\n" };
  for (const [name, text] of Object.entries(staged)) {
    const path = join(directory, "current", name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text.toString().replaceAll("@{release}", release), { mode: 0o644 });
  }
}

async function reload(release: string, drainSeconds: number): Promise<void> {
  stage(release, drainSeconds);
  expect(await attempt("exec", NAME, "/usr/local/lib/release/reload", release)).toStrictEqual({
    status: 0,
    output: `ok ${release}\n`,
  });
}

function connect(): Promise<WebSocket> {
  const socket = new WebSocket(`wss://${ADDRESS}:28443/ws`, ["sip"], { rejectUnauthorized: false });
  sockets.push(socket);
  return new Promise((resolve, reject) => {
    socket.on("open", () => resolve(socket));
    socket.on("error", reject);
  });
}

/** Whether a message comes back through it. */
function answers(socket: WebSocket): Promise<boolean> {
  if (socket.readyState !== WebSocket.OPEN) return Promise.resolve(false);
  return new Promise((resolve) => {
    const deadline = setTimeout(() => resolve(false), 2000);
    socket.once("message", () => {
      clearTimeout(deadline);
      resolve(true);
    });
    socket.send("anybody?");
  });
}

/** Processes of nginx whose title matches. */
const processes = (title: RegExp) =>
  execFileSync("docker", ["top", NAME, "-eo", "pid,args"], { encoding: "utf8" })
    .split("\n")
    .filter((line) => title.test(line)).length;

beforeAll(async () => {
  const context = buildContext("nginx", base);
  image = `nginx-test:${context.hash}`;
  const options = ["--quiet", "--network", "host", "--build-arg", `BASE=${base}`, "--tag", image];
  await docker("build", ...options, context.directory);
  upstream = new WebSocketServer({ host: ADDRESS, port: 28_088, handleProtocols: () => "sip" });
  upstream.on("connection", (socket) => socket.on("message", (message) => socket.send(message)));
}, 300_000);

afterAll(() => upstream?.close());

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "nginx-reload-test-"));
  chmodSync(directory, 0o755);
  stage("r0", 3600);
  await attempt("rm", "--force", NAME);
  await docker(
    ...["run", "--detach", "--name", NAME, "--network", "host", "--user", "10001", "--read-only"],
    ...["--cap-drop", "ALL", "--security-opt", "no-new-privileges"],
    ...["--tmpfs", "/tmp:rw,noexec,nosuid,nodev,size=64m", "--tmpfs", "/run/control:uid=10001,mode=700"],
    // constructs/nginx/nginx.ts
    ...["--memory", "768m", "--memory-swap", "768m", "--ulimit", "nproc=128:128"],
    ...["--ulimit", "nofile=16384:16384", "--env", `STATUS_ADDRESS=${ADDRESS}:28081`],
    ...["--volume", `${directory}:/config:ro`, image],
  );
  await eventually("nginx to answer", async () =>
    (await attempt("exec", NAME, "/usr/local/bin/status")).status === 0 ? true : undefined,
  );
}, 60_000);

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  await attempt("rm", "--force", NAME);
  rmSync(directory, { recursive: true, force: true });
}, 60_000);

describe("a reload", () => {
  it("leaves a phone its socket, until the time for old sockets is over", async () => {
    await reload("r1", 2);
    const phone = await connect();
    const closed = new Promise((resolve) => phone.on("close", resolve));
    await reload("r2", 2);
    expect(await answers(phone)).toBe(true);
    // For a tenth of a second after the new workers have begun, the old ones take connections too.
    await eventually("the old workers to take no more", () =>
      processes(/worker process$/) === 4 ? true : undefined,
    );
    const next = await connect();
    await closed;
    expect(await answers(next)).toBe(true);
    await eventually("the old workers to be gone", () =>
      processes(/shutting down/) === 0 ? true : undefined,
    );
  }, 60_000);

  it("that nginx does not take over is told so, however long that took", async () => {
    const { status, output } = await attempt("exec", NAME, "/usr/local/lib/release/reload", "another");
    expect(output).toBe(
      "error nginx did not take release another over within 10 seconds: its log says why\n",
    );
    expect(status).toBe(1);
  }, 60_000);

  it("never fails for the old workers that others have left: the oldest make room", async () => {
    const phones: WebSocket[] = [];
    for (let release = 1; release <= 14; release++) {
      // One with each worker, or as good as that.
      for (let count = 0; count < 12; count++) phones.push(await connect());
      await reload(`r${release}`, 3600);
    }
    expect(processes(/worker process$/)).toBe(4);
    expect(processes(/shutting down/)).toBeLessThanOrEqual(40);
    const alive = await Promise.all(phones.map(answers));
    // Those of the last ten releases all, those of the first ones none.
    expect(alive.slice(-9 * 12)).not.toContain(false);
    expect(alive.slice(0, 3 * 12)).not.toContain(true);
    expect(await answers(await connect())).toBe(true);
    expect(logs(NAME)).not.toMatch(/\[(alert|emerg|crit)\]/);
  }, 120_000);
});
