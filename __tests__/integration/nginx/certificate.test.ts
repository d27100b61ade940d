import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { connect } from "node:tls";
import WebSocket, { WebSocketServer } from "ws";
import { renderNginxFiles } from "../../../constructs/nginx/render";
import { baseImages } from "../../../constructs/service/base-images";
import { buildContext } from "../../../constructs/service/context";
import { Secrets } from "../../../constructs/service/secrets";
import { attempt, docker, eventually, hardened, healthy, logs } from "../asterisk/docker";

/** A certificate that is renewed on the host, by the real nginx and what looks after its certificate beside it. */

const root = join(__dirname, "..", "..", "..");
const base = baseImages.trixie.reference;
const name = "certificate-test";
const [nginx, watcher] = [`${name}-nginx`, `${name}-nginx-certificate`];
const port = 28_543;
const httpPort = 28_580;

let image: string;
let directory: string;
let tls: string;
let server: WebSocketServer;

const volumes = [...["--volume", `${name}-config:/config`], ...["--volume", `${name}-control:/run/control`]];
const rights = [
  ...["--network", "none", "--user", "0", ...hardened, "--sysctl", "net.ipv4.ip_nonlocal_bind=1"],
  ...["CHOWN", "DAC_READ_SEARCH", "SETGID", "SETUID"].flatMap((right) => ["--cap-add", right]),
  ...["--env", "SERVICE_UID=10001", "--env", "CHECK_DEADLINE=20", "--env", "RELOAD_DEADLINE=20"],
];

/** Makes a certificate of that name with its key, by the openssl of the image. */
async function make(cn: string, ...validity: string[]): Promise<{ certificate: string; key: string }> {
  const [certificate, key] = [join(directory, `${cn}.pem`), join(directory, `${cn}.key`)];
  await docker(
    ...["run", "--rm", "--network", "none", "--user", "0", "--volume", `${directory}:/w`],
    ...["--entrypoint", "openssl", image, "req", "-x509", "-nodes", "-newkey", "ec"],
    ...["-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", `/CN=${cn}`],
    ...["-out", `/w/${cn}.pem`, "-keyout", `/w/${cn}.key`],
    ...(validity.length > 0 ? validity : ["-days", "30"]),
  );
  return { certificate, key };
}

/** As a certbot hook does it: a copy beside it, then a rename over what was there. */
function install(from: string, file: "certificate.pem" | "key.pem"): void {
  renameSync(from, join(tls, file));
}

async function installed(cn: string): Promise<void> {
  const { certificate, key } = await make(cn);
  install(certificate, "certificate.pem");
  install(key, "key.pem");
}

/** What a deploy does: the rendered files with the secrets of now. */
function deploy(hash: string) {
  return attempt(
    ...["run", "--rm", ...rights, ...volumes, "--env", `RELEASE_HASH=${hash}`],
    ...["--volume", `${join(directory, "files")}:/release/files:ro`],
    ...["certificate.pem", "key.pem"].flatMap((file) => [
      "--volume",
      `${join(tls, file)}:/run/secrets/tls/${file}:ro`,
    ]),
    ...["--volume", `${join(root, "assets/release/release")}:/release/run:ro`],
    ...["--entrypoint", "/usr/bin/perl", image, "/release/run"],
  );
}

/** The name in the certificate that a new connection gets. */
async function served(): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false });
  try {
    await once(socket, "secureConnect", { signal: AbortSignal.timeout(5000) });
    return String(socket.getPeerCertificate().subject.CN);
  } finally {
    socket.destroy();
  }
}

