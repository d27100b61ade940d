import fc from "fast-check";
import { CallError } from "../../../../assets/call-control/src/calls/calls";
import type { Fault } from "../support/asterisk-model";
import { World } from "../support/world";

jest.setTimeout(120_000);

/** One thing that somebody does. `pick` chooses among what is there. */
type Act = readonly [what: (typeof acts)[number], pick: number];

const acts = [
  "originate",
  "call in",
  "call the queue",
  "call outside",
  "dial",
  "open a seat",
  "connect",
  "abandon",
  "answer",
  "answer",
  "answer",
  "far end hangs up",
  "far end is busy",
  "hang up",
  "transfer",
  "consult",
  "complete",
  "cancel",
  "hold",
  "resume",
  "lose the connection",
  "get it back",
  "crash",
  "restart the service",
  "wait",
] as const;

const act: fc.Arbitrary<Act> = fc.tuple(fc.constantFrom(...acts), fc.nat(1_000));

/** Of every request, by its number, how it fails. */
const faults = fc.array(
  fc.constantFrom<Fault | undefined>("before", "after", undefined, undefined, undefined),
  {
    maxLength: 60,
  },
);

class Scene {
  readonly world = new World();
  readonly #tried: Promise<unknown>[] = [];
  #campaign = 0;

  async do([what, pick]: Act): Promise<void> {
    const { engine, asterisk } = this.world;
    const one = <T>(list: readonly T[]) => list[pick % list.length];
    const call = one(engine.live())?.id ?? "none";
    const channel = one([...asterisk.channelsUp.keys()]);
    const dn = `${1001 + (pick % 5)}`;
    switch (what) {
      case "originate":
        return this.#try(() =>
          engine.originate({ agent: dn, to: one(["1002", "0612345678", "1009"]) ?? "" }),
        );
      case "call in":
        return void asterisk.comeIn(["internal", dn]);
      case "call the queue":
        return void asterisk.comeIn(["did", "+31201234568", "provider"], { endpoint: "trunk-provider" });
      case "call outside":
        return void asterisk.comeIn(["external", one(["+31612345678", "+882", "0"]) ?? ""]);
      case "dial":
        return this.#try(() => engine.dial(this.#customer()));
      case "open a seat":
        return this.#try(() => engine.openSeat(dn));
      case "connect":
        return this.#try(async () => engine.connect(call, one(engine.seats())?.id ?? ""));
      case "abandon":
        return this.#try(() => engine.abandon(call));
      case "answer":
        if (channel !== undefined) asterisk.answer(channel);
        return;
      case "far end hangs up":
      case "far end is busy":
        if (channel !== undefined) asterisk.end(channel, what === "far end is busy" ? 17 : 16);
        return;
      case "hang up":
        return this.#try(() => engine.hangup(call));
      case "transfer":
        return this.#try(async () => engine.transfer(call, dn, "blind"));
      case "consult":
        return this.#try(async () => engine.transfer(call, dn, "attended"));
      case "complete":
        return this.#try(async () => engine.completeTransfer(call));
      case "cancel":
        return this.#try(async () => engine.cancelTransfer(call));
      case "hold":
        return this.#try(async () => engine.hold(call));
      case "resume":
        return this.#try(async () => engine.resume(call));
      case "lose the connection":
        return asterisk.lose();
      case "get it back":
        return asterisk.ready();
      case "crash":
        asterisk.crash();
        return asterisk.ready({ restarted: true });
      case "restart the service":
        this.world.restart();
        return asterisk.ready();
      case "wait":
        return this.world.settle(pick * 10);
    }
  }

  /** Everybody hangs up, and nothing fails any more. */
  async end(): Promise<void> {
    const { engine, asterisk } = this.world;
    asterisk.fault = () => undefined;
    asterisk.ready();
    await this.world.settle(15_000);
    for (const { id } of engine.live()) this.#try(() => engine.hangup(id));
    for (const { id } of engine.seats()) this.#try(() => engine.closeSeat(id));
    await this.world.settle(200_000);
    await Promise.all(this.#tried);
  }

  /** A refusal is fine; anything else is not. */
  #try(request: () => Promise<unknown>): void {
    const done = (async () => request())().catch((error) => {
      if (!(error instanceof CallError)) throw error;
    });
    this.#tried.push(done);
  }

  #customer() {
    const n = String(this.#campaign++).padStart(12, "0");
    const callId = `9d6f4a10-3f51-4d3c-8f6a-${n}`;
    return {
      ...{ to: "+31612345678", campaignId: callId, queueEntryId: "1", callId, channelId: `campaign-${n}` },
      ringSeconds: 20,
    };
  }
}

it("whatever happens, and whatever fails: in the end nothing is left, and every call has ended once", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 40 }), faults, async (story, fails) => {
      const scene = new Scene();
      const { asterisk, changes } = scene.world;
      let count = 0;
      asterisk.fault = () => fails[count++];
      for (const one of story) {
        await scene.do(one);
        await scene.world.settle();
      }
      await scene.end();
      expect(scene.world.leftovers).toStrictEqual([]);
      expect(scene.world.engine.live()).toStrictEqual([]);
      expect(scene.world.engine.busy).toBe(0);
      const told = (what: string) =>
        changes.filter((change) => change.what === what).map(({ call }) => call.id);
      expect(told("ended").sort()).toStrictEqual(told("started").sort());
      expect(new Set(told("ended")).size).toBe(told("ended").length);
      for (const { call, what } of changes) {
        expect(call.status === "ended").toBe(what === "ended");
        expect(call.endedAt !== undefined).toBe(what === "ended");
        if (call.status === "answered") expect(call.answeredAt).toBeDefined();
      }
    }),
    { numRuns: 60 },
  );
});

it.each(["before", "after"] as const)(
  "a request that fails %s it is done, at each place of a call's life, leaves nothing",
  async (kind) => {
    for (let failing = 0; failing < 16; failing++) {
      const scene = new Scene();
      const { asterisk } = scene.world;
      let count = 0;
      asterisk.fault = () => (count++ === failing ? kind : undefined);
      const story: Act[] = [
        ["originate", 0],
        ["answer", 0],
        ["answer", 1],
        ["hold", 0],
        ["resume", 0],
        ["consult", 3],
        ["answer", 2],
        ["complete", 0],
        ["far end hangs up", 0],
      ];
      for (const one of story) {
        await scene.do(one);
        await scene.world.settle(6_000);
      }
      await scene.end();
      expect(scene.world.leftovers).toStrictEqual([]);
      expect(scene.world.story.filter((what) => what === "ended")).toHaveLength(1);
    }
  },
);
