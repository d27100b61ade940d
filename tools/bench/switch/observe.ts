import { setTimeout as sleep } from "node:timers/promises";
import type { LoggedChange } from "../../../assets/genesys-simulator/src/binding-log";
import type { CallRecord } from "../../../assets/genesys-simulator/src/calls/call-record";
import type { Environment } from "../../../config";
import { OperatorError } from "../../progress";
import { simulator } from "../../simulator";
import type { Agents } from "./agents";
import { eventually } from "./eventually";
import { longestOutages } from "./outages";
import type { Gap } from "./page/api";

/** What one switch did. */
export interface Sample {
  /** Calls that were up before and are not up afterwards, at one end or at Genesys. */
  readonly dropped: number;
  /** The longest gaps in the sound of calls that stayed up; undefined: none did. */
  readonly gap: Gap | undefined;
  /** Milliseconds of the longest time for which a DN had no binding at Genesys. */
  readonly unregistered: number;
  /** Seconds from its beginning to its end. */
  readonly took: number;
}

/** Milliseconds after the end of a switch for which is looked on: what comes late counts, too. */
const AFTERMATH = 15_000;

/** Milliseconds after the end of a switch for which is waited for DNs that are not registered. */
const PATIENCE = 120_000;

/** Registered DNs, two of them in each call. */
export class Scene {
  constructor(
    private readonly environment: Environment,
    private readonly agents: Agents,
    private readonly dns: readonly string[],
    private readonly calls: number,
    /** How many of the calls have sound. */
    private readonly sounding: number,
  ) {}

  /** Has every DN registered and the calls up, whatever was before. */
  async set(show: (line: string) => void): Promise<void> {
    const { agents, dns } = this;
    show("phones hang up");
    await agents.hangUp();
    show("phones register");
    await agents.registered();
    await eventually(PATIENCE, "DNs register at Genesys", async () => {
      const missing = await this.missingAtGenesys();
      return missing.length === 0 ? undefined : missing.join(", ");
    });
    for (let call = 0; call < this.calls; call++) {
      show(`call ${call + 1} of ${this.calls}`);
      await agents.call(dns[2 * call] as string, dns[2 * call + 1] as string, call < this.sounding);
    }
    await eventually(10_000, "sound", async () => {
      const streams = (await agents.gaps()).length;
      return streams === 2 * this.sounding
        ? undefined
        : `${streams} of ${2 * this.sounding} streams have brought sound`;
    });
  }

  /** Watches what `change` does. */
  async watch(change: () => Promise<void>): Promise<Sample> {
    const before = { up: await this.callsUp(), last: await this.lastChange() };
    if (before.up.size !== this.calls)
      throw new OperatorError(`${before.up.size} of ${this.calls} calls are up before the switch`);
    const registered = new Set(await this.registered());
    await this.agents.listen();
    const from = Date.now();
    await change();
    const took = Date.now() - from;
    await sleep(AFTERMATH);
    const end = Date.now() + PATIENCE - AFTERMATH;
    while ((await this.missingAtGenesys()).length > 0 && Date.now() < end) await sleep(250);
    const to = Date.now();
    const gaps = await this.agents.gaps();
    const after = await this.callsUp();
    const outages = longestOutages(this.dns, registered, await this.changesAfter(before.last), { from, to });
    return {
      dropped: [...before.up].filter((call) => !after.has(call)).length,
      gap:
        gaps.length === 0
          ? undefined
          : {
              late: Math.max(...gaps.map(({ late }) => late)),
              missing: Math.max(...gaps.map(({ missing }) => missing)),
            },
      unregistered: Math.max(...outages.values()),
      took: took / 1000,
    };
  }

  /** Names of the calls that are up at both ends and at Genesys: ids of this very call, so that none is taken for another. */
  private async callsUp(): Promise<Set<string>> {
    const states = new Map((await this.agents.states()).map((state) => [state.dn, state]));
    const idOf = (dn: string) => states.get(dn)?.calls.find(({ active }) => active)?.id;
    const records = await this.ask<CallRecord[]>("/calls");
    return new Set(
      records
        .filter(({ state, from, to }) => state === "answered" && idOf(from) && idOf(to))
        .map(({ uuid, from, to }) => `${uuid} ${idOf(from)} ${idOf(to)}`),
    );
  }

  private async registered(): Promise<string[]> {
    return (await this.ask<{ dn: string }[]>("/registrations")).map(({ dn }) => dn);
  }

  private async missingAtGenesys(): Promise<string[]> {
    const there = new Set(await this.registered());
    return this.dns.filter((dn) => !there.has(dn));
  }

  private async lastChange(): Promise<number> {
    return (await this.ask<LoggedChange[]>("/registrations/changes?limit=1"))[0]?.id ?? 0;
  }

  private async changesAfter(id: number): Promise<LoggedChange[]> {
    // Their numbers begin anew with the simulator, and then nothing could be said.
    if ((await this.lastChange()) < id) throw new OperatorError("the simulator was restarted meanwhile");
    return this.ask(`/registrations/changes?after=${id}&limit=20000`);
  }

  private ask<T>(path: string): Promise<T> {
    return simulator<T>(this.environment, path);
  }
}
