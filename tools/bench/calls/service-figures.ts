import { setTimeout as sleep } from "node:timers/promises";
import type { Environment } from "../../../config";
import { OperatorError } from "../../progress";
import type { BenchOptions } from "../main";
import { type Figure, median, percentile } from "../measure";
import type { CallControlSettings } from "./index";
import { RowTimes, type SeenRow } from "./row-times";
import { INSTANCE, type Stand, withService } from "./service-process";

/** Calls a second, and how long each rings and is spoken in, in milliseconds. */
const load = { rate: 50, ring: 1_000, talk: 1_000 };

/** Milliseconds between two looks at the database, besides their own time. */
const LOOK = 3;

/** Milliseconds until the last rows must be there. */
const DEADLINE = 10_000;

const LIVE_CALLS = 1_000;

/** Milliseconds without a call's event, after which memory has come to rest. */
const REST = 10_000;

/** From an event of Asterisk's, as it is sent, to the row that shows it, as it is read. */
export function benchRows(
  environment: Environment,
  settings: CallControlSettings,
  { quick }: BenchOptions,
): Promise<Figure[]> {
  return withService(environment, settings, async ({ ari, database }) => {
    const times = new RowTimes();
    const began = new Map<string, number>();
    const looks: number[] = [];
    let loading = true;
    const tell = (channel: string, status: "dialing" | "answered" | "ended", send: () => void) => {
      const at = performance.now();
      send();
      times.sent(channel, status, at);
    };
    const call = async (id: string) => {
      began.set(id, Date.now());
      tell(id, "dialing", () => ari.start(id));
      await sleep(load.ring);
      tell(id, "answered", () => ari.answer(id));
      await sleep(load.talk);
      tell(id, "ended", () => ari.end(id));
    };
    const look = async () => {
      let late = Number.POSITIVE_INFINITY;
      for (let last = performance.now(); loading || times.waiting.length > 0; await sleep(LOOK)) {
        if (!loading) late = Math.min(late, performance.now() + DEADLINE);
        if (performance.now() > late) {
          throw new OperatorError(`${times.waiting.length} calls have not got their rows`);
        }
        // By the index of started_at, so that the looks cost the database little of what is measured.
        const oldest = times.waiting.map((id) => began.get(id) ?? 0)[0] ?? Date.now();
        const { rows } = await database.query<SeenRow>({
          name: "bench-look",
          text: `SELECT channel_id, status FROM call_control.call_log
                 WHERE started_at >= to_timestamp($1::double precision / 1000) AND instance = $2`,
          values: [oldest - 100, INSTANCE],
        });
        const now = performance.now();
        times.seen(rows, now);
        looks.push(now - last);
        last = now;
      }
    };
    const produce = async () => {
      const calls: Promise<void>[] = [];
      const start = performance.now();
      for (let index = 0; index < load.rate * (quick ? 3 : 20); index++) {
        await sleep(Math.max(0, start + (index * 1_000) / load.rate - performance.now()));
        calls.push(call(`bench-${process.pid}-${String(index).padStart(8, "0")}`));
      }
      await Promise.all(calls);
      loading = false;
    };
    await Promise.all([look(), produce()]);
    const name = `event to row, ${load.rate} calls/s`;
    return [
      { name: `${name}, median`, unit: "ms", values: [median(times.took)] },
      {
        name: `${name}, p99 of ${times.took.length}`,
        unit: "ms",
        values: [percentile(times.took, 99)],
        limit: 100,
      },
      { name: "  its resolution: from look to look", unit: "ms", values: looks },
    ];
  });
}

/** What the service holds with so many calls that are spoken in. */
export function benchMemory(
  environment: Environment,
  settings: CallControlSettings,
  { quick }: BenchOptions,
): Promise<Figure[]> {
  const count = quick ? 200 : LIVE_CALLS;
  return withService(environment, settings, async ({ ari, database, memory }) => {
    const idle = memory();
    for (let index = 0; index < count; index++) {
      const id = `bench-${process.pid}-${String(index).padStart(8, "0")}`;
      ari.start(id);
      ari.answer(id);
      // As fast as they may come in a disaster, and not faster than Asterisk could tell of them.
      if (index % 10 === 9) await sleep(20);
    }
    await allAnswered(database, count);
    await sleep(quick ? 1_000 : REST);
    const megabytes = (bytes: number) => [bytes / 1e6];
    return [
      { name: "memory of call-control (PSS), no call", unit: "MB", values: megabytes(idle) },
      {
        name: `memory of call-control (PSS), ${count} live calls`,
        unit: "MB",
        values: megabytes(memory()),
        limit: 150,
      },
    ];
  });
}

/** The service has every call, or the figure would be one of fewer. */
async function allAnswered(database: Stand["database"], count: number): Promise<void> {
  let up = 0;
  for (const until = Date.now() + DEADLINE; Date.now() < until; await sleep(100)) {
    const { rows } = await database.query<{ up: number }>(
      "SELECT count(*)::int AS up FROM call_control.call_log WHERE instance = $1 AND status = 'answered'",
      [INSTANCE],
    );
    up = rows[0]?.up ?? 0;
    if (up === count) return;
  }
  throw new OperatorError(`the service has ${up} of ${count} calls`);
}
