import type { Call } from "../../../assets/call-control/src/calls/call";
import type { Campaign, PlannedCall, QueueEntry } from "../../../assets/call-control/src/campaigns/campaign";
import { CampaignStore } from "../../../assets/call-control/src/campaigns/campaign-store";
import { Figures } from "../../../assets/call-control/src/campaigns/figures";
import { LeadStore } from "../../../assets/call-control/src/campaigns/lead-store";
import { LeftBehind } from "../../../assets/call-control/src/campaigns/left-behind";
import { CampaignLocks } from "../../../assets/call-control/src/campaigns/locks";
import { LEASE, QueueStore } from "../../../assets/call-control/src/campaigns/queue-store";
import type { Query } from "../../../assets/call-control/src/database/database";
import { silent } from "../../assets/call-control/support/world";
import { eventually } from "../asterisk/docker";
import { CampaignDatabase } from "./campaign-database";

jest.setTimeout(60_000);

const site = new CampaignDatabase("campaigns");
let query: Query;
let store: CampaignStore;
let leads: LeadStore;

beforeAll(async () => {
  await site.start();
  ({ query } = site.connect());
  store = new CampaignStore(query);
  leads = new LeadStore(query);
}, 300_000);
afterAll(() => site.stop(), 60_000);
beforeEach(async () => {
  await query("DELETE FROM call_control.campaigns");
  await query("DELETE FROM call_control.do_not_call");
  await query("DELETE FROM call_control.call_log");
});

// A Wednesday, 11:00 in Amsterdam.
const NOW = Date.parse("2026-08-05T09:00:00Z");
const always = Object.fromEntries(
  ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].map((day) => [day, [["00:00", "24:00"]]]),
);
let made = 0;

async function campaign(part: Partial<Campaign> = {}): Promise<Campaign> {
  const created = await store.create({
    ...{ name: `campaign ${++made}`, mode: "progressive", callerId: null, dialRatio: 1, abandonLimit: 0.03 },
    ...{ ringSeconds: 25, wrapUpSeconds: 10, callingHours: always, timeZone: "Europe/Amsterdam" },
    ...{ retry: { attempts: 3, minutes: { busy: 5 } }, ...part },
  });
  return (await store.setState(created?.id ?? "", "running")) as Campaign;
}

const numbered = (count: number, first = 1_000_000) =>
  Array.from({ length: count }, (_, index) => ({
    phoneNumber: `+3120${first + index}`,
    lead: { place: index },
  }));

const queue = (instance: string, on = query) => new QueueStore(on, instance);
const planned = (entry: QueueEntry, at = 0): PlannedCall => {
  const callId = `00000000-0000-4000-8000-${(Number(entry.id) * 10 + at).toString().padStart(12, "0")}`;
  return { entry, callId, channelId: `call-${callId}-customer-00000000` };
};
const rows = (what: string, where = "true") =>
  query<{ what: unknown }>(
    `SELECT ${what} AS what FROM call_control.outbound_queue WHERE ${where} ORDER BY phone_number`,
  ).then((found) => found.map((row) => row.what));

/** A row of the call log, as the engine writes it. */
const logged = (call: Partial<Call> & Pick<Call, "id" | "status">, campaignId: string) =>
  query(
    `INSERT INTO call_control.call_log
       (id, channel_id, type, status, from_number, to_number, campaign_id, started_at, answered_at, ended_at, outcome, version)
     VALUES ($1, 'c', 'campaign', $2, '+31201234567', '+31201000000', $3, $4, $5, $6, $7, 1)`,
    [
      call.id,
      call.status,
      campaignId,
      call.startedAt ?? new Date(NOW),
      call.answeredAt,
      call.endedAt,
      call.outcome,
    ],
  );

const leftBehind = (instance: string, live: readonly Call[] = [], adopted: string[] = []) =>
  new LeftBehind({
    ...{ query, queue: queue(instance), instance, log: silent },
    find: (id) => live.find((call) => call.id === id),
    adopt: async ({ callId }) => void adopted.push(callId),
  });

