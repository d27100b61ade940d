import type { LoggedChange } from "../../assets/genesys-simulator/src/binding-log";
import type { CallRecord } from "../../assets/genesys-simulator/src/calls/call-record";
import type { IncomingCall, OutgoingCall, Phone } from "../../lib/phone";
import { contactsOf } from "../../tools/asterisk-cli";
import { engineOf } from "../../tools/engine";
import { simulator } from "../../tools/simulator";
import { DockerHost } from "../../tools/verify/host";
import { Phones } from "../../tools/verify/phones";
import { ANSWER, Endpoint, ringing } from "../assets/genesys-simulator/harness";
import { type Agents, call, expectAudio, hangUp } from "./agents";
import { Fleet, passwordOf, provision, removeProvisioned } from "./fleet";
import { docker, eventually, MINUTE } from "./support";
import { AudioWatch } from "./watch";

/** Milliseconds that Asterisk may take to find out that a server is gone, or back: `qualify` of the trunk. */
const QUALIFIED = 20_000;

/** DNs besides the two agents'. */
const FLEET = Array.from({ length: 100 }, (_, at) => String(4001 + at));

/** Milliseconds without audio: far below an outage's length, and above what a busy machine makes of a sound call. */
const LONGEST_GAP = 3_000;

type Down = "closed" | "silent";

/** Genesys' first server goes away, and comes back. */
class Outage {
  constructor(private readonly agents: Agents) {}

  private get environment() {
    return this.agents.environment;
  }

  public async begin(down: Down): Promise<void> {
    await simulator(this.environment, "/faults", "PUT", { server: "primary", down });
  }

  /** As a server that has started anew: it has no bindings. */
  public async end(): Promise<void> {
    await simulator(this.environment, "/registrations?server=primary", "DELETE");
    await simulator(this.environment, "/faults", "DELETE");
  }

  /** Waits until Asterisk sends the agents' calls elsewhere, or back. */
  public async isSeenByAsterisk(status: "Avail" | "Unavail"): Promise<void> {
    const host = new DockerHost(engineOf(this.environment), this.environment);
    await eventually(QUALIFIED, async () => {
      const first = (await contactsOf(host)).find(({ aor }) => aor === "genesys_sip_server_1");
      expect(first?.status).toBe(status);
    });
  }

  /** When sip-proxy noticed, in milliseconds since 1970. */
  public noticed(words: string, since: number): number {
    const log = docker("logs", "--since", new Date(since).toISOString(), "local-sip-proxy").split("\n");
    const line = log.find((text) => text.includes(`"${words}"`) && text.includes("127.0.0.2"));
    return Date.parse((JSON.parse(line ?? "{}") as { time: string }).time);
  }

  public async registeredAt(server: "primary" | "backup"): Promise<string[]> {
    const path = `/registrations?server=${server}`;
    const rows = await simulator<{ dn: string }[]>(this.environment, path);
    return rows.map(({ dn }) => dn).sort();
  }

  /** When each of these DNs became registered there, in milliseconds since 1970. */
  public async arrivals(server: "primary" | "backup", since: number): Promise<number[]> {
    const changes = await simulator<LoggedChange[]>(this.environment, "/registrations/changes?limit=20000");
    return changes
      .filter((each) => each.server === server && each.change === "registered")
      .map(({ time }) => Date.parse(time))
      .filter((time) => time >= since);
  }

  public async lastCall(): Promise<CallRecord | undefined> {
    return (await simulator<CallRecord[]>(this.environment, "/calls")).at(-1);
  }
}

/** Most arrivals within a second. */
function busiestSecond(arrivals: readonly number[]): number {
  return Math.max(
    ...arrivals.map((start) => arrivals.filter((time) => time >= start && time < start + 1000).length),
  );
}

