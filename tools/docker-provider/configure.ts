import { readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { connect } from "./engine/connect";
import { Fault } from "./fault";
import type { Surroundings } from "./provider";
import type { Context } from "./resource";
import { credentials } from "./resources/image/credentials";
import { blocks, type State, strings, text } from "./value";

const PING_DEADLINE = 30_000;

/** Connects to the engine that the provider block names, with the environment's values for what it leaves out. */
export async function configure(
  config: State,
  surroundings: Surroundings,
  signal: AbortSignal,
): Promise<Omit<Context, "signal">> {
  const { env } = surroundings;
  const context = text(config.context) || env.DOCKER_CONTEXT || "";
  const sshOptions = strings(config.ssh_opts);
  const engine = connect({
    host: context
      ? contextHost(context)
      : text(config.host) || env.DOCKER_HOST || "unix:///var/run/docker.sock",
    certPath: text(config.cert_path) || env.DOCKER_CERT_PATH,
    ca: text(config.ca_material) || env.DOCKER_CA_MATERIAL,
    cert: text(config.cert_material) || env.DOCKER_CERT_MATERIAL,
    key: text(config.key_material) || env.DOCKER_KEY_MATERIAL,
    sshOptions: sshOptions.length > 0 ? sshOptions : (env.DOCKER_SSH_OPTS ?? "").split(/\s+/).filter(Boolean),
  });
  if (config.disable_docker_daemon_check !== true) {
    try {
      await engine.request("/_ping", { signal, deadline: PING_DEADLINE });
    } catch (error) {
      engine.close();
      throw new Fault(
        "The Docker engine does not answer",
        `${(error as Error).message}. See that it runs, and that the provider block's host (or DOCKER_HOST) names it.`,
        ["host"],
      );
    }
  }
  return { engine, surroundings, credentials: credentials(blocks(config.registry_auth), env) };
}

/** The endpoint of a context of the docker command. */
function contextHost(name: string): string {
  const directory = join(homedir(), ".docker", "contexts", "meta");
  for (const entry of names(directory)) {
    const meta = contextMeta(join(directory, entry, "meta.json"));
    const host = meta?.Name === name ? meta.Endpoints?.docker?.Host : undefined;
    if (host) return host;
  }
  throw new Fault(
    "The Docker context does not exist",
    `No context ${JSON.stringify(name)} in ${directory}.`,
    ["context"],
  );
}

function names(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function contextMeta(
  file: string,
): { Name?: string; Endpoints?: { docker?: { Host?: string } } } | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
