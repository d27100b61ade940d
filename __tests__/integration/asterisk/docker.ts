import { execFile, spawnSync } from "node:child_process";
import { promisify } from "node:util";
import { baseImages } from "../../../constructs/service/base-images";
import { buildContext } from "../../../constructs/service/context";

const run = promisify(execFile);

/** How a command ended. */
export interface Outcome {
  readonly status: number;
  /** stdout and stderr. */
  readonly output: string;
}

/** Runs docker. Rejects with its output when it fails. */
export async function docker(...args: string[]): Promise<string> {
  const { stdout } = await run("docker", args, { timeout: 300_000, maxBuffer: 16 << 20 });
  return stdout.trim();
}

/** Runs docker and tells how it ended. */
export async function attempt(...args: string[]): Promise<Outcome> {
  try {
    const { stdout, stderr } = await run("docker", args, { timeout: 120_000, maxBuffer: 16 << 20 });
    return { status: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: unknown; stdout: string; stderr: string };
    if (typeof code !== "number") throw error;
    return { status: code, output: stdout + stderr };
  }
}

/** Everything that a container has written so far. */
export function logs(container: string): string {
  const { stdout, stderr } = spawnSync("docker", ["logs", container], { encoding: "utf8", timeout: 10_000 });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Asterisk resets a terminal's colours when it starts
  return (stdout + stderr).replace(/\x1b\[[0-9;]*m/g, "");
}

/** Builds the image of a service from assets/, on top of the base images that bin/up makes. */
export async function build(service: "asterisk" | "postgres" | "database"): Promise<string> {
  const base =
    service === "database"
      ? await buildOn("nodejs", baseImages.trixie.reference)
      : baseImages[service === "asterisk" ? "sid" : "trixie"].reference;
  return buildOn(service, base);
}

async function buildOn(service: string, base: string): Promise<string> {
  const { directory, hash } = buildContext(service, base);
  const tag = `asterisk-test-${service}:${hash}`;
  await docker(
    "build",
    "--quiet",
    "--network",
    "host",
    "--build-arg",
    `BASE=${base}`,
    "--tag",
    tag,
    directory,
  );
  return tag;
}

/** What every container of ours runs with. */
export const hardened = [
  ...["--cap-drop", "ALL", "--security-opt", "no-new-privileges"],
  ...["--tmpfs", "/tmp:rw,noexec,nosuid,nodev,size=64m", "--memory", "512m"],
];

/** Resolves when `condition` does so with something else than undefined. Rejects with `what` after the deadline. */
export async function eventually<T>(
  what: string,
  condition: () => Promise<T | undefined> | T | undefined,
  deadlineMs = 20_000,
): Promise<T> {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const result = await condition();
    if (result !== undefined) return result;
    if (Date.now() > end) throw new Error(`waited ${deadlineMs} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/**
 * Resolves when the container's own health check passes. It is run here, and not looked at: the engine would have to run
 * it several times a second all the time, which takes more of a small machine than what is tested.
 */
export async function healthy(container: string): Promise<void> {
  const check: string[] = JSON.parse(
    await docker("inspect", "--format", "{{json .Config.Healthcheck.Test}}", container),
  );
  const command = check[0] === "CMD-SHELL" ? ["sh", "-c", ...check.slice(1)] : check.slice(1);
  const isHealthy = async () => {
    if ((await attempt("exec", container, ...command)).status === 0) return true;
    const state = await docker("inspect", "--format", "{{.State.Status}}", container);
    if (state === "exited") throw new Error(`${container} has ended:\n${logs(container)}`);
    return undefined;
  };
  // A machine that does other things beside takes its time.
  await eventually(`${container} to be healthy`, isHealthy, 60_000);
}
