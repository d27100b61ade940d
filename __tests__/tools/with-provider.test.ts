import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { choose, withoutProviderLock } from "../../tools/with-provider";

const SCRIPT = join(__dirname, "../../bin/with-provider");

describe("choose", () => {
  const never = () => Promise.reject(new Error("must not be asked"));
  it("does what WEBRTC_GENESYS_PROVIDER says without asking the registry", async () => {
    await expect(choose({ WEBRTC_GENESYS_PROVIDER: "registry" }, never)).resolves.toBe("registry");
    await expect(choose({ WEBRTC_GENESYS_PROVIDER: "builtin" }, never)).resolves.toBe("builtin");
  });

  it("otherwise takes the registry's when it answers", async () => {
    await expect(choose({}, async () => true, undefined)).resolves.toBe("registry");
    await expect(choose({}, async () => false, undefined)).resolves.toBe("builtin");
  });

  it("takes what the bundle brought, without asking the registry, unless told otherwise", async () => {
    await expect(choose({}, never, "registry")).resolves.toBe("bundle");
    await expect(choose({}, never, "builtin")).resolves.toBe("builtin");
    await expect(choose({ WEBRTC_GENESYS_PROVIDER: "registry" }, never, "builtin")).resolves.toBe("registry");
  });

  it("refuses another value", async () => {
    await expect(choose({ WEBRTC_GENESYS_PROVIDER: "mine" }, never)).rejects.toThrow(
      'WEBRTC_GENESYS_PROVIDER: "mine" is no provider: registry or builtin',
    );
  });
});

describe("withoutProviderLock", () => {
  it.each([
    ["cdktf deploy local", true],
    ["cdktf diff", true],
    ["npx cdktf destroy local --auto-approve", true],
    ["npx --no-install cdktf deploy", true],
    ["/p/node_modules/.bin/cdktf deploy", true],
    ["node /p/cdktf deploy", true],
    ["cdktf synth", false],
    ["cdktf deploy --skip-provider-lock", false],
    ["terraform apply", false],
    ["echo cdktf deploy", false],
  ])("%s: %p", (line, added) => {
    const words = line.split(" ");
    expect(withoutProviderLock(words)).toStrictEqual(added ? [...words, "--skip-provider-lock"] : words);
  });
});

describe("bin/with-provider", () => {
  let temp: string;
  let env: NodeJS.ProcessEnv;
  beforeEach(() => {
    temp = mkdtempSync(join(tmpdir(), "with-provider-test-"));
    env = { ...process.env, TMPDIR: temp, WEBRTC_GENESYS_PROVIDER: "builtin" };
  });
  afterEach(() => {
    const left = readdirSync(temp).filter((name) => name.startsWith("docker-provider-"));
    rmSync(temp, { recursive: true, force: true });
    expect(left).toStrictEqual([]);
  });
  const run = (...command: string[]) => promisify(execFile)(SCRIPT, command, { env });

  it("gives the command a provider that only this user can reach", async () => {
    const script = `
      const { Addr, ...provider } = JSON.parse(process.env.TF_REATTACH_PROVIDERS)["registry.terraform.io/kreuzwerker/docker"];
      const { mode } = require("fs").statSync(require("path").dirname(Addr.String));
      require("net").connect(Addr.String, function () {
        console.log(JSON.stringify({ ...provider, Pid: provider.Pid === process.ppid, mode: (mode & 0o777).toString(8) }));
        this.destroy();
      });
      console.log(process.env.CHECKPOINT_DISABLE);`;
    const { stdout } = await run("node", "-e", script);
    const [checkpoint, provider] = stdout.trim().split("\n");
    expect(checkpoint).toBe("1");
    expect(JSON.parse(provider ?? "")).toStrictEqual({
      Protocol: "grpc",
      ProtocolVersion: 5,
      Pid: true,
      Test: true,
      mode: "700",
    });
  });

  it("attaches nothing when the registry is to be used", async () => {
    env = { ...env, WEBRTC_GENESYS_PROVIDER: "registry", TF_REATTACH_PROVIDERS: undefined };
    const { stdout } = await run("sh", "-c", "echo $TF_REATTACH_PROVIDERS.");
    expect(stdout).toBe(".\n");
  });

  it("passes on the command's status", async () => {
    await expect(run("sh", "-c", "exit 7")).rejects.toMatchObject({ code: 7 });
    await expect(run("sh", "-c", "kill -KILL $$")).rejects.toMatchObject({ code: 137 });
    await expect(run("/nonesuch")).rejects.toMatchObject({
      code: 127,
      stderr: expect.stringContaining("/nonesuch: command not found"),
    });
    await expect(run()).rejects.toMatchObject({ code: 127, stderr: expect.stringContaining("usage:") });
  });

  it("passes on signals and cleans up", async () => {
    const child = spawn(
      SCRIPT,
      ["sh", "-c", "trap 'kill $!; echo stopped; exit 3' TERM; sleep 20 & echo ready; wait"],
      {
        env,
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    let output = "";
    child.stdout.on("data", (data) => {
      output += data;
      if (output === "ready\n") child.kill("SIGTERM");
    });
    const status = await new Promise((resolve) => child.once("exit", resolve));
    expect({ output, status }).toStrictEqual({ output: "ready\nstopped\n", status: 3 });
  });
});
