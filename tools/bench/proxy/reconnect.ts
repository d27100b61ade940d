import { setTimeout as sleep } from "node:timers/promises";
import { OperatorError } from "../../progress";
import type { Running } from "./contender";
import { Field } from "./field";
import { sipProxy } from "./node-contenders";
import { freePort } from "./processes";
import type { Show } from "./rounds";

/** Milliseconds between two looks. */
const LOOK = 100;

export interface Reconnect {
  readonly phones: number;
  /** REGISTERs a second that Genesys is to get at most. */
  readonly rate: number;
  /** Seconds from the start of the new proxy until all phones had Asterisk's 200. */
  readonly atAsterisk: number;
  /** … and until Genesys had a REGISTER of the new proxy for each of them. */
  readonly atGenesys: number;
  /** The most REGISTERs that Genesys got within a second. */
  readonly peak: number;
  /** REGISTERs that Genesys got. */
  readonly registers: number;
  /** Phones that were not registered at both ends when it was over. */
  readonly lost: number;
}

/**
 * Restarts the proxy under phones that are all registered and come back at once. Phones and servers are two processes
 * here: the system grants one only so many open files.
 */
export async function reconnect(
  script: string,
  phones: number,
  rate: number,
  show: Show,
): Promise<Reconnect> {
  const port = await freePort("127.0.0.1");
  const servers = Field.start(script);
  const clients = Field.start(script);
  const proxies: Running[] = [];
  try {
    const ports = await servers.ask("listen");
    proxies.push(await sipProxy({ port }).start(ports));
    await clients.ask("fleet", phones, { host: "127.0.0.1", port });
    const first = await settled(servers, clients, phones, 120, (text) => show(`before: ${text}`));
    if (first.lost > 0) throw new OperatorError(`${first.lost} phones were not registered to begin with`);
    await proxies.pop()?.stop();
    await servers.ask("reset");
    const started = performance.now();
    proxies.push(await sipProxy({ port, rate }).start(ports));
    const outcome = await settled(servers, clients, phones, 60 + (2 * phones) / rate, show, started);
    const { peak, registers } = await servers.ask("status");
    return { phones, rate, ...outcome, peak, registers };
  } finally {
    await clients.stop();
    for (const proxy of proxies) await proxy.stop();
    await servers.stop();
  }
}

async function settled(
  servers: Field,
  clients: Field,
  phones: number,
  deadline: number,
  show: Show,
  started = performance.now(),
): Promise<Pick<Reconnect, "atAsterisk" | "atGenesys" | "lost">> {
  const seconds = () => (performance.now() - started) / 1000;
  let [atAsterisk, atGenesys] = [Number.NaN, Number.NaN];
  for (;;) {
    const [{ registered }, { asterisk, genesys, seen }] = await Promise.all([
      clients.ask("fleetStatus"),
      servers.ask("status"),
    ]);
    show(`${registered} phones registered, ${seen} of them at Genesys`);
    if (Number.isNaN(atAsterisk) && registered === phones && asterisk === phones) atAsterisk = seconds();
    if (Number.isNaN(atGenesys) && seen === phones && genesys === phones) atGenesys = seconds();
    const over = !Number.isNaN(atAsterisk) && !Number.isNaN(atGenesys);
    if (over || seconds() > deadline) {
      return { atAsterisk, atGenesys, lost: phones - Math.min(registered, asterisk, genesys, seen) };
    }
    await sleep(LOOK);
  }
}
