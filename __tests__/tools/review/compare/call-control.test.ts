import type { Change } from "../../../../tools/review/compare/change";
import { compare } from "../../../../tools/review/compare/compare";
import { deployment, site } from "../support/deployments";

type Section = Record<string, unknown> | undefined;

const file = (callControl: Section) => deployment(site(callControl && { callControl }));

function change(before: Section, after: Section): Change {
  return compare([file(before)], [file(after)])[0] as Change;
}

const told = ({ consequences }: Change) =>
  consequences
    .filter(({ subject }) => subject.startsWith("callControl"))
    .map(({ severity, subject, text }) => `${severity} ${subject}: ${text}`);

const trunk = { name: "one", host: "198.51.100.9" };

describe("call-control", () => {
  it("comes with a service, its paths and its secrets, and one sentence instead of all its settings", () => {
    const one = change(undefined, {});
    expect(one.sentences).toStrictEqual([
      "nginx passes /api/ and /calls/ on from now on",
      "call-control comes: applications and a page can originate, transfer and record calls",
    ]);
    expect(one.secrets.needed).toStrictEqual(["call-control-signing", "postgres-call-control"]);
    expect(one.opened).toMatchObject([
      { name: "the HTTP API of call-control", address: "127.0.0.1", port: "8083", service: "call-control" },
    ]);
    // Asterisk gets a place for recordings, and other modules: a deploy at night.
    expect(one.containers.filter(({ longRunning }) => longRunning)).toMatchObject([
      { service: "asterisk", action: "replaced" },
      { service: "call-control", action: "created" },
    ]);
    expect(one.consequences.some(({ callsDropped }) => callsDropped)).toBe(true);
  });

  it("goes, and of what is stored only the sound of recordings with it", () => {
    const one = change({}, undefined);
    expect(one.sentences).toStrictEqual([
      "nginx no longer passes /api/ and /calls/ on",
      "call-control goes, and with it trunks to providers, queues, recordings and campaigns: phones go on with Genesys alone. What it has stored stays in the database, and the sound of recordings is destroyed",
    ]);
    expect(
      one.consequences.filter(({ severity }) => severity === "critical").map(({ subject }) => subject),
    ).toStrictEqual(["volume site-asterisk-spool"]);
  });

  it("has its other settings told as settings", () => {
    expect(change({}, { callsPerMinute: 10 }).sentences).toStrictEqual([
      "setting callControl.callsPerMinute: 30 → 10",
    ]);
  });
});

describe("numbers that may be called", () => {
  it.each<[string[], string[], string[]]>([
    [[], ["+31", "+1212"], ["numbers in +31, +1212 can be called from now on"]],
    [["+31"], [], ["numbers in +31 can no longer be called"]],
    [["+31"], ["+31", "+3120"], []],
    [["+3120"], ["+31"], ["numbers in +31 can be called from now on"]],
    [["+31"], ["+3120"], ["numbers in +31 can no longer be called, but for +3120"]],
  ])("%j, then %j", (before, after, sentences) => {
    const one = change(
      { allowedPrefixes: before, trunks: [trunk] },
      { allowedPrefixes: after, trunks: [trunk] },
    );
    expect(one.sentences.filter((text) => text.startsWith("numbers"))).toStrictEqual(sentences);
    expect(one.sentences.filter((text) => text.startsWith("setting"))).toStrictEqual([]);
    const more = sentences.some((text) => text.includes("from now on"));
    expect(told(one).filter((text) => text.includes("somebody pays for"))).toHaveLength(more ? 1 : 0);
  });
});

it("tells of trunks, numbers, queues, receivers and tokens", () => {
  const one = change(
    {
      allowedPrefixes: ["+31"],
      trunks: [trunk, { name: "two", host: "198.51.100.10" }],
      dids: [
        { number: "+31201234567", dn: 1002 },
        { number: "+31201234568", dn: 1003 },
      ],
      queues: [{ name: "support", members: [1002] }],
    },
    {
      allowedPrefixes: ["+31"],
      trunks: [
        {
          ...trunk,
          register: true,
          credentials: { username: "u", secret: "trunk-one" },
          prefixes: ["+31"],
          callerId: "+31201234567",
        },
      ],
      dids: [{ number: "+31201234567", queue: "support" }],
      queues: [
        { name: "support", members: [1002, 1003], strategy: "longest-idle" },
        { name: "sales", members: [1003] },
      ],
      webhooks: [
        { name: "crm", url: "https://crm.example.com/hooks", secret: "webhook-crm", events: ["ended"] },
      ],
      jwt: { issuer: "https://login.example.com/", audience: "calls" },
    },
  );
  expect(one.sentences).toStrictEqual([
    "trunk one: 198.51.100.9:5060 (udp), registered as u, for numbers in +31, shows +31201234567; before: 198.51.100.9:5060 (udp), calls from 198.51.100.9, for all numbers",
    "trunk two goes",
    "calls to +31201234567 go to queue support; before: DN 1002",
    "calls to +31201234568 are refused from now on",
    "queue support: DNs 1002, 1003, longest-idle, 20 s each, 120 s at most; before: DNs 1002, ring-all, 20 s each, 120 s at most",
    "queue sales: DNs 1003, ring-all, 20 s each, 120 s at most, newly",
    "webhook crm: ended of calls is told to https://crm.example.com/hooks, newly",
    "tokens of https://login.example.com/ for calls open the API",
  ]);
  expect(told(one)).toStrictEqual([
    "medium callControl.webhooks: who runs https://crm.example.com/hooks sees who calls whom",
    "medium callControl.jwt: https://login.example.com/ decides who may make calls",
    "medium callControl.dids: who calls +31201234568 reaches nobody",
  ]);
  expect(one.secrets.needed).toEqual(expect.arrayContaining(["call-control-jwks", "webhook-crm"]));
});

it("tells that Genesys no longer hears of calls between DNs", () => {
  const one = change({}, { internalCalls: "direct" });
  expect(one.sentences).toStrictEqual([
    "calls between DNs are connected by call-control, and Genesys hears nothing of them",
  ]);
  expect(told(one)).toStrictEqual([
    "medium callControl.internalCalls: Genesys no longer reports, routes or records calls between DNs",
  ]);
});
