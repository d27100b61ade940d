import { Recordings } from "../../../../assets/call-control/src/recordings/recordings";
import type { Recording, RecordingEnd } from "../../../../assets/call-control/src/recordings/store";
import { config, silent, World } from "../support/world";

/** The index in memory. */
class Index {
  readonly rows = new Map<string, Recording>();
  down = false;

  async insert(recording: Recording): Promise<void> {
    this.#up();
    this.rows.set(recording.id, recording);
  }
  async end(name: string, end: RecordingEnd): Promise<void> {
    this.#up();
    const row = this.rows.get(name);
    if (row?.state === "recording") this.rows.set(name, { ...row, ...end, endedAt: end.at });
  }
  async get(id: string): Promise<Recording | undefined> {
    this.#up();
    return this.rows.get(id);
  }
  async ofCall(callId: string): Promise<Recording[]> {
    return [...this.rows.values()].filter((row) => row.callId === callId);
  }
  async open(): Promise<Recording[]> {
    this.#up();
    return [...this.rows.values()].filter(({ state }) => state === "recording");
  }
  async expired(now: Date): Promise<Recording[]> {
    return [...this.rows.values()].filter(({ state, expiresAt }) => expiresAt < now && state === "done");
  }
  async deleted(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.rows.set(id, { ...(this.rows.get(id) as Recording), state: "deleted" });
  }
  #up(): void {
    if (this.down) throw new Error("connect ECONNREFUSED");
  }
}

let world: World;
let index: Index;
let recordings: Recordings;
let call: string;

function make(announcement?: string): Recordings {
  return new Recordings({
    ari: world.asterisk,
    calls: world.engine,
    store: index,
    config: config({ recording: { retentionDays: 30, signingKey: "0123456789abcdef", announcement } }),
    meter: { recorded: () => {} },
    log: silent,
    clock: world.clock,
    now: () => new Date(world.clock.now()),
  });
}

/** 1001 speaks with 1002. */
beforeEach(async () => {
  world = new World();
  index = new Index();
  recordings = make();
  await world.engine.originate({ agent: "1001", to: "1002" });
  await world.settle();
  world.asterisk.answer(world.channel("PJSIP/1001"));
  await world.settle();
  call = world.last?.id ?? "";
});

async function answered(): Promise<void> {
  world.asterisk.answer(world.channel("PJSIP/1002"));
  await world.settle();
  world.changes.length = 0;
}

async function begun(): Promise<Recording> {
  await answered();
  const recording = await recordings.begin(call, "key:desk");
  await world.settle();
  return recording;
}

it("records the call's bridge, under a name of its own, with a row", async () => {
  const recording = await begun();
  expect(index.rows.get(recording.id)).toMatchObject({
    callId: call,
    state: "recording",
    startedBy: "key:desk",
  });
  expect([...world.asterisk.recorded.values()]).toMatchObject([
    { name: recording.name, bridge: `call-${call}` },
  ]);
  expect(world.last).toMatchObject({ recordingId: recording.id });
  expect(recording.expiresAt.getTime() - recording.startedAt.getTime()).toBe(30 * 86_400_000);
  await expect(recordings.begin(call, "key:desk")).rejects.toMatchObject({ code: "CALL_STATE" });
});

it("ends by request, and can be downloaded and listed then", async () => {
  const { id } = await begun();
  await world.settle(7_000);
  await expect(recordings.download(id)).rejects.toMatchObject({ code: "CALL_NOT_FOUND" });
  await recordings.end(call);
  await world.settle();
  expect(index.rows.get(id)).toMatchObject({ state: "done", duration: 7 });
  expect(world.story).toStrictEqual(["recording_started", "recording_ended"]);
  expect((await recordings.download(id)).contentType).toBe("audio/wav");
  expect(await recordings.ofCall(call)).toHaveLength(1);
  await expect(recordings.end(call)).rejects.toMatchObject({ code: "CALL_STATE" });
});

it("ends with the call", async () => {
  const { id } = await begun();
  await world.engine.hangup(call);
  await world.settle(3_000);
  expect(index.rows.get(id)).toMatchObject({ state: "done" });
  expect(world.story).toStrictEqual(["recording_started", "recording_ended", "ended"]);
});