describe("numbers", () => {
  it("are each claimed and dialled once by two instances at once, over several connections", async () => {
    const one = await campaign();
    await leads.add(one.id, numbered(2_000), NOW);
    const dialed: string[] = [];
    const worker = async (store: QueueStore) => {
      for (;;) {
        const claimed = await store.claim(one, 7, NOW);
        if (claimed.length === 0) return;
        for (const { entry } of await store.begin(
          claimed.map((entry) => planned(entry)),
          NOW,
        ))
          dialed.push(entry.phoneNumber);
      }
    };
    const [first, second] = [queue("one"), queue("two", site.connect().query)];
    await Promise.all([first, first, first, second, second, second].map(worker));
    expect(dialed).toHaveLength(2_000);
    expect(new Set(dialed).size).toBe(2_000);
    expect(
      await rows("count(*)::int", "status = 'dialing' AND attempts = 1 GROUP BY claimed_by, phone_number"),
    ).toHaveLength(2_000);
    const byInstance = await query<{ count: number }>(
      "SELECT count(*)::int AS count FROM call_control.outbound_queue GROUP BY claimed_by",
    );
    // Both have worked.
    expect(byInstance).toHaveLength(2);
  });

  it("come in the order in which they are due, those at the head first", async () => {
    const one = await campaign();
    await leads.add(one.id, numbered(3), NOW);
    const store = queue("one");
    await leads.putFirst(one.id, "+31209999999");
    const claimed = await store.claim(one, 2, NOW);
    expect(claimed.map(({ phoneNumber }) => phoneNumber)).toStrictEqual(["+31209999999", "+31201000000"]);
    // Being called: can't be put first as well.
    expect(await leads.putFirst(one.id, "+31209999999")).toBeUndefined();
  });

  it("of customers who sleep are put off until they may be called, and the others are claimed", async () => {
    const day = [["09:00", "20:00"]];
    const one = await campaign({ callingHours: { wed: day, thu: day } as Campaign["callingHours"] });
    const asleep = numbered(300).map((lead) => ({ ...lead, timeZone: "America/New_York" }));
    await leads.add(one.id, asleep, NOW);
    await leads.add(one.id, numbered(5, 2_000_000), NOW + 1);
    const claimed = await queue("one").claim(one, 5, NOW + 2);
    expect(claimed.map(({ phoneNumber }) => phoneNumber)).toStrictEqual(
      numbered(5, 2_000_000).map(({ phoneNumber }) => phoneNumber),
    );
    const nine = new Date("2026-08-05T13:00:00Z");
    const put = await rows(
      "next_attempt_at",
      "time_zone IS NOT NULL AND status = 'waiting' AND claimed_by IS NULL",
    );
    expect(put).toHaveLength(300);
    expect(new Set(put.map(Number))).toStrictEqual(new Set([nine.getTime()]));
  });

  it("that wait are blocked by the do-not-call list, and one that is claimed is not dialled any more", async () => {
    const one = await campaign();
    await leads.add(one.id, numbered(3), NOW);
    const store = queue("one");
    const [first] = await store.claim(one, 1, NOW);
    await leads.forbid(["+31201000000", "+31201000001"], "asked for it", "key:test", NOW);
    expect(await store.begin([planned(first as QueueEntry)], NOW)).toStrictEqual([]);
    await store.release([first as QueueEntry]);
    expect((await store.claim(one, 5, NOW)).map(({ phoneNumber }) => phoneNumber)).toStrictEqual([
      "+31201000002",
    ]);
    expect(await rows("status")).toStrictEqual(["waiting", "blocked", "claimed"]);
    expect(await leads.add(one.id, numbered(4), NOW)).toStrictEqual({
      added: 1,
      duplicates: ["+31201000002"],
      doNotCall: ["+31201000000", "+31201000001"],
    });
    expect(await leads.allow("+31201000001")).toBe(true);
    expect(await leads.allow("+31201000001")).toBe(false);
    expect(await rows("status", "phone_number = '+31201000001'")).toStrictEqual(["waiting"]);
    expect(await leads.putFirst(one.id, "+31201000000")).toBeUndefined();
  });

  it("get what became of their call once, however often it is said", async () => {
    const one = await campaign();
    await leads.add(one.id, numbered(1), NOW);
    const store = queue("one");
    const [entry] = await store.claim(one, 1, NOW);
    const [call] = await store.begin([planned(entry as QueueEntry)], NOW);
    const first = call as PlannedCall;
    expect(first.entry.attempts).toBe(1);
    await store.connected(first, "1002");
    await store.settle(first, "busy", { status: "waiting", nextAttemptAt: NOW });
    const [again] = await store.claim(one, 1, NOW);
    await store.begin([planned(again as QueueEntry, 1)], NOW);
    // Late, and of the call before.
    await store.settle(first, "answered", { status: "done" });
    await store.connected(first, "1003");
    expect(await rows("status || ' ' || attempts || ' ' || last_outcome")).toStrictEqual(["dialing 2 busy"]);
    // Asterisk did not dial it.
    await store.withdraw(planned(again as QueueEntry, 1), "failed", {
      status: "waiting",
      nextAttemptAt: NOW + 1,
    });
    expect(await rows("status || ' ' || attempts || ' ' || last_outcome")).toStrictEqual([
      "waiting 1 failed",
    ]);
  });

  it("are uploaded 10,000 at a time", async () => {
    const one = await campaign();
    const started = Date.now();
    expect((await leads.add(one.id, numbered(10_000), NOW)).added).toBe(10_000);
    expect((await leads.add(one.id, numbered(10_000), NOW)).duplicates).toHaveLength(10_000);
    expect(Date.now() - started).toBeLessThan(8_000);
    const standing = (await store.standings([one.id], new Date(NOW))).get(one.id);
    expect(standing?.queue).toStrictEqual(new Map([["waiting", 10_000]]));
  });
});

