import { setTimeout as sleep } from "node:timers/promises";
import type { Contender, Running } from "./contender";
import { Field, type FieldPorts } from "./field";
import { memoryOf } from "./processes";

/** Milliseconds within which a registration has to be done at a rate that counts as held. */
const HELD_P99 = 50;

/** Phones that come a second, where it is not how they come that is measured. */
const POPULATE = 1_000;

/** How long and how much is measured. */
export interface Extent {
  readonly rounds: number;
  /** Milliseconds of each load. */
  readonly load: number;
  /** Milliseconds of each step of the search for the highest rate. */
  readonly rateStep: number;
  /** Connections for the memory figure: the second number's beyond the first's are counted. */
  readonly idle: readonly [number, number];
}

/** What one run of one contender gave. */
export interface Sample {
  /** Registrations a second, closed loop. */
  readonly rate200: number;
  readonly rate1000: number;
  /** Microseconds of CPU per registration, with 200 phones. */
  readonly cpu: number;
  /** Registrations a second, open loop. */
  readonly held: number;
  /** Milliseconds, with 1,000 registrations a second. */
  readonly p99: number;
  /** KiB per idle registered connection; not in every run. */
  readonly memory: number | undefined;
  /** Registrations that came to no end. */
  readonly lost: number;
}

export type Show = (detail: string) => void;

/** Runs one contender once through everything. */
export async function measure(
  contender: Contender,
  script: string,
  extent: Extent,
  round: number,
  heldBefore: number | undefined,
  show: Show,
): Promise<Sample> {
  // It takes as long as all else, and hardly varies.
  const memory =
    round % 2 === 1
      ? await withProxy(contender, script, (field, proxy) => idleMemory(field, proxy, extent, show))
      : undefined;
  const loads = await withProxy(contender, script, async (field, proxy) => {
    const { pids } = proxy;
    const edge = { host: "127.0.0.1", port: proxy.port };
    show("200 phones");
    await field.ask("populate", 200, edge, POPULATE);
    // Code that is compiled as it runs is as fast as it gets after some ten thousand registrations.
    await field.ask("closedLoop", 200, 2 * extent.load, [...pids]);
    const few = await field.ask("closedLoop", 200, extent.load, [...pids]);
    show("1,000 phones");
    await field.ask("populate", 1000, edge, POPULATE);
    await field.ask("closedLoop", 1000, extent.load / 4, [...pids]);
    const many = await field.ask("closedLoop", 1000, extent.load, [...pids]);
    show("1,000 a second");
    const steady = await field.ask("openLoop", 1000, extent.load, [...pids]);
    const held = await highestRate(field, proxy, extent, heldBefore, show);
    return {
      rate200: few.done / few.seconds,
      rate1000: many.done / many.seconds,
      cpu: few.cpu,
      p99: steady.p99,
      held,
      lost: few.lost + many.lost,
    };
  });
  return { ...loads, memory };
}

/** Starts the contender with a field of its own around it, and ends both whatever comes. */
export async function withProxy<T>(
  contender: Contender,
  script: string,
  act: (field: Field, proxy: Running, ports: FieldPorts) => Promise<T>,
): Promise<T> {
  const field = Field.start(script);
  try {
    const ports = await field.ask("listen");
    const proxy = await contender.start(ports);
    try {
      return await act(field, proxy, ports);
    } finally {
      await proxy.stop();
    }
  } finally {
    await field.stop();
  }
}

/**
 * What a connection adds where thousands came before at the same pace: Kamailio keeps each transaction for five
 * seconds and reuses their memory afterwards, and Node.js makes garbage before it collects any.
 */
async function idleMemory(field: Field, proxy: Running, extent: Extent, show: Show): Promise<number> {
  const [few, many] = extent.idle;
  const edge = { host: "127.0.0.1", port: proxy.port };
  const settled = async (count: number) => {
    show(`${count} idle connections`);
    await field.ask("populate", count, edge, POPULATE);
    await sleep(2_000);
    return memoryOf(proxy.pids);
  };
  const before = await settled(few);
  return ((await settled(many)) - before) / 1024 / (many - few);
}

/** The highest rate that is held, to the nearest 500. A step can fail by chance, so only two failures count. */
async function highestRate(
  field: Field,
  proxy: Running,
  extent: Extent,
  heldBefore: number | undefined,
  show: Show,
): Promise<number> {
  const holds = async (rate: number) => {
    for (const _try of [1, 2]) {
      show(`${rate} a second`);
      const { p99 } = await field.ask("openLoop", rate, extent.rateStep, [...proxy.pids]);
      if (p99 < HELD_P99) return true;
    }
    return false;
  };
  let held = heldBefore ?? 0;
  if (heldBefore === undefined) {
    for (let step = 8_000; step >= 500; step /= 2) if (await holds(held + step)) held += step;
    return held;
  }
  // Begins where the last run ended, and doesn't go far: five runs have a median.
  if (await holds(held)) {
    for (let steps = 0; steps < 2 && (await holds(held + 500)); steps++) held += 500;
    return held;
  }
  for (let steps = 0; steps < 3 && held > 0; steps++) {
    held -= 500;
    if (await holds(held)) break;
  }
  return held;
}
