import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { proxyFor, registryAnswers } from "../../../tools/docker-provider/registry";
import { type Certificates, makeCertificates } from "./certificates";

let directory: string;
let certificates: Certificates;
const servers: Server[] = [];
const sockets = new Set<Socket>();
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "registry-test-"));
  certificates = makeCertificates(directory, "registry.terraform.io");
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  rmSync(directory, { recursive: true, force: true });
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.on("connection", (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** A registry that gives this answer, behind a proxy: the proxy's address and what it was asked for. */
async function registry(status: number, body: string): Promise<{ proxy: string; asked: string[] }> {
  const port = await listen(
    createTlsServer(certificates, (_request, response) => {
      response.statusCode = status;
      response.end(body);
    }),
  );
  const asked: string[] = [];
  const proxy = createServer();
  proxy.on("connect", (request, socket: Socket) => {
    asked.push(`${request.url} ${request.headers["proxy-authorization"] ?? ""}`.trim());
    const upstream = connect(port, "127.0.0.1", () => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
    sockets.add(upstream);
    upstream.pipe(socket).pipe(upstream);
    for (const end of [upstream, socket]) end.on("error", () => end.destroy());
  });
  return { proxy: `127.0.0.1:${await listen(proxy)}`, asked };
}

const discovery = JSON.stringify({ "providers.v1": "/v1/providers/" });

describe("registryAnswers", () => {
  it("is true when service discovery answers through the proxy", async () => {
    const { proxy, asked } = await registry(200, discovery);
    const env = { HTTPS_PROXY: `http://me:p%40ss@${proxy}` };
    await expect(registryAnswers(env, { ca: certificates.ca })).resolves.toBe(true);
    expect(asked).toStrictEqual([
      `registry.terraform.io:443 Basic ${Buffer.from("me:p@ss").toString("base64")}`,
    ]);
  });

  it.each([
    ["an error page", 503, "sorry"],
    ["a page that is no discovery", 200, "<html>"],
    ["a discovery without providers", 200, "{}"],
    ["an endless page", 200, "x".repeat(100_000)],
  ])("is false for %s", async (_, status, body) => {
    const { proxy } = await registry(status, body);
    await expect(registryAnswers({ https_proxy: proxy }, { ca: certificates.ca })).resolves.toBe(false);
  });

  it("is false when the certificate is nobody's", async () => {
    const { proxy } = await registry(200, discovery);
    await expect(registryAnswers({ https_proxy: proxy })).resolves.toBe(false);
  });

  it("is false when the proxy refuses", async () => {
    const proxy = createServer();
    proxy.on("connect", (_request, socket: Socket) =>
      socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"),
    );
    await expect(registryAnswers({ HTTPS_PROXY: `http://127.0.0.1:${await listen(proxy)}` })).resolves.toBe(
      false,
    );
  });

  it("is false when nobody answers in time", async () => {
    const proxy = createServer();
    proxy.on("connect", () => {});
    const started = Date.now();
    const env = { HTTPS_PROXY: `http://127.0.0.1:${await listen(proxy)}` };
    await expect(registryAnswers(env, { deadline: 200 })).resolves.toBe(false);
    expect(Date.now() - started).toBeLessThan(5_000);
  });
});

describe("proxyFor", () => {
  const HTTPS_PROXY = "http://p:3128";
  it.each<[NodeJS.ProcessEnv, string | undefined]>([
    [{}, undefined],
    [{ HTTPS_PROXY }, "http://p:3128/"],
    [{ https_proxy: "p:3128" }, "http://p:3128/"],
    [{ HTTPS_PROXY, NO_PROXY: "example.org,.terraform.io" }, undefined],
    [{ HTTPS_PROXY, no_proxy: "registry.terraform.io:443" }, undefined],
    [{ HTTPS_PROXY, NO_PROXY: "*" }, undefined],
    [{ HTTPS_PROXY, NO_PROXY: "form.io" }, "http://p:3128/"],
  ])("%j: %s", (env, proxy) => {
    expect(proxyFor("registry.terraform.io", env)?.href).toBe(proxy);
  });
});
