import { type AuditEntry, AuditTrail } from "../../../../assets/call-control/src/audit/audit-trail";
import type { Query } from "../../../../assets/call-control/src/database/database";
import { quiet } from "../api";

const inserted: Record<string, unknown>[] = [];
let dropped = 0;
let now: number;
let trail: AuditTrail;

const query = (async (_text: string, [first]: readonly unknown[] = []) => {
  inserted.push(...JSON.parse(String(first)));
  return [];
}) as Query;

const entry = (part: Partial<AuditEntry> = {}): AuditEntry => ({
  at: new Date("2026-03-02T10:00:00Z"),
  actor: "key:desktop",
  address: "192.0.2.1",
  action: "call.hangup",
  status: 200,
  detail: { request: "r1" },
  ...part,
});

beforeEach(() => {
  inserted.length = 0;
  dropped = 0;
  now = 0;
  const meter = {
    written: () => {},
    dropped: (count: number) => {
      dropped += count;
    },
  };
  trail = new AuditTrail(query, 1, meter, quiet, () => now);
});

it("writes entries, with nothing in them that a table or a terminal could stumble over", async () => {
  trail.record(entry({ target: "a\u0000b\u001b[2J", detail: { request: "r1", long: "x".repeat(10_000) } }));
  await trail.stop(1_000);
  expect(inserted).toMatchObject([
    { actor: "key:desktop", target: "a b [2J", at: "2026-03-02T10:00:00.000Z" },
  ]);
  expect(JSON.stringify(inserted).length).toBeLessThan(1_000);
});

it("has a bounded number of refusals of strangers in a minute, and everything of those who are known", async () => {
  for (let n = 0; n < 100; n++) trail.record(entry({ actor: "none", status: 401 }));
  for (let n = 0; n < 100; n++) trail.record(entry());
  now += 60_000;
  trail.record(entry({ actor: "none", status: 401 }));
  await trail.stop(1_000);
  expect([inserted.filter(({ actor }) => actor === "none").length, dropped]).toStrictEqual([61, 40]);
  expect(inserted.filter(({ actor }) => actor === "key:desktop")).toHaveLength(100);
});
