import { sipProxy } from "./node-contenders";
import { freePort } from "./processes";
import { withProxy } from "./rounds";

/** Messages a second, half of them requests. */
const RATE = 1_000;

/** Milliseconds that a message takes longer through the relay than straight from end to end. */
export interface Added {
  readonly p50: number;
  readonly p99: number;
  readonly lost: number;
}

/** Both ways in one run, first straight and then through the relay. */
export async function relayLatency(script: string, milliseconds: number): Promise<Added> {
  const trunk = await freePort("127.0.0.1");
  return withProxy(sipProxy({ trunk }), script, async (field, _proxy, ports) => {
    const through = (port: number) => field.ask("trunk", "127.0.0.1", port, RATE, milliseconds);
    await through(trunk); // until the code is warm
    const straight = await through(ports.trunk);
    const relayed = await through(trunk);
    return {
      p50: relayed.p50 - straight.p50,
      p99: relayed.p99 - straight.p99,
      lost: relayed.lost + straight.lost,
    };
  });
}
