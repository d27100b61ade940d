import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { connect, type Endpoint } from "../../../tools/docker-provider/engine/connect";
import { sshArguments } from "../../../tools/docker-provider/engine/ssh";
import { type Certificates, makeCertificates } from "./certificates";

const signal = AbortSignal.timeout(20_000);
const answer: RequestListener = (request, response) => {
  response.setHeader("Content-Type", "application/json");
  if (request.url === "/slow") return;
  if (request.url === "/missing") response.statusCode = 404;
  const message = request.url === "/missing" ? "no such thing" : undefined;
  response.end(JSON.stringify({ url: request.url, client: clientOf(request.socket), message }));
};
const clientOf = (socket: unknown) => (socket as TLSSocket).getPeerCertificate?.().subject?.CN ?? null;

let directory: string;
let certificates: Certificates;
const servers: Server[] = [];
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "connect-test-"));
  certificates = makeCertificates(directory, "engine.test");
});
afterAll(async () => {
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  rmSync(directory, { recursive: true, force: true });
});

async function listen(server: Server, path?: string): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) =>
    path ? server.listen(path, resolve) : server.listen(0, "127.0.0.1", resolve),
  );
  return path ? 0 : (server.address() as AddressInfo).port;
}

async function ask(endpoint: Endpoint, path = "/x"): Promise<unknown> {
  const engine = connect(endpoint);
  try {
    return await engine.request(path, { signal, deadline: 1_000 });
  } finally {
    engine.close();
  }
}

describe("connect", () => {
  it("reaches a unix socket, whatever DOCKER_HOST says", async () => {
    const path = join(directory, "engine.sock");
    await listen(createServer(answer), path);
    const saved = process.env.DOCKER_HOST;
    process.env.DOCKER_HOST = "tcp://127.0.0.1:1";
    try {
      await expect(ask({ host: `unix://${path}` })).resolves.toMatchObject({ url: "/x" });
      expect(process.env.DOCKER_HOST).toBe("tcp://127.0.0.1:1");
    } finally {
      if (saved === undefined) delete process.env.DOCKER_HOST;
      else process.env.DOCKER_HOST = saved;
    }
  });

  it("reaches a TCP port", async () => {
    const port = await listen(createServer(answer));
    await expect(ask({ host: `tcp://127.0.0.1:${port}` })).resolves.toMatchObject({ url: "/x" });
  });

  describe("with TLS", () => {
    let host: string;
    beforeAll(async () => {
      const server = createTlsServer(
        { ...certificates, requestCert: true, rejectUnauthorized: true },
        answer,
      );
      host = `tcp://127.0.0.1:${await listen(server)}`;
    });

    it("shows the certificate of cert_path and checks the engine's", async () => {
      await expect(ask({ host, certPath: directory })).resolves.toMatchObject({ client: "engine.test" });
    });

    it("takes the certificates as texts", async () => {
      await expect(ask({ host, ...certificates })).resolves.toMatchObject({ client: "engine.test" });
    });

    it("refuses an engine with a certificate of another authority", async () => {
      const other = mkdtempSync(join(directory, "other-"));
      const { ca } = makeCertificates(other, "engine.test");
      await expect(ask({ host, ...certificates, ca })).rejects.toThrow(/can't be reached.*certificate/);
    });

    it("doesn't get in without a certificate", async () => {
      await expect(ask({ host: host.replace("tcp", "https") })).rejects.toThrow(/can't be reached/);
    });
  });

  it("gives up after the deadline", async () => {
    const port = await listen(createServer(answer));
    await expect(ask({ host: `tcp://127.0.0.1:${port}` }, "/slow")).rejects.toThrow(/no answer within 1 s/);
  });

  it("tells the engine's own message and status", async () => {
    const port = await listen(createServer(answer));
    await expect(ask({ host: `tcp://127.0.0.1:${port}` }, "/missing")).rejects.toMatchObject({
      message: "no such thing",
      status: 404,
    });
  });

  it.each<[Endpoint, string, string]>([
    [{ host: "docker" }, "host", "is no address"],
    [{ host: "npipe:////./pipe/docker" }, "host", "is not unix:///path"],
    [{ host: "tcp://h:1", cert: "c" }, "key_material", "must be given together"],
    [{ host: "tcp://h:1", cert: "c", key: "k", certPath: "/p" }, "cert_path", "either"],
    [{ host: "tcp://h:1", certPath: "/nowhere" }, "cert_path", "ENOENT"],
  ])("refuses %j", (endpoint, path, message) => {
    expect(() => connect(endpoint)).toThrow(
      expect.objectContaining({ path: [path], detail: expect.stringContaining(message) }),
    );
  });
});

describe("ssh", () => {
  it.each([
    ["ssh://host", [], "-o ConnectTimeout=30 -T -- host docker system dial-stdio"],
    [
      "ssh://me@host:2222",
      ["-i", "key"],
      "-o ConnectTimeout=30 -T -i key -l me -p 2222 -- host docker system dial-stdio",
    ],
    [
      "ssh://host/run/d.sock",
      [],
      "-o ConnectTimeout=30 -T -- host docker --host unix:///run/d.sock system dial-stdio",
    ],
  ])("calls %s", (url, options, expected) => {
    expect(sshArguments(new URL(url), options).join(" ")).toBe(expected);
  });

  it("takes no host for an option", () => {
    expect(sshArguments(new URL("ssh://-oProxyCommand=x"), []).indexOf("--")).toBe(3);
  });
});
