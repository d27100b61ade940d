import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const root = join(__dirname, "..", "..");

/** Stands in for ssh and the engine at its other end: notes what it was called with, and answers every request. */
const SSH = `#!/bin/sh
echo "$@" >> "$(dirname "$0")/calls"
while IFS= read -r line; do
  [ "$line" = "$(printf '\\r')" ] && printf 'HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nOK'
done
`;

describe("engineOf", () => {
  let directory: string;
  let server: Server | undefined;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "engine-test-"));
    writeFileSync(join(directory, "ssh"), SSH);
    chmodSync(join(directory, "ssh"), 0o755);
  });
  afterEach(() => {
    server?.close();
    server = undefined;
    rmSync(directory, { recursive: true });
  });

  /** Pings the engine of such an environment twice, in a process that has to end by itself. */
  const ping = (docker: object, env: NodeJS.ProcessEnv = {}) => {
    const script = `
      const engine = require("./tools/engine").engineOf({ docker: ${JSON.stringify(docker)} });
      engine.ping().then(() => engine.ping()).then((answer) => console.log(String(answer)));`;
    return promisify(execFile)("node", ["--require", "tsx/cjs", "-e", script], {
      cwd: root,
      env: { ...process.env, PATH: [directory, process.env.PATH].join(delimiter), ...env },
      timeout: 20_000,
    });
  };

  it("reaches an engine by ssh as Terraform's provider does, and lets the process end", async () => {
    const sshOptions = ["-i", "/keys/deploy"];
    expect((await ping({ host: "ssh://me@engine.invalid:2222", sshOptions })).stdout).toBe("OK\n");
    expect(readFileSync(join(directory, "calls"), "utf8")).toBe(
      "-o ConnectTimeout=30 -T -i /keys/deploy -l me -p 2222 -- engine.invalid docker system dial-stdio\n",
    );
  }, 30_000);

  it("goes where the environment says, whatever DOCKER_HOST says", async () => {
    server = createServer((_request, response) => response.end("OK"));
    await new Promise<void>((resolve) => server?.listen(join(directory, "engine.sock"), resolve));
    const elsewhere = createServer((_request, response) => response.end("elsewhere"));
    await new Promise<void>((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
    const { port } = elsewhere.address() as AddressInfo;
    try {
      const host = `unix://${join(directory, "engine.sock")}`;
      expect((await ping({ host }, { DOCKER_HOST: `tcp://127.0.0.1:${port}` })).stdout).toBe("OK\n");
    } finally {
      elsewhere.close();
    }
  }, 30_000);
});
