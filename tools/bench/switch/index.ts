import { loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { ensureBrowser } from "../../browser";
import { engineOf } from "../../engine";
import { OperatorError, step } from "../../progress";
import { simulator } from "../../simulator";
import type { BenchOptions } from "../main";
import { Agents } from "./agents";
import { ByHand } from "./by-hand";
import { DNS, deploy, type Mode, makeEnvironment, removeEnvironment } from "./environment";
import { type Sample, Scene } from "./observe";
import { type Row, switchTable } from "./table";

const CALLS = 20;

/**
 * Calls that have sound. Of all of them, one browser and Asterisk take two cores whole, and a deploy beside that says more
 * about the machine than about the deploy.
 */
const SOUNDING = 5;

/** Bindings that Genesys keeps of a DN: the newest only, as a T-Server does, or all. */
const BINDINGS = [1, 8];

/** Milliseconds that are watched without a switch: about as long as a deploy. */
const NOTHING = 15_000;

const SWITCHES: readonly (readonly [from: Mode, to: Mode])[] = [
  ["static", "proxy"],
  ["proxy", "static"],
];

/**
 * What a switch of mode does to agents: 50 DNs registered over wss and 20 WebRTC calls between 40 of them, some with
 * sound, all through the simulated Genesys. By a deploy, and beside it by the way of old: edit, and restart.
 */
export function benchSwitch({ quick }: BenchOptions): Promise<string> {
  return untilInterrupted(async (changing, signal) => {
    await ensureBrowser();
    const environment = await step("Deploy 50 DNs, static", (show) => changing(() => makeEnvironment(show)));
    const hand = new ByHand(engineOf(environment), environment);
    // Both releases have been there once before anything is measured.
    await hand.keep("static");
    await step("Deploy them, proxy", (show) => changing(() => deploy("proxy", show)));
    await hand.keep("proxy");
    await step("Deploy them, static", (show) => changing(() => deploy("static", show)));
    await simulator(environment, "/settings", "PUT", { talk: { delayMs: 0 } });
    const agents = await step("50 phones register", () => Agents.signIn(environment, DNS, signal));
    try {
      const scene = new Scene(environment, agents, DNS, CALLS, SOUNDING);
      const results = new Map<string, { samples: Sample[]; held: boolean }>();
      const watch = async (name: string, held: boolean, change: () => Promise<void>) => {
        await step(`Before: ${name}`, (show) => scene.set(show));
        const sample = await step(name, () => scene.watch(() => changing(change)));
        const known = results.get(name) ?? { samples: [], held };
        known.samples.push(sample);
        results.set(name, known);
      };
      for (const bindings of quick ? BINDINGS.slice(0, 1) : BINDINGS) {
        await simulator(environment, "/settings", "PUT", { bindingsPerDn: bindings });
        const kept = `${bindings} binding${bindings > 1 ? "s" : ""} a DN`;
        for (let round = 0; round < (quick ? 1 : 3); round++) {
          await watch(`${kept}, nothing happens`, false, () => sleep(NOTHING));
          for (const [from, to] of SWITCHES)
            await watch(`${kept}, ${from} to ${to}, deploy`, true, () => deploy(to, () => undefined));
          for (const [from, to] of SWITCHES)
            await watch(`${kept}, ${from} to ${to}, by hand`, false, () => hand.switchTo(to));
        }
      }
      const rows = [...results].map(([name, result]): Row => ({ name, ...result }));
      const load = loadavg()
        .map((value) => value.toFixed(1))
        .join(" ");
      return `${DNS.length} DNs registered, ${CALLS} calls up, ${SOUNDING} of them with sound, load average ${load}\n${switchTable(rows)}`;
    } finally {
      await agents.close();
    }
  });
}

/** Does what makes or changes containers. */
type Changing = <T>(work: () => Promise<T>) => Promise<T>;

/** Takes the environment down at the end, also when the process is told to end. */
async function untilInterrupted<T>(
  work: (changing: Changing, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const { signal } = controller;
  const interrupted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(new OperatorError("interrupted")), { once: true });
  });
  const abort = () => controller.abort();
  process.once("SIGINT", abort).once("SIGTERM", abort);
  let underWay: Promise<unknown> = Promise.resolve();
  const changing: Changing = (change) => {
    signal.throwIfAborted();
    const done = change();
    underWay = done.catch(() => undefined);
    return done;
  };
  try {
    const done = work(changing, signal);
    // What goes on after an interruption fails by that.
    done.catch(() => undefined);
    return await Promise.race([done, interrupted]);
  } finally {
    process.removeListener("SIGINT", abort).removeListener("SIGTERM", abort);
    // A deploy that was interrupted ends in order, and makes no container after that.
    await underWay;
    await step("Take it down", removeEnvironment);
  }
}
