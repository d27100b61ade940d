import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { askHealth } from "../../../lib/service";

let server: Server | undefined;

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/healthz`;
}

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

describe("askHealth", () => {
  it("200 is healthy, with what the service said", async () => {
    const url = await serve((_, response) => response.end('{"status":"ok"}\n'));
    expect(await askHealth(url)).toStrictEqual({ healthy: true, reason: '{"status":"ok"}' });
  });

  it("any other status is not", async () => {
    const url = await serve((_, response) => response.writeHead(503).end("AMI is away"));
    expect(await askHealth(url)).toStrictEqual({ healthy: false, reason: `${url}: 503 AMI is away` });
  });

  it("nor is a service that does not answer, or never ends its answer", async () => {
    const silent = await serve(() => {});
    expect(await askHealth(silent, 50)).toStrictEqual({
      healthy: false,
      reason: `${silent}: no answer within 50 ms`,
    });
    server?.closeAllConnections();
    server?.close();
    const endless = await serve((_, response) => response.write("and"));
    expect((await askHealth(endless, 50)).reason).toBe(`${endless}: no answer within 50 ms`);
  });

  it("nor one that is not there", async () => {
    const url = await serve(() => {});
    await new Promise((resolve) => server?.close(resolve));
    const health = await askHealth(url);
    expect(health.healthy).toBe(false);
    expect(health.reason).toContain("ECONNREFUSED");
  });
});
