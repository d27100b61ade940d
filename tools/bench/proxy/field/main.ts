/**
 * The field around a proxy: phones on one side, Asterisk and Genesys on the other. It runs as a process of its own, so
 * that what it spends is not counted to the proxy, and is told what to do by the bench over IPC.
 */
import { Asterisk } from "./asterisk";
import { Fleet } from "./fleet";
import { Genesys } from "./genesys";
import { Load } from "./load";
import { Manager } from "./manager";
import type { Edge } from "./phone";
import { Trunk } from "./trunk";

const asterisk = new Asterisk();
const manager = new Manager(asterisk);
const load = new Load();
const genesys = new Genesys((dn, expires) => load.forwarded(dn, expires));
const fleet = new Fleet();
const trunk = new Trunk();

const commands = {
  async listen() {
    const { ws, udp } = await asterisk.listen("127.0.0.1");
    return {
      ws,
      udp,
      trunk: await trunk.listen(),
      ami: await manager.listen("127.0.0.1"),
      genesys: await genesys.listen("127.0.0.2"),
    };
  },
  populate: (count: number, edge: Edge, rate: number) => load.populate(count, edge, rate),
  closedLoop: (count: number, milliseconds: number, pids: number[]) =>
    load.closedLoop(count, milliseconds, pids),
  openLoop: (rate: number, milliseconds: number, pids: number[]) => load.openLoop(rate, milliseconds, pids),
  trunk: (host: string, port: number, rate: number, milliseconds: number) =>
    trunk.pass(host, port, rate, milliseconds),
  fleet: (count: number, edge: Edge) => fleet.start(count, edge),
  fleetStatus: () => ({ registered: fleet.size, failures: fleet.failures }),
  reset: () => genesys.reset(),
  status: () => ({
    asterisk: asterisk.bindings.size,
    genesys: genesys.registered.size,
    seen: genesys.seen.size,
    ...genesys.record,
  }),
};

/** What the bench can ask of a field. */
export type Commands = typeof commands;

interface Order {
  readonly id: number;
  readonly command: keyof Commands;
  readonly args: unknown[];
}

process.on("message", async ({ id, command, args }: Order) => {
  try {
    const act = commands[command] as (...args: unknown[]) => unknown;
    process.send?.({ id, result: await act(...args) });
  } catch (error) {
    process.send?.({ id, error: (error as Error).message });
  }
});

// Without the bench there is nothing left to do.
process.on("disconnect", () => process.exit(0));
