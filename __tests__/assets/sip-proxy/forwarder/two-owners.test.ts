import fc from "fast-check";
import { HANDOVER, SECOND_THOUGHTS } from "../../../../assets/sip-proxy/src/forwarder/forwarder";
import { numbers } from "../support/numbers";
import { StaticAsterisk } from "../support/static-asterisk";
import { defaultSettings, PRIMARY, World } from "../support/world";

/** A DN may be registered at Genesys by the forwarder, by Asterisk, or by both: with one binding. */

const registration = { ...defaultSettings.genesys.registration, expires: 3600 };

async function start(forwarding = true) {
  const world = await World.start({ registration }, { forwarding });
  const asterisk = new StaticAsterisk(world);
  const switchTo = (mode: "static" | "proxy") =>
    world.forwarder.reconfigure({ ...world.settings, forwarding: mode === "proxy" });
  /** un-REGISTERs that reached Genesys. */
  const farewells = () => world.primary.received.filter(({ expires }) => expires === 0).length;
  return { world, asterisk, switchTo, farewells };
}

describe("Asterisk's un-REGISTER", () => {
  it("reaches Genesys when nobody has a use for the DN any more, after second thoughts", async () => {
    const { world, asterisk, farewells } = await start(false);
    asterisk.add("1002");
    world.passes(5);
    expect(world.primary.dns).toEqual(["1002"]);
    asterisk.remove("1002");
    world.passes(SECOND_THOUGHTS / 1000 - 0.1);
    expect(farewells()).toBe(0);
    world.passes(1);
    expect(world.primary.dns).toEqual([]);
    expect(farewells()).toBe(1);
  });

  it("stays here when the forwarder has the DN registered", async () => {
    const { world, asterisk, farewells } = await start();
    asterisk.add("1002");
    world.passes(5);
    world.lists({ aor: "1002" });
    world.passes(1);
    asterisk.remove("1002");
    world.passes(50);
    expect(world.primary.dns).toEqual(["1002"]);
    expect(farewells()).toBe(0);
    expect(world.log.messages()).toContain(
      "Asterisk gives the DN up, sip-proxy has it registered: Genesys is not told",
    );
  });

  it("stays here when the forwarder only wants the DN, and Genesys is slow", async () => {
    const { world, asterisk, farewells } = await start();
    asterisk.add("1002");
    world.passes(5);
    world.primary.up = false;
    world.lists({ aor: "1002" });
    asterisk.remove("1002");
    world.passes(20);
    world.primary.up = true;
    world.passes(20);
    expect(world.primary.dns).toEqual(["1002"]);
    expect(farewells()).toBe(0);
  });

  it("is forgotten when Asterisk registers again, as after a reload that changes the registration", async () => {
    const { world, asterisk, farewells } = await start(false);
    asterisk.add("1002");
    world.passes(5);
    asterisk.remove("1002");
    asterisk.add("1002");
    world.passes(60);
    expect(world.primary.dns).toEqual(["1002"]);
    expect(farewells()).toBe(0);
  });

  it("is made up for when the proxy stops meanwhile", async () => {
    const { world, asterisk } = await start(false);
    asterisk.add("1002");
    world.passes(5);
    asterisk.remove("1002");
    const finished = world.forwarder.finish(2000);
    world.passes(1);
    await finished;
    expect(world.primary.dns).toEqual([]);
  });
});

describe("the forwarder's farewell", () => {
  it("is none while Asterisk has the DN registered", async () => {
    const { world, asterisk, farewells } = await start();
    world.registers("1002", 1);
    asterisk.add("1002");
    world.passes(5);
    world.unregisters("1002", 1);
    world.passes(60);
    expect(world.primary.dns).toEqual(["1002"]);
    expect(farewells()).toBe(0);
    expect(world.state("1002")).toBe("idle");
  });

  it("is none while Asterisk's REGISTER is on its way", async () => {
    const { world, farewells } = await start();
    world.registers("1002", 1);
    world.passes(1);
    expect(world.forwarder.asks("1002")).toBe(true);
    world.unregisters("1002", 1);
    world.passes(10);
    expect(farewells()).toBe(0);
  });

  it("is one when Asterisk's registration has run out, and nobody says so", async () => {
    const { world, asterisk } = await start();
    asterisk.add("1002");
    world.passes(5);
    asterisk.crash();
    world.registers("1002", 1, { expires: 7200 });
    world.passes(3700);
    world.unregisters("1002", 1);
    world.passes(1);
    expect(world.primary.dns).toEqual([]);
  });

  it("doesn't take away what Asterisk registers meanwhile: Asterisk's REGISTER has to come again", async () => {
    const { world, asterisk } = await start();
    world.registers("1002", 1);
    world.passes(1);
    asterisk.add("1002");
    world.passes(1.9);
    // The un-REGISTER takes long, the REGISTER that follows doesn't.
    world.genesys.fate = () => [600];
    world.unregisters("1002", 1);
    world.genesys.fate = () => [1];
    world.passes(0.4);
    expect(asterisk.holds("1002")).toBe(false);
    world.passes(5);
    expect(asterisk.holds("1002")).toBe(true);
    expect(world.primary.dns).toEqual(["1002"]);
  });

  it("that was never answered may still arrive: Asterisk's REGISTER waits as long", async () => {
    const { world } = await start();
    world.registers("1002", 1);
    world.passes(1);
    world.primary.up = false;
    world.unregisters("1002", 1);
    world.passes(33);
    expect(world.state("1002")).toBe("releasing");
    expect(world.forwarder.asks("1002")).toBe(false);
    world.passes(5);
    expect(world.forwarder.asks("1002")).toBe(true);
    expect(world.state("1002")).toBe("idle");
  });
});

