import { isGone, pause, unlessGone } from "../../engine/engine";
import { Fault } from "../../fault";
import type { Context } from "../../resource";
import { integer, type State, text } from "../../value";
import { lastLines, readLogs } from "./logs";
import type { ContainerInfo } from "./observe";

const POLL = 250;
/** A container that its restart policy has brought back so often will not get healthy. */
const RESTART_LIMIT = 5;
/** How long a process that must run is watched for ending at once. */
const SETTLING = 200;

function inspect({ engine, signal }: Context, id: string): Promise<ContainerInfo | undefined> {
  return unlessGone(engine.request<ContainerInfo>(`/containers/${id}/json`, { signal }));
}

/**
 * Waits for the container's health check.
 *
 * @throws Fault when it ends, turns unhealthy or takes longer than `wait_timeout`, with what it said last
 */
export async function awaitHealthy(context: Context, id: string, state: State): Promise<void> {
  const name = text(state.name);
  const seconds = integer(state.wait_timeout) || 60;
  const until = Date.now() + seconds * 1000;
  for (;;) {
    const info = await inspect(context, id);
    if (!info) throw new Fault(`The container ${name} has gone while it was waited for`, "", ["wait"]);
    const { Health: health, Running: running } = info.State;
    if (health?.Status === "healthy" && running) return;
    if (!running)
      throw await failure(context, info, `The container ${name} has ended: ${ending(info)}`, "wait");
    if (!health || health.Status === "none")
      throw new Fault(
        `The container ${name} has no health check to wait for`,
        "Add a healthcheck block or set wait = false.",
        ["wait"],
      );
    // The engine calls a container unhealthy too while its restart policy is about to bring it back.
    if (health.Status === "unhealthy" && !info.State.Restarting)
      throw await failure(context, info, `The container ${name} is unhealthy`, "healthcheck");
    if (info.RestartCount >= RESTART_LIMIT)
      throw await failure(
        context,
        info,
        `The container ${name} ends again and again: ${ending(info)}`,
        "wait",
      );
    if (Date.now() > until)
      throw await failure(
        context,
        info,
        `The container ${name} is not healthy after ${seconds} s`,
        "wait_timeout",
      );
    await pause(POLL, context.signal);
  }
}

/** @throws Fault when a container that must run has ended at once */
export async function awaitRunning(context: Context, id: string, state: State): Promise<void> {
  if (state.wait !== true && state.attach !== true) await pause(SETTLING, context.signal);
  const info = await inspect(context, id);
  if (info?.State.Running) return;
  const name = text(state.name);
  if (!info)
    throw new Fault(
      `The container ${name} has ended and was removed`,
      "Set must_run = false or rm = false.",
      ["must_run"],
    );
  throw await failure(context, info, `The container ${name} has ended: ${ending(info)}`, "must_run");
}

/** Waits for the end of the container's process. Gives exit_code and, if asked for, container_logs. */
export async function attach(context: Context, id: string, state: State): Promise<State> {
  const { engine, signal } = context;
  const tty = state.tty === true;
  // A container with `rm` is gone with its logs when it ends, so they are read while it runs.
  const follow =
    state.logs === true && state.rm === true ? readLogs(context, id, tty, { follow: true }) : undefined;
  // It may have ended, or even gone, before this is asked: the engine answers at once then.
  const waited = await engine
    .request<{ StatusCode: number }>(`/containers/${id}/wait`, {
      method: "POST",
      query: { condition: "not-running" },
      deadline: 0,
      signal,
    })
    .catch((error) => {
      if (isGone(error)) return undefined;
      throw error;
    });
  const logs = state.logs === true ? await (follow ?? readLogs(context, id, tty)) : null;
  return { exit_code: waited?.StatusCode ?? null, container_logs: logs };
}

function ending(info: ContainerInfo): string {
  if (info.State.OOMKilled) return "it ran out of memory";
  return info.State.Error || `status ${info.State.ExitCode}`;
}

async function failure(
  context: Context,
  info: ContainerInfo,
  summary: string,
  attribute: string,
): Promise<Fault> {
  const output = await lastLines(context, info.Id, info.Config.Tty);
  const check = info.State.Health?.Log?.at(-1);
  const detail = [
    check && `Its health check said last (status ${check.ExitCode}):\n${check.Output.trim()}`,
    output ? `Its last output:\n${output}` : "It wrote nothing.",
  ];
  return new Fault(summary, detail.filter(Boolean).join("\n\n"), [attribute]);
}