it("is refused for a call that nobody has answered, and for none", async () => {
  await expect(recordings.begin(call, "key:desk")).rejects.toMatchObject({ code: "CALL_STATE" });
  await expect(recordings.begin("none", "key:desk")).rejects.toMatchObject({ code: "CALL_NOT_FOUND" });
});

it("begins after the announcement, and not without it", async () => {
  await answered();
  recordings = make("sound:recording-announcement");
  let begun: Recording | undefined;
  const beginning = recordings.begin(call, "key:desk").then((recording) => {
    begun = recording;
  });
  await world.settle();
  expect(world.asterisk.played).toStrictEqual(["sound:recording-announcement"]);
  expect(world.asterisk.recorded.size).toBe(0);
  world.asterisk.playedOut();
  await world.settle();
  await beginning;
  expect(begun).toBeDefined();
  expect(world.asterisk.recorded.size).toBe(1);
  await recordings.end(call);
  await world.settle();
  const again = recordings.begin(call, "key:desk");
  await Promise.all([expect(again).rejects.toMatchObject({ code: "ASTERISK" }), world.settle(30_000)]);
  expect(world.asterisk.recorded.size).toBe(1);
});

it.each(["bridges.record", "applications.subscribe"])(
  "that fails at %s leaves a row that says so, and no file",
  async (what) => {
    await answered();
    world.asterisk.fault = (asked) => (asked === what ? "after" : undefined);
    await expect(recordings.begin(call, "key:desk")).rejects.toMatchObject({ code: "ASTERISK" });
    world.asterisk.fault = () => undefined;
    await world.settle();
    expect([...index.rows.values()]).toMatchObject([{ state: "failed" }]);
    expect([...world.asterisk.recorded.values()].filter(({ state }) => state === "recording")).toStrictEqual(
      [],
    );
    await recordings.begin(call, "key:desk");
  },
);

it("is not begun while the index can't be written", async () => {
  await answered();
  index.down = true;
  await expect(recordings.begin(call, "key:desk")).rejects.toThrow("ECONNREFUSED");
  expect(world.asterisk.recorded.size).toBe(0);
});

it("whose end could not be written is written later", async () => {
  const { id } = await begun();
  recordings.start();
  index.down = true;
  world.asterisk.end(world.channel("PJSIP/1002"));
  await world.settle(5_000);
  index.down = false;
  await world.settle(60_000);
  expect(index.rows.get(id)).toMatchObject({ state: "done" });
  recordings.stop();
});

it("is taken up by a new process, or ended when it has ended unseen", async () => {
  const { id } = await begun();
  recordings.stop();
  await world.settle(20_000);
  world.asterisk.lose();
  const next = make();
  world.asterisk.ready();
  await world.settle();
  await next.end(call);
  await world.settle();
  expect(index.rows.get(id)).toMatchObject({ state: "done" });
  index.rows.set("lost", {
    ...(index.rows.get(id) as Recording),
    id: "lost",
    name: "lost",
    state: "recording",
  });
  world.asterisk.lose();
  world.asterisk.ready();
  await world.settle();
  expect(index.rows.get("lost")).toMatchObject({ state: "failed", failure: "Asterisk has no file of it" });
});

it("leaves out what an agent asks a colleague", async () => {
  const { name } = await begun();
  await world.engine.transfer(call, "1003", "attended");
  await world.settle();
  expect(world.asterisk.requests("recordings.pause")).toStrictEqual([name]);
  await world.engine.cancelTransfer(call);
  await world.settle();
  expect(world.asterisk.requests("recordings.unpause")).toStrictEqual([name]);
});

it("is removed at Asterisk when it is too old, tried again where that fails", async () => {
  const { id } = await begun();
  await recordings.end(call);
  await world.settle();
  index.rows.set(id, { ...(index.rows.get(id) as Recording), expiresAt: new Date(world.clock.now() - 1) });
  recordings.start();
  world.asterisk.fault = (what) => (what === "recordings.deleteStored" ? "before" : undefined);
  await world.settle(600_000);
  expect(index.rows.get(id)).toMatchObject({ state: "done" });
  world.asterisk.fault = () => undefined;
  await world.settle(600_000);
  expect(index.rows.get(id)).toMatchObject({ state: "deleted" });
  expect(world.asterisk.recorded.size).toBe(0);
  recordings.stop();
});