describe("a switch to static mode", () => {
  it("lets go of a DN when Asterisk has registered it, and not before", async () => {
    const { world, asterisk, switchTo, farewells } = await start();
    world.registers("1002", 1);
    world.passes(1);
    asterisk.add("1002");
    await switchTo("static");
    expect(world.state("1002")).toBe("registered");
    expect(world.forwarder.handingOver).toBe(1);
    world.passes(4);
    expect(world.state("1002")).toBe("idle");
    expect(world.forwarder.handingOver).toBe(0);
    world.passes(600);
    expect(world.primary.dns).toEqual(["1002"]);
    expect(farewells()).toBe(0);
  });

  it("un-registers at once what Asterisk has no registration of", async () => {
    const { world, asterisk, switchTo } = await start();
    world.registers("1003", 1);
    world.passes(1);
    await switchTo("static");
    asterisk.list();
    world.passes(1);
    expect(world.primary.dns).toEqual([]);
  });

  it("doesn't go by a list from before", async () => {
    const { world, switchTo } = await start();
    world.registers("1003", 1);
    world.passes(1);
    const askedAt = world.clock.now();
    world.passes(1);
    await switchTo("static");
    world.forwarder.asteriskHas([], askedAt);
    expect(world.state("1003")).toBe("registered");
  });

  it("waits no longer for Asterisk than it should", async () => {
    const { world, switchTo } = await start();
    world.registers("1002", 1, { expires: 3600 });
    world.passes(1);
    await switchTo("static");
    world.passes(HANDOVER / 1000 - 1);
    expect(world.primary.dns).toEqual(["1002"]);
    world.passes(2);
    expect(world.primary.dns).toEqual([]);
  });

  it("registers no phone of the tunnels that are left, and switching back does", async () => {
    const { world, switchTo } = await start();
    await switchTo("static");
    world.registers("1002", 1);
    world.passes(5);
    expect(world.primary.dns).toEqual([]);
    await switchTo("proxy");
    world.passes(1);
    expect(world.primary.dns).toEqual(["1002"]);
  });

  it("and back at once goes on as if nothing had been", async () => {
    const { world, switchTo, farewells } = await start();
    world.registers("1002", 1, { expires: 3600 });
    world.passes(1);
    await switchTo("static");
    await switchTo("proxy");
    world.passes(120);
    expect(world.primary.dns).toEqual(["1002"]);
    expect(farewells()).toBe(0);
  });

  it("leaves a binding that lasts until Asterisk's next refresh, though the proxy asks for less", async () => {
    const { world, asterisk, switchTo } = await start();
    await world.forwarder.reconfigure({
      ...world.settings,
      genesys: { ...world.settings.genesys, registration: { ...registration, expires: 60 } },
    });
    asterisk.add("1002");
    world.passes(5);
    world.registers("1002", 1);
    world.passes(40);
    await switchTo("static");
    world.passes(3000);
    expect(world.primary.dns).toEqual(["1002"]);
  });
});

describe("Asterisk's own list", () => {
  it("tells what a restart has forgotten: the DN is left to Asterisk", async () => {
    const { world, asterisk, farewells } = await start();
    asterisk.add("1002");
    world.passes(5);
    const restarted = await World.restart(world);
    restarted.registers("1002", 1);
    new StaticAsterisk(restarted);
    restarted.forwarder.asteriskHas(
      [{ name: "genesys-1002", clientUri: "sip:1002@h", serverUri: "sip:h", status: "Registered" }],
      restarted.clock.now() - 1,
    );
    restarted.passes(1);
    restarted.unregisters("1002", 1);
    restarted.passes(60);
    expect(restarted.primary.dns).toEqual(["1002"]);
    expect(farewells()).toBe(0);
  });

  it("has registrations at providers, too, whose user names may be digits: they are no DNs", async () => {
    const { world } = await start();
    world.forwarder.asteriskHas(
      [
        {
          name: "trunk-provider",
          clientUri: "sip:1002@sip.example",
          serverUri: "sip:h",
          status: "Registered",
        },
      ],
      world.clock.now(),
    );
    expect(world.forwarder.knows("1002")).toBe(false);
  });

  it("that lacks a DN is as good as its un-REGISTER", async () => {
    const { world, asterisk } = await start(false);
    asterisk.add("1002");
    world.passes(5);
    asterisk.crash();
    asterisk.list();
    world.passes(10);
    expect(world.primary.dns).toEqual([]);
  });

  it("is old news about what has happened since it was asked for", async () => {
    const { world, asterisk } = await start(false);
    const askedAt = world.clock.now();
    asterisk.add("1002");
    world.passes(5);
    world.forwarder.asteriskHas([], askedAt);
    world.passes(60);
    expect(world.primary.dns).toEqual(["1002"]);
  });
});

