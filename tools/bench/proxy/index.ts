import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { environmentNamed } from "../../arguments";
import { ensureEngine } from "../../engine";
import { step } from "../../progress";
import type { BenchOptions } from "../main";
import { median } from "../measure";
import { columnsOf, comparison } from "./figures";
import { installKamailio, kamailio } from "./kamailio";
import { bareTunnel, sipProxy } from "./node-contenders";
import { bundle } from "./processes";
import { type Reconnect, reconnect } from "./reconnect";
import { type Added, relayLatency } from "./relay";
import { type Extent, measure, type Sample } from "./rounds";

const full: Extent = { rounds: 5, load: 2_500, rateStep: 1_500, idle: [5_000, 9_500] };
const quick: Extent = { rounds: 1, load: 1_500, rateStep: 800, idle: [300, 1_300] };

/** MiB of shared memory: with the 64 of its defaults Kamailio fails at about 800 WebSockets. */
const SHARED_MEMORY = ["-m", "2048"];

/** Phones that come back at once. */
const PHONES = 10_000;

/** Open files that a process keeps for other things than phones. */
const SPARE_FILES = 100;

/** REGISTERs a second to Genesys that sip-proxy sends by default, and one that leaves it to the machine. */
const RATES = [50, 5_000];

/** sip-proxy beside Kamailio and a bare tunnel, and what it does when all phones come back at once. */
export async function benchProxy(options: BenchOptions): Promise<string> {
  const extent = options.quick ? quick : full;
  const engine = await ensureEngine(environmentNamed("local"));
  const version = await installKamailio(engine);
  const directory = mkdtempSync(join(tmpdir(), "webrtc-genesys-bench-"));
  try {
    const field = bundle("field/main", directory);
    const own = sipProxy();
    const tuning = { children: 2, readBuffer: 8_192, timerInterval: 5 };
    const contenders = [
      kamailio(engine, `Kamailio ${version}`, {}, SHARED_MEMORY),
      kamailio(engine, "tuned", tuning, [...SHARED_MEMORY, "-x", "tlsf"]),
      bareTunnel(bundle("bare-tunnel", directory)),
      own,
    ];
    const columns = new Map<string, Sample[]>(contenders.map(({ name }) => [name, []]));
    // In turn: the machine's speed drifts, and what is compared has to drift together.
    for (let round = 1; round <= extent.rounds; round++) {
      for (const contender of contenders) {
        const samples = columns.get(contender.name) as Sample[];
        await step(`Round ${round} of ${extent.rounds}: ${contender.name}`, async (show) => {
          samples.push(await measure(contender, field, extent, round, samples.at(-1)?.held, show));
        });
      }
    }
    const phones = options.quick ? 1_000 : Math.min(PHONES, Math.floor((openFiles() - SPARE_FILES) / 2));
    const returns: Reconnect[] = [];
    for (const rate of options.quick ? RATES.slice(1) : RATES) {
      await step(`${phones} phones come back at once, ${rate}/s to Genesys`, async (show) => {
        returns.push(await reconnect(field, phones, rate, show));
      });
    }
    const added: Added[] = [];
    await step("Trunk relay, 1,000 messages a second", async () => {
      for (let round = 1; round <= extent.rounds; round++) added.push(await relayLatency(field, extent.load));
    });
    return [
      `load average ${loadavg()
        .map((load) => load.toFixed(1))
        .join(" ")}`,
      comparison({ columns, own: own.name, tuned: "tuned" }),
      "",
      returned(returns),
      ...(options.quick || phones === PHONES
        ? []
        : [`not ${PHONES}: a process may have ${openFiles()} files open here, and each phone takes two`]),
      "",
      relayed(added),
    ].join("\n");
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function returned(returns: readonly Reconnect[]): string {
  const seconds = (value: number) => `${value.toFixed(1)} s`;
  const head = [
    "after a restart of this proxy",
    "at Asterisk after",
    "at Genesys after",
    "peak at Genesys",
    "REGISTERs",
    "lost",
  ];
  const rows = returns.map(({ phones, rate, atAsterisk, atGenesys, peak, registers, lost }) => [
    `${phones} phones, genesys.rate ${rate}`,
    seconds(atAsterisk),
    seconds(atGenesys),
    `${peak}/s`,
    String(registers),
    String(lost),
  ]);
  return columnsOf([head, ...rows]);
}

function relayed(added: readonly Added[]): string {
  const p99 = median(added.map(({ p99 }) => p99));
  const p50 = median(added.map(({ p50 }) => p50));
  const lost = added.reduce((sum, one) => sum + one.lost, 0);
  return (
    `the trunk relay adds at 1,000 messages a second: p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms, ` +
    `target below 1 ms ${p99 < 1 ? "met" : "NOT MET"}, lost ${lost}`
  );
}

/** Files that a process may have open here: sip-proxy needs two for each phone. */
function openFiles(): number {
  const limits = readFileSync("/proc/self/limits", "latin1");
  return Number(/^Max open files\s+\S+\s+(\d+)/m.exec(limits)?.[1] ?? 1024);
}
