import { spawn } from "node:child_process";
import { existsSync, openSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import type { Environment } from "../config";
import { clientOf } from "./docker-provider/engine/connect";
import { OperatorError, step } from "./progress";
import { run } from "./run";

const LOG = "/var/log/webrtc-genesys-dockerd.log";
const START_DEADLINE = 60_000;

/**
 * A client for the engine that `docker.host` of the environment names, reached as Terraform's provider does.
 *
 * @param timeout milliseconds for which an answer may be silent
 */
export function engineOf(environment: Pick<Environment, "docker">, timeout = 30_000): Docker {
  return clientOf(environment.docker, timeout);
}

/**
 * Makes sure that the environment's engine answers. On Debian, as root and for the local socket, an engine that is
 * missing is installed from Debian's packages, and one that does not run is started.
 */
export async function ensureEngine(environment: Environment): Promise<Docker> {
  const engine = engineOf(environment);
  if (await answers(engine)) return engine;
  const { host } = environment.docker;
  const reachable = `'${host}' does not answer (docker.host of environment '${environment.name}')`;
  if (!host.startsWith("unix:")) throw new OperatorError(`the Docker engine at ${reachable}`);
  if (process.getuid?.() !== 0 || !existsSync("/etc/debian_version")) {
    throw new OperatorError(
      `the Docker engine at ${reachable}. Start it, or run this as root on Debian, where it is installed and started for you.`,
    );
  }
  if (!existsSync("/usr/sbin/dockerd") && !existsSync("/usr/bin/dockerd")) {
    await step("Docker engine: install Debian's package", async (show) => {
      await aptInstall(["docker.io"], show).catch((error: Error) => {
        throw new OperatorError(
          `${error.message}\nDebian's package docker.io can't be installed: bring it here first (docs/offline.md says how without a network)`,
        );
      });
    });
  }
  await step("Docker engine: start", async () => {
    // Debian's package starts it where there is an init system; in a bare machine or a container there is none.
    if (existsSync("/run/systemd/system")) {
      await run("systemctl", ["start", "docker"], { deadline: START_DEADLINE });
    } else if (!(await answers(engine))) {
      const log = openSync(LOG, "a", 0o600);
      spawn("dockerd", [], { detached: true, stdio: ["ignore", log, log] }).unref();
    }
    const deadline = Date.now() + START_DEADLINE;
    while (!(await answers(engine))) {
      if (Date.now() > deadline) throw new OperatorError(`dockerd did not start within 60 s: see ${LOG}`);
      await sleep(250);
    }
  });
  return engine;
}

async function answers(engine: Docker): Promise<boolean> {
  return engine.ping().then(
    () => true,
    () => false,
  );
}

/** Installs Debian packages, without recommended ones, questions or services that start by themselves elsewhere. */
export async function aptInstall(packages: readonly string[], show: (line: string) => void): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", ["update", "-q"], { env, deadline: 300_000, onLine: show });
  await run("apt-get", ["install", "-y", "-q", "--no-install-recommends", ...packages], {
    env,
    deadline: 600_000,
    onLine: show,
  });
}