/** For good: the workers of before a reload may take a connection for a moment longer. */
const serves = (cn: string) =>
  eventually(`nginx to serve ${cn}`, async () => {
    for (let times = 0; times < 5; times++) {
      if ((await served().catch(() => "")) !== cn) return undefined;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return true;
  });

async function openSocket(): Promise<WebSocket> {
  const socket = new WebSocket(`wss://127.0.0.1:${port}/ws`, "sip", { rejectUnauthorized: false });
  await once(socket, "open", { signal: AbortSignal.timeout(5000) });
  return socket;
}

async function echo(socket: WebSocket, text: string): Promise<string> {
  const answer = once(socket, "message", { signal: AbortSignal.timeout(5000) });
  socket.send(text);
  return String((await answer)[0]);
}

const said = (text: string) =>
  eventually(`'${text}' in the log:\n${logs(watcher)}`, () => logs(watcher).includes(text) || undefined);

beforeAll(async () => {
  const context = buildContext("nginx", base);
  image = `nginx-test:${context.hash}`;
  const options = ["--quiet", "--network", "host", "--build-arg", `BASE=${base}`, "--tag", image];
  await docker("build", ...options, context.directory);
  directory = mkdtempSync(join(tmpdir(), `${name}-`));
  chmodSync(directory, 0o755);
  tls = join(directory, "secrets", "tls");
  mkdirSync(tls, { recursive: true, mode: 0o700 });

  server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  server.on("connection", (socket) => socket.on("message", (text) => socket.send(String(text))));
  await once(server, "listening");
  const loopback = "127.0.0.1";
  const files = renderNginxFiles({
    address: loopback,
    port,
    httpPort,
    drainSeconds: 3600,
    upstream: { host: loopback, port: (server.address() as AddressInfo).port },
    phone: { talkEvents: true, autoAnswerHeaders: false, embedOrigins: [] },
    monitor: { host: loopback, port: 9 },
  });
  const users = { "status.htpasswd": `operator:$6$abcdefgh$${"x".repeat(86)}\n` };
  for (const [path, text] of Object.entries({ ...files, ...users })) {
    mkdirSync(dirname(join(directory, "files", path)), { recursive: true });
    writeFileSync(join(directory, "files", path), text);
  }
  expect(files["tls/key.pem"]).toBe(Secrets.placeholder("tls/key.pem"));

  await installed("first");
  expect(await deploy("aaaaaaaaaaaa")).toMatchObject({ status: 0 });
  await docker(
    ...[
      "run",
      "--detach",
      "--name",
      nginx,
      "--network",
      "host",
      "--user",
      "10001",
      "--read-only",
      ...hardened,
    ],
    ...["--volume", `${name}-config:/config:ro`, "--volume", `${name}-control:/run/control`],
    ...["--env", `STATUS_ADDRESS=127.0.0.1:${httpPort}`, image],
  );
  await docker(
    ...["run", "--detach", "--name", watcher, "--read-only", ...rights, ...volumes],
    ...["--volume", `${tls}:/run/secrets/tls:ro`, "--env", "INTERVAL=1"],
    ...["--health-cmd", "/usr/local/bin/certificate health"],
    ...["--entrypoint", "/usr/local/bin/certificate", image],
  );
  await healthy(watcher);
  await serves("first");
}, 300_000);

afterAll(async () => {
  server?.close();
  for (const socket of server?.clients ?? []) socket.terminate();
  await attempt("rm", "--force", "--volumes", nginx, watcher);
  await attempt("volume", "rm", `${name}-config`, `${name}-control`);
  rmSync(directory, { recursive: true, force: true });
}, 60_000);

describe("a certificate that is renewed on the host", () => {
  it("is served to who connects, while a socket that is open goes on", async () => {
    const socket = await openSocket();
    try {
      expect(await echo(socket, "before")).toBe("before");
      await installed("second");
      await serves("second");
      expect(await echo(socket, "after")).toBe("after");
      await said("renewed: subject=CN=second notAfter=");
    } finally {
      socket.terminate();
    }
  }, 60_000);

  it("is not taken without its key: the old one stays, and the log says why, once", async () => {
    const { certificate, key } = await make("third");
    install(certificate, "certificate.pem");
    const reason =
      "stays in force: tls/key.pem is not the key of the first certificate in tls/certificate.pem";
    await said(reason);
    // Some looks later.
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect(logs(watcher).split(reason)).toHaveLength(2);
    expect(await served()).toBe("second");

    install(key, "key.pem");
    await serves("third");
  }, 60_000);

  it.each([
    [
      "that has expired",
      () => make("old", "-not_before", "20200101000000Z", "-not_after", "20200201000000Z"),
      "the certificate has expired: subject=CN=old notAfter=Feb  1 00:00:00 2020 GMT",
    ],
    [
      "that is not valid yet",
      () => make("young", "-not_before", "20900101000000Z", "-not_after", "20900201000000Z"),
      "the certificate is not valid yet: notBefore=2090-01-01 00:00:00Z",
    ],
  ])(
    "%s is not taken",
    async (_, pair, reason) => {
      const before = await served();
      const { certificate, key } = await pair();
      install(certificate, "certificate.pem");
      install(key, "key.pem");
      await said(reason);
      expect(await served()).toBe(before);
    },
    60_000,
  );

  it("is not taken half-written, nor from where a link leads out of the directory", async () => {
    const before = await served();
    writeFileSync(join(tls, "certificate.pem"), "-----BEGIN CERTIFICATE-----\nMIIB");
    await said("tls/certificate.pem is no certificate in PEM, or only a part of one");
    rmSync(join(tls, "certificate.pem"));
    symlinkSync("../../archive/fullchain1.pem", join(tls, "certificate.pem"));
    await said("is a symbolic link to ../../archive/fullchain1.pem, which is not in secrets.directory/tls");
    expect(await served()).toBe(before);
    rmSync(join(tls, "certificate.pem"));
    await installed("fourth");
    await serves("fourth");
  }, 60_000);

  it("stays after a restart of nginx and after the next deploy", async () => {
    await docker("restart", nginx);
    await serves("fourth");
    const socket = await openSocket();
    try {
      expect(await deploy("bbbbbbbbbbbb")).toStrictEqual({
        status: 0,
        output: expect.stringContaining("release bbbbbbbbbbbb is in force and loaded"),
      });
      expect(await served()).toBe("fourth");
      expect(await echo(socket, "after")).toBe("after");
    } finally {
      socket.terminate();
    }
  }, 60_000);

  it("changes nothing else of the release in force", async () => {
    const inForce = (command: string) =>
      docker(...["exec", nginx, "sh", "-c"], `cd /config/current/ && ${command}`);
    const files = () =>
      inForce("find . -type f ! -path './tls/*' ! -name .manifest -exec sha256sum {} + | sort");
    const before = await files();
    expect(before).toContain("./nginx.conf");
    await installed("fifth");
    await serves("fifth");
    expect(await files()).toBe(before);
    // What `npm run verify` holds the files against has the new ones.
    expect(await inForce("grep ./tls/ .manifest | sha256sum --check")).toMatch(
      /^\.\/tls\/(certificate|key)\.pem: OK\n\.\/tls\/(certificate|key)\.pem: OK/,
    );
    expect(await docker("exec", nginx, "stat", "-c", "%a %u", "/config/current/tls/key.pem")).toBe(
      "400 10001",
    );
    expect(logs(watcher)).not.toContain("PRIVATE KEY");
  }, 60_000);
});
