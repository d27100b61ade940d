import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { cpus } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { buildSync } from "esbuild";
import { OperatorError } from "../../progress";

/** The proxy that is measured has a core of its own, and what measures it another. */
export const PROXY_CORE = 0;
export const FIELD_CORE = 1;

const STOP_DEADLINE = 15_000;

/** Whether there are cores enough to keep the proxy and its load apart. */
export const pinned = cpus().length > 1;

/** One file with all that a script needs, so that it runs in a plain Node.js process. */
export function bundle(script: string, directory: string): string {
  const outfile = join(directory, `${script.replaceAll("/", "-")}.js`);
  buildSync({
    entryPoints: [join(__dirname, `${script}.ts`)],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    logLevel: "warning",
  });
  return outfile;
}

/** Starts a process on a core; it ends with the bench, however the bench ends. */
export function startOn(
  core: number,
  command: readonly string[],
  options: { readonly output: number | "inherit"; readonly ipc?: boolean; readonly env?: NodeJS.ProcessEnv },
): ChildProcess {
  const { output } = options;
  const pin = pinned ? ["taskset", "--cpu-list", String(core)] : [];
  return spawn("setpriv", ["--pdeathsig", "KILL", ...pin, ...command], {
    stdio: options.ipc ? ["ignore", output, output, "ipc"] : ["ignore", output, output],
    // JSON has no Infinity.
    serialization: "advanced",
    env: { ...process.env, ...options.env },
  });
}

export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_DEADLINE);
  await ended;
  clearTimeout(timer);
}

/** The process and all that it has started. */
export function familyOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").trim();
  return [pid, ...(children === "" ? [] : children.split(" ").flatMap((child) => familyOf(Number(child))))];
}

/** Bytes that the processes hold in memory: what several of them share is counted once (PSS). */
export function memoryOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "latin1");
    return sum + Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0) * 1024;
  }, 0);
}

/** A port that nobody listens on at the moment, for TCP and UDP. */
export async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Waits until somebody listens. */
export async function listening(host: string, port: number, name: string, deadline = 20_000): Promise<void> {
  const until = Date.now() + deadline;
  for (;;) {
    const socket = connect({ host, port });
    const open = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    });
    socket.destroy();
    if (open) return;
    if (Date.now() > until) throw new OperatorError(`${name} did not listen within ${deadline / 1000} s`);
    await sleep(50);
  }
}