export function proxyOutage(use: () => Agents): void {
  describe("two servers of Genesys", () => {
    const report: string[] = [];
    let outage: Outage;
    let phones: Phones;
    let fleet: Fleet;
    let one: Phone;
    let other: Phone;

    beforeAll(async () => {
      outage = new Outage(use());
      phones = new Phones(use().environment);
      provision(FLEET);
      const connect = (dn: string) => phones.connect(dn, passwordOf(dn));
      const [first = "", second = "", ...rest] = FLEET;
      fleet = new Fleet(rest, connect);
      fleet.start();
      [one, other] = [await connect(first), await connect(second)];
      for (const phone of [one, other]) await phone.register();
      await allAt("primary", MINUTE);
    }, 2 * MINUTE);

    afterAll(async () => {
      await simulator(use().environment, "/faults", "DELETE");
      for (const phone of [one, other]) await phone?.close();
      await fleet?.stop();
      removeProvisioned(FLEET);
      console.log(report.join("\n"));
    }, MINUTE);

    const allAt = (server: "primary" | "backup", deadline: number) =>
      eventually(deadline, async () =>
        expect(await outage.registeredAt(server)).toEqual(expect.arrayContaining(FLEET)),
      );

    /** Sees the first server go away and come back, and gives the call that was made meanwhile. */
    async function endured(down: Down): Promise<{ made: OutgoingCall; incoming: IncomingCall }> {
      const failed = Date.now();
      await outage.begin(down);
      await allAt("backup", 20_000);
      const gone = outage.noticed("Genesys does not answer", failed);
      const moved = (await outage.arrivals("backup", failed)).map((time) => time - gone);
      expect(Math.max(...moved)).toBeLessThan(5_000);

      await outage.isSeenByAsterisk("Unavail");
      const asteriskKnew = Date.now() - failed;
      const made = await one.invite("4002");
      const incoming = await other.incomingCall();
      await incoming.answer();
      await made.answered();
      expect(await outage.lastCall()).toMatchObject({ server: "backup", from: "4001", to: "4002" });

      const returned = Date.now();
      await outage.end();
      await allAt("primary", 30_000);
      const back = outage.noticed("Genesys answers again", returned);
      const arrivals = await outage.arrivals("primary", returned);
      report.push(
        `${down}: noticed after ${gone - failed} ms, ${moved.length} DNs at the second within ${Math.max(...moved)} ms of that; ` +
          `calls of agents go there after ${asteriskKnew} ms; back within ${Math.max(...arrivals) - back} ms, ` +
          `${busiestSecond(arrivals)} in a second at most`,
      );
      // genesys.rate and genesys.burst: 50 and 5.
      expect(busiestSecond(arrivals)).toBeLessThanOrEqual(55);
      // sip-proxy leaves them there to expire: a pair that shares its bindings would lose them at both.
      await simulator(use().environment, "/registrations?server=backup", "DELETE");
      return { made, incoming };
    }

    it.each<Down>(["closed", "silent"])(
      "move the DNs to the second when the first is %s, and back; calls work, and go on",
      async (down) => {
        const both = await use().both();
        const [callee, caller] = both;
        await allAt("primary", MINUTE);
        await call(both);
        await expectAudio(both, 2);
        const audio = both.map(({ media }) => new AudioWatch(media));

        const { made, incoming } = await endured(down).finally(async () => {
          for (const watch of audio) await watch.stop();
        });
        for (const { longestGap } of audio) expect(longestGap).toBeLessThan(LONGEST_GAP);
        await expectAudio(both, 2);
        await outage.isSeenByAsterisk("Avail");
        await incoming.bye();
        expect(await made.ended()).toBe("remote");
        await hangUp(caller, callee);
        await call(both);
        expect(await outage.lastCall()).toMatchObject({ server: "primary", from: "1003", to: "1002" });
        await hangUp(callee, caller);
      },
      3 * MINUTE,
    );
  });
}

export function staticOutage(use: () => Agents): void {
  describe("two servers of Genesys", () => {
    // A phone that is Genesys' own, and knows the second server.
    let far: Endpoint;

    beforeAll(async () => {
      far = await Endpoint.open("1004");
    });

    afterAll(async () => {
      await simulator(use().environment, "/faults", "DELETE");
      await far.close();
    });

    it.each<Down>(["closed", "silent"])(
      "take the agents' calls at the second while the first is %s, and calls that are up go on",
      async (down) => {
        const outage = new Outage(use());
        const both = await use().both();
        const [callee, caller] = both;
        await call(both);
        const { address, port } = { address: "127.0.0.3", port: 5060 };
        await far.register({ address, port });

        await outage.begin(down);
        await outage.isSeenByAsterisk("Unavail");
        await expectAudio(both, 2);
        await callee.phone.call("active").getByRole("button", { name: "Hold" }).click();
        const rang = ringing(far);
        await callee.phone.dial("1004");
        const incoming = await rang;
        await incoming.accept({
          contact: far.contact,
          headers: [["Content-Type", "application/sdp"]],
          body: ANSWER,
        });
        await eventually(5_000, async () =>
          expect(await outage.lastCall()).toMatchObject({
            server: "backup",
            from: "1002",
            to: "1004",
            state: "answered",
          }),
        );

        await simulator(use().environment, "/faults", "DELETE");
        await outage.isSeenByAsterisk("Avail");
        expect((await far.agent.sendInDialog(incoming.dialog as never, "BYE")).status).toBe(200);
        await callee.phone.call("ended").waitFor();
        await callee.phone.call("ended").waitFor({ state: "detached" });
        await callee.phone.call("active").getByRole("button", { name: "Hold" }).click();
        await expectAudio(both, 2);
        await hangUp(caller, callee);
      },
      2 * MINUTE,
    );
  });
}
