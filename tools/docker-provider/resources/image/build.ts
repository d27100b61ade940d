import { readFile, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { blame } from "../../engine/engine";
import { Fault } from "../../fault";
import type { Context } from "../../resource";
import { blocks, integer, type State, stringMap, strings, text } from "../../value";
import { resolvePath } from "../../working-directory";
import { type BuildContext, packContext } from "./context";
import { progress } from "./progress";

/** Lines of the failing step's output that are shown. */
const OUTPUT_LINES = 30;

/** Builds an image with the engine's own builder. */
export async function build(context: Context, name: string, options: State): Promise<void> {
  const summary = `The image ${name} can't be built`;
  const files = await locate(context, options);
  const log = new BuildLog();
  try {
    const stream = await context.engine.stream("/build", {
      method: "POST",
      query: buildQuery(name, files.dockerfile, options),
      archive: packContext(files),
      registries: registries(options),
      deadline: 0,
      signal: context.signal,
    });
    for await (const { stream: output, error, errorDetail } of progress(stream)) {
      if (output) log.add(output);
      if (error) throw new Fault(summary, log.failure(errorDetail?.message ?? error), ["build"]);
    }
  } catch (error) {
    if (error instanceof Fault || context.signal.aborted) throw error;
    throw new Fault(summary, blame("", error, []).detail, ["build"]);
  }
}

/** The parameters of the engine's "build an image". */
export function buildQuery(name: string, dockerfile: string, options: State): Record<string, QueryValue> {
  const ulimits = blocks(options.ulimit).map((limit) => ({
    Name: text(limit.name),
    Soft: integer(limit.soft),
    Hard: integer(limit.hard),
  }));
  return {
    // BuildKit would need a session back to this process; the classic builder needs none.
    version: 1,
    t: [name, ...strings(options.tag)],
    dockerfile,
    buildargs: JSON.stringify(stringMap(options.build_args)),
    labels: JSON.stringify({ ...stringMap(options.label), ...stringMap(options.labels) }),
    networkmode: text(options.network_mode) || undefined,
    nocache: options.no_cache === true,
    target: text(options.target) || undefined,
    pull: options.pull_parent === true || undefined,
    rm: options.remove !== false,
    forcerm: options.force_remove === true,
    q: options.suppress_output === true,
    platform: text(options.platform) || undefined,
    squash: options.squash === true || undefined,
    isolation: text(options.isolation) || undefined,
    cgroupparent: text(options.cgroup_parent) || undefined,
    cpusetcpus: text(options.cpu_set_cpus) || undefined,
    cpusetmems: text(options.cpu_set_mems) || undefined,
    cpushares: integer(options.cpu_shares) || undefined,
    cpuquota: integer(options.cpu_quota) || undefined,
    cpuperiod: integer(options.cpu_period) || undefined,
    memory: integer(options.memory) || undefined,
    memswap: integer(options.memory_swap) || undefined,
    shmsize: integer(options.shm_size) || undefined,
    ulimits: ulimits.length > 0 ? JSON.stringify(ulimits) : undefined,
    cachefrom: jsonList(options.cache_from),
    securityopt: jsonList(options.security_opt),
    extrahosts: strings(options.extra_hosts),
  };
}

type QueryValue = string | number | boolean | readonly string[] | undefined;

function jsonList(value: State[string] | undefined): string | undefined {
  const list = strings(value);
  return list.length > 0 ? JSON.stringify(list) : undefined;
}

function registries(options: State): object {
  return Object.fromEntries(
    blocks(options.auth_config).map((auth) => [
      text(auth.host_name),
      {
        username: text(auth.user_name),
        password: text(auth.password),
        auth: text(auth.auth),
        email: text(auth.email),
        serveraddress: text(auth.server_address),
        identitytoken: text(auth.identity_token),
        registrytoken: text(auth.registry_token),
      },
    ]),
  );
}

/** A Dockerfile is looked for in the context first, then from Terraform's working directory. */
async function locate(context: Context, options: State): Promise<BuildContext> {
  const directory = await resolvePath(text(options.context), context.surroundings, ["build"]);
  if (!(await isKind(directory, "directory")))
    throw new Fault("The build context is not a directory", `${text(options.context)} (${directory})`, [
      "build",
    ]);
  const dockerfile = text(options.dockerfile) || "Dockerfile";
  if (!dockerfile.startsWith("/") && (await isKind(join(directory, dockerfile), "file")))
    return { directory, dockerfile: relative(directory, join(directory, dockerfile)) };
  const elsewhere = await resolvePath(dockerfile, context.surroundings, ["build"]);
  const inside = relative(directory, elsewhere);
  if (!(await isKind(elsewhere, "file")))
    throw new Fault("The Dockerfile does not exist", `${dockerfile}, looked for in ${directory}`, ["build"]);
  if (!inside.startsWith("..")) return { directory, dockerfile: inside };
  return {
    directory,
    dockerfile: ".dockerfile.outside-of-context",
    dockerfileContent: await readFile(elsewhere),
  };
}

async function isKind(path: string, kind: "file" | "directory"): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  return (kind === "file" ? stats?.isFile() : stats?.isDirectory()) ?? false;
}

/** Remembers the step that is under way and the last lines that it wrote. */
export class BuildLog {
  private step = "";
  private lines: string[] = [];

  add(output: string): void {
    for (const line of stripVTControlCharacters(output).split("\n")) {
      if (/^Step \d+\/\d+ : /.test(line)) {
        this.step = line;
        this.lines = [];
      } else if (line.trim()) {
        this.lines.push(line);
        if (this.lines.length > OUTPUT_LINES) this.lines.shift();
      }
    }
  }

  failure(message: string): string {
    return [message, this.step, this.lines.join("\n")].filter(Boolean).join("\n\n");
  }
}