describe("numbers of an instance that was killed", () => {
  it("come back once, when their lease has run out, and a call that was begun counts", async () => {
    const one = await campaign();
    await leads.add(one.id, numbered(40), NOW);
    const dead = queue("dead");
    const claimed = await dead.claim(one, 40, NOW);
    await dead.begin(
      claimed.slice(0, 30).map((entry) => planned(entry)),
      NOW,
    );
    // Ten have ended, ten are in the log and open, of ten nothing is known, and ten were not dialled.
    for (const entry of claimed.slice(0, 10)) {
      const endedAt = new Date(NOW + 20_000);
      await logged({ id: planned(entry).callId, status: "ended", outcome: "busy", endedAt }, one.id);
    }
    for (const entry of claimed.slice(10, 20))
      await logged({ id: planned(entry).callId, status: "dialing" }, one.id);
    const clear = (now: number) =>
      Promise.all(["one", "two", "three"].map((name) => leftBehind(name).clear(now, false)));
    await clear(NOW + LEASE - 1);
    expect(await rows("id", "status = 'waiting'")).toHaveLength(0);
    await clear(NOW + LEASE + 1);
    expect(await rows("id", "status = 'waiting' AND attempts = 0")).toHaveLength(10);
    const busy = await rows(
      "next_attempt_at",
      "status = 'waiting' AND last_outcome = 'busy' AND attempts = 1",
    );
    expect(busy.map(Number)).toStrictEqual(Array(10).fill(NOW + 20_000 + 5 * 60_000));
    expect(await rows("id", "status = 'dialing'")).toHaveLength(20);
    await clear(NOW + LEASE + 11 * 60_000);
    expect(await rows("id", "status = 'waiting' AND last_outcome = 'lost' AND attempts = 1")).toHaveLength(
      20,
    );
    // What the dead one would still have done changes nothing.
    expect(
      await dead.begin(
        claimed.map((entry) => planned(entry, 5)),
        NOW,
      ),
    ).toStrictEqual([]);
    await dead.settle(planned(claimed[0] as QueueEntry), "answered", { status: "done" });
    expect(await rows("id", "status = 'waiting'")).toHaveLength(40);
  });

  it("are taken over at once where the same instance starts anew and their calls go on", async () => {
    const one = await campaign();
    await leads.add(one.id, numbered(3), NOW);
    const before = queue("same");
    const claimed = await before.claim(one, 3, NOW);
    const [talks] = claimed.map((entry) => planned(entry)) as [PlannedCall];
    await before.begin([talks], NOW);
    const live = { id: talks.callId, status: "answered" } as Call;
    const adopted: string[] = [];
    await leftBehind("same", [live], adopted).clear(NOW + 1_000, true);
    expect(adopted).toStrictEqual([talks.callId]);
    expect(await rows("status")).toStrictEqual(["dialing", "waiting", "waiting"]);
    // Its lease is a new one.
    await leftBehind("other").clear(NOW + LEASE + 500, false);
    expect(await rows("claimed_by", "status = 'dialing'")).toStrictEqual(["same"]);
  });

  it("who spoke with an agent are not called again, though nobody saw the end", async () => {
    const one = await campaign();
    await leads.add(one.id, numbered(1), NOW);
    const dead = queue("dead");
    const [entry] = await dead.claim(one, 1, NOW);
    const [call] = await dead.begin([planned(entry as QueueEntry)], NOW);
    await dead.connected(call as PlannedCall, "1002");
    await logged({ id: (call as PlannedCall).callId, status: "answered", answeredAt: new Date(NOW) }, one.id);
    await leftBehind("one").clear(NOW + LEASE + 11 * 60_000, false);
    expect(await rows("status || ' ' || last_outcome")).toStrictEqual(["done answered"]);
  });
});

