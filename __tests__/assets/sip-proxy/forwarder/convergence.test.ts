import fc from "fast-check";
import type { Fate } from "../support/fake-genesys";
import { numbers } from "../support/numbers";
import { BACKUP, defaultSettings, PRIMARY, World } from "../support/world";

const DNS = ["1001", "1002", "1003", "1004"];

/** What Asterisk holds: a contact per socket and DN, gone with its socket, or when it expires. */
class Asterisk {
  readonly sockets = new Map<number, Map<string, number>>();
  private nextSocket = 1;

  constructor(private readonly world: World) {}

  get dns(): string[] {
    const now = this.world.clock.now();
    const dns = new Set<string>();
    for (const held of this.sockets.values()) for (const [dn, until] of held) if (until > now) dns.add(dn);
    return [...dns].sort();
  }

  contacts(dn: string): number {
    return [...this.sockets.values()].filter((held) => held.has(dn)).length;
  }

  connect(dn: string): void {
    const socket = this.nextSocket++;
    this.sockets.set(socket, new Map());
    this.register(socket, dn);
  }

  register(socket: number, dn: string): void {
    this.sockets.get(socket)?.set(dn, this.world.clock.now() + 600_000);
    this.world.registers(dn, socket, { left: this.contacts(dn) });
  }

  unregister(socket: number, dn: string): void {
    this.sockets.get(socket)?.delete(dn);
    this.world.unregisters(dn, socket, this.contacts(dn));
  }

  close(socket: number): void {
    const held = this.sockets.get(socket);
    this.sockets.delete(socket);
    if (held !== undefined) this.world.closes(socket, ...held.keys());
  }

  list(): void {
    this.world.lists(
      ...[...this.sockets].flatMap(([socket, held]) =>
        [...held.keys()].map((dn) => ({
          aor: dn,
          uri: `sip:${dn}@phone${socket}`,
          callId: `call-${socket}-${dn}`,
        })),
      ),
    );
  }
}

const dn = fc.constantFrom(...DNS);
const pick = fc.nat({ max: 9 });
const server = fc.constantFrom(PRIMARY, BACKUP);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("connect" as const), dn }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("refresh" as const), pick }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("unregister" as const), pick }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("close" as const), pick }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("list" as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("down" as const), server, refuses: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("up" as const), server, forgets: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("pass" as const),
      seconds: fc.constantFrom(0.1, 1, 5, 20, 40, 200),
    }),
  },
);

const network = fc.record({
  loss: fc.constantFrom(0, 0.1, 0.4),
  doubles: fc.constantFrom(0, 0.2),
  delay: fc.constantFrom(1, 200, 4000),
});

describe("once things are quiet", () => {
  it("Genesys has the DNs that Asterisk has, whatever happened before", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 25 }),
        network,
        fc.nat(),
        fc.boolean(),
        async (steps, { loss, doubles, delay }, seed, password) => {
          const servers = [PRIMARY, BACKUP].map((host) => ({ host, port: 5060, transport: "udp" as const }));
          const credentials = password ? { password: "secret" } : undefined;
          const registration = { ...defaultSettings.genesys.registration, expires: 3600 };
          const world = await World.start({ servers, credentials, registration });
          const random = numbers(seed);
          world.random = random;
          if (credentials) for (const one of [world.primary, world.backup]) one.requirePassword("secret");
          world.genesys.fate = (): Fate => {
            if (random() < loss) return [];
            const copies = random() < doubles ? [0, 0] : [0];
            return copies.map(() => 1 + random() * delay);
          };
          const asterisk = new Asterisk(world);
          for (const one of steps) {
            const sockets = [...asterisk.sockets.keys()];
            const chosen = "pick" in one ? sockets[one.pick % sockets.length] : undefined;
            const held =
              chosen === undefined ? undefined : [...(asterisk.sockets.get(chosen)?.keys() ?? [])][0];
            if (one.kind === "connect") asterisk.connect(one.dn);
            else if (one.kind === "list") asterisk.list();
            else if (one.kind === "pass") world.passes(one.seconds);
            else if (one.kind === "down")
              Object.assign(world.genesys.server(one.server), { up: false, refuses: one.refuses });
            else if (one.kind === "up") {
              const back = world.genesys.server(one.server);
              if (one.forgets) back.restart();
              back.up = true;
            } else if (chosen !== undefined && held !== undefined) {
              if (one.kind === "refresh") asterisk.register(chosen, held);
              else if (one.kind === "unregister") asterisk.unregister(chosen, held);
              else asterisk.close(chosen);
            }
          }
          // Quiet: nothing is lost any more, phones refresh, lists come. Long enough for every DN to refresh, and too
          // short for a forgotten binding to expire: what is to go has to be released.
          world.genesys.fate = () => [1];
          for (const one of [world.primary, world.backup]) one.up = true;
          for (let minute = 0; minute < 48; minute++) {
            if (minute % 4 === 0) {
              for (const [socket, held] of asterisk.sockets)
                for (const each of held.keys()) asterisk.register(socket, each);
            }
            asterisk.list();
            world.passes(60);
          }
          expect(world.primary.dns).toEqual(asterisk.dns);
          expect(asterisk.dns).toEqual(expect.arrayContaining(world.backup.dns));
          for (const line of world.forwarder.all()) {
            expect(line.registration.state).toBe(asterisk.dns.includes(line.dn) ? "registered" : "idle");
          }
          await world.forwarder.stop();
          world.passes(1); // packets on their way
          expect(world.clock.pending).toBe(0);
        },
      ),
      { numRuns: Number(process.env.CONVERGENCE_RUNS ?? 150) },
    );
  }, 120_000);
});
