import { execFileSync, spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { type Environment, loadEnvironment } from "../../config";
import { simulator } from "../../tools/simulator";

export const root = join(__dirname, "..", "..");
export const MINUTE = 60_000;

/** Runs one of the project's commands as a user would. Its output and its status. */
export function command(path: string, args: readonly string[] = [], env: Record<string, string> = {}) {
  const result = spawnSync(path, args, { cwd: root, env: { ...process.env, ...env }, encoding: "utf8" });
  return { status: result.status, output: result.stdout + result.stderr };
}

export const docker = (...args: string[]) =>
  execFileSync("docker", args, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });

/** Where the environment has a secret, such as `dn/1002`. */
export const localSecret = (name: string) => join(root, ".secrets", "local", name);

export function localEnvironment(mode: "static" | "proxy"): Environment {
  return loadEnvironment(join(root, "environments/local.yaml"), { FORWARDING_MODE: mode }).environment;
}

/** bin/up in a mode: every check has to be green. */
export function up(mode: "static" | "proxy"): void {
  const { status, output } = command("./bin/up", [], { FORWARDING_MODE: mode });
  expect(output).toMatch(/all \d+ checks green/);
  expect(status).toBe(0);
}

/** Runs `bin/up` in a mode, while the test goes on. */
export function upMeanwhile(mode: "static" | "proxy"): Promise<{ status: number | null; output: string }> {
  const env = { ...process.env, FORWARDING_MODE: mode };
  const child = spawn("./bin/up", { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, output }));
  });
}

/** DNs that are registered at Genesys, in order. */
export async function registeredDns(environment: Environment): Promise<string[]> {
  const rows = await simulator<{ dn: string }[]>(environment, "/registrations");
  return [...new Set(rows.map(({ dn }) => dn))].sort();
}

/** Tries five times a second until the expectation holds; gives its last failure after the deadline. */
export async function eventually(deadline: number, expectation: () => Promise<void> | void): Promise<void> {
  const end = Date.now() + deadline;
  for (;;) {
    try {
      return await expectation();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}