describe("a campaign", () => {
  it("ends when nothing is left, and not before", async () => {
    const one = await campaign();
    await leads.add(one.id, numbered(2), NOW);
    const store = queue("one");
    const [first] = await store.claim(one, 1, NOW);
    const [call] = await store.begin([planned(first as QueueEntry)], NOW);
    expect(await store.finish(one.id)).toBe(false);
    // The other one was put on the list behind the queue's back.
    await query("INSERT INTO call_control.do_not_call (phone_number, added_by) VALUES ('+31201000001', 'x')");
    expect(await store.nextDue(one.id)).toBeUndefined();
    expect(await store.finish(one.id)).toBe(false);
    await store.settle(call as PlannedCall, "answered", { status: "done" });
    expect(await store.finish(one.id)).toBe(true);
    expect(await rows("status")).toStrictEqual(["done", "blocked"]);
  });

  it("is dialled by one instance at a time, and by another as soon as that one dies", async () => {
    const one = await campaign();
    const lost: string[] = [];
    const first = new CampaignLocks(site.client, (reason) => lost.push(reason));
    const second = new CampaignLocks(site.client, () => {});
    expect(await first.take(one.id)).toBe(true);
    expect(await first.take(one.id)).toBe(true);
    expect(await second.take(one.id)).toBe(false);
    await site.stand.sql(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')",
    );
    await eventually("the loss to be noticed", () => (lost.length > 0 ? true : undefined));
    expect(first.holds(one.id)).toBe(false);
    expect(await second.take(one.id)).toBe(true);
    expect(await first.take(one.id)).toBe(false);
    await second.giveUp(one.id);
    expect(await first.take(one.id)).toBe(true);
    await Promise.all([first.close(), second.close()]);
  });

  it("tells how it goes, and what its latest calls were like", async () => {
    const one = await campaign();
    const at = (seconds: number) => new Date(NOW + seconds * 1_000);
    for (let call = 0; call < 40; call++) {
      const id = `00000000-0000-4000-8000-${String(call).padStart(12, "0")}`;
      const answered = call % 2 === 0;
      await logged(
        {
          id,
          status: "ended",
          startedAt: at(call),
          endedAt: at(call + 110),
          ...(answered
            ? { answeredAt: at(call + 10), outcome: call === 0 ? "abandoned" : "answered" }
            : { outcome: "busy" }),
        },
        one.id,
      );
    }
    const now = NOW + 200_000;
    const standing = (await store.standings([one.id], new Date(now))).get(one.id);
    expect(standing).toMatchObject({ answered: 20, abandoned: 1 });
    expect(await store.minutes(one.id, new Date(NOW))).toStrictEqual([
      { at: new Date(NOW), calls: 40, answered: 20, abandoned: 1 },
    ]);
    const figures = new Figures();
    await store.remember(one.id, figures, now);
    expect(figures.abandonment(now)).toStrictEqual({ answered: 20, abandoned: 1 });
    expect(figures.estimates(now).answers?.within(0, 20_000)).toBeCloseTo(0.5);
  });

  it("keeps its settings as they were given, and its name to itself", async () => {
    const one = await campaign({ callerId: "+31201234567", dialRatio: 2.5 });
    expect(await store.find(one.id)).toStrictEqual(one);
    expect(one).toMatchObject({
      dialRatio: 2.5,
      callerId: "+31201234567",
      callingHours: always,
      state: "running",
    });
    const changed = await store.change(one.id, { callerId: null, retry: { attempts: 1, minutes: {} } });
    expect(changed).toMatchObject({ callerId: null, dialRatio: 2.5, retry: { attempts: 1, minutes: {} } });
    expect(await store.create({ ...one })).toBeUndefined();
    expect(await store.remove(one.id)).toBe(false);
    await store.setState(one.id, "paused");
    expect(await store.remove(one.id)).toBe(true);
  });

  it("has each agent for itself", async () => {
    const [one, other] = [await campaign(), await campaign()];
    expect(await store.admit("1002", one.id, new Date(NOW))).toBe(true);
    expect(await store.admit("1002", one.id, new Date(NOW))).toBe(true);
    expect(await store.admit("1002", other.id, new Date(NOW))).toBe(false);
    const since = NOW + 5;
    const change = (state?: "ready" | "talking", campaignId = one.id) => ({
      ...{ dn: "1002", campaignId },
      agent: state && ({ dn: "1002", state, since } as const),
    });
    await store.writeAgents([change("talking"), change("ready")]);
    await store.writeAgents([change("talking", other.id)]);
    expect(await store.agents(one.id)).toStrictEqual([
      { dn: "1002", campaignId: one.id, state: "ready", since: new Date(since), callId: null },
    ]);
    expect(await store.agents(other.id)).toStrictEqual([]);
    await store.writeAgents([change("ready"), change()]);
    expect(await store.agents(one.id)).toStrictEqual([]);
  });
});