const DNS = ["1001", "1002", "1003"];
const dn = fc.constantFrom(...DNS);
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("phone comes" as const), dn }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("phone un-registers" as const), dn }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("phone is lost" as const), dn }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("file has it" as const), dn }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("file lacks it" as const), dn }) },
  { weight: 2, arbitrary: fc.constant({ kind: "static mode" as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: "proxy mode" as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: "lists" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "down" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "up" as const }) },
  {
    weight: 7,
    arbitrary: fc.record({
      kind: fc.constant("pass" as const),
      seconds: fc.constantFrom(0.01, 0.3, 1, 3, 6, 20, 40),
    }),
  },
);
const quick = { loss: 0, doubles: 0, delay: 1 };
/** Milliseconds that the slowest packet of the quick network takes. */
const QUICK = 2;
const network = fc.oneof(
  fc.constant(quick),
  fc.record({
    loss: fc.constantFrom(0, 0.1, 0.4),
    doubles: fc.constantFrom(0, 0.2),
    delay: fc.constantFrom(1, 200, 4000),
  }),
);

describe("once things are quiet", () => {
  it("Genesys has exactly the DNs that have an owner, whatever both did before", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 30 }),
        network,
        fc.nat(),
        fc.boolean(),
        async (steps, { loss, doubles, delay }, seed, startsForwarding) => {
          let forwarding = startsForwarding;
          const { world, asterisk, switchTo } = await start(forwarding);
          const random = numbers(seed);
          world.random = random;
          world.genesys.fate = () => {
            if (random() < loss) return [];
            const copies = random() < doubles ? [0, 0] : [0];
            return copies.map(() => 1 + random() * delay);
          };
          /** Since when each phone has been there. */
          const phones = new Map<string, number>();
          let switchedAt = world.clock.now();
          // Where the network is as quick as ours, nothing may be taken away from an owner, not even for a moment.
          // What was on its way already when a phone came can't be called back.
          const robbed: string[] = [];
          world.primary.onUnregistered = (each) => {
            const cameAt = phones.get(each);
            const owned =
              forwarding && cameAt !== undefined && world.clock.now() - Math.max(cameAt, switchedAt) > QUICK;
            if (owned || asterisk.holds(each)) robbed.push(each);
          };
          for (const one of steps) {
            if (one.kind === "phone comes") {
              if (!phones.has(one.dn)) phones.set(one.dn, world.clock.now());
              world.registers(one.dn, Number(one.dn));
            } else if (one.kind === "phone un-registers") {
              if (phones.delete(one.dn)) world.unregisters(one.dn, Number(one.dn));
            } else if (one.kind === "phone is lost") {
              if (phones.delete(one.dn)) world.closes(Number(one.dn), one.dn);
            } else if (one.kind === "file has it") asterisk.add(one.dn);
            else if (one.kind === "file lacks it") asterisk.remove(one.dn);
            else if (one.kind === "lists") asterisk.list();
            else if (one.kind === "pass") world.passes(one.seconds);
            else if (one.kind === "down" || one.kind === "up")
              world.genesys.server(PRIMARY).up = one.kind === "up";
            else {
              const proxy = one.kind === "proxy mode";
              if (proxy !== forwarding) switchedAt = world.clock.now();
              forwarding = proxy;
              await switchTo(forwarding ? "proxy" : "static");
            }
          }
          // Quiet: nothing is lost any more, phones refresh, lists come. Too short for a forgotten binding to expire.
          world.genesys.fate = () => [1];
          world.primary.up = true;
          for (let minute = 0; minute < 48; minute++) {
            if (minute % 4 === 0) for (const each of phones.keys()) world.registers(each, Number(each));
            asterisk.list();
            world.passes(60);
          }
          if (loss === 0 && delay === 1 && !steps.some(({ kind }) => kind === "down"))
            expect(robbed).toEqual([]);
          const owned = new Set([...asterisk.dns, ...(forwarding ? phones.keys() : [])]);
          expect(world.primary.dns).toEqual([...owned].sort());
          asterisk.crash();
          await world.forwarder.stop();
          world.passes(40); // packets on their way
          expect(world.clock.pending).toBe(0);
        },
      ),
      { numRuns: Number(process.env.CONVERGENCE_RUNS ?? 300) },
    );
  }, 120_000);
});
