import { missing, partsOf, rightsOf, whoIs } from "../../../../assets/call-control/page/logic/access";
import { type Filter, fits } from "../../../../assets/call-control/page/logic/filter";
import { LiveCalls } from "../../../../assets/call-control/page/logic/live-calls";
import { wordsOf } from "../../../../assets/call-control/page/logic/refusal";
import { warningsOf } from "../../../../assets/call-control/page/logic/warnings";
import { lasting, percent, stateShown, timeOf } from "../../../../assets/call-control/page/logic/words";
import { accessOf, allScopes, began, callOf } from "./calls";

const at = new Date(began).toISOString();
const later = (seconds: number) => new Date(began + seconds * 1_000).toISOString();

describe("rights", () => {
  it.each([
    [allScopes, ["live", "log", "campaigns"]],
    [["calls:read"], ["live", "log"]],
    [["calls:originate"], ["live"]],
    [["campaigns:read", "campaigns:write"], ["campaigns"]],
    [["recordings:read"], []],
    [[], []],
  ])("of %j open %j", (scopes, parts) =>
    expect(partsOf(rightsOf(accessOf({ scopes })))).toStrictEqual(parts),
  );

  it.each([
    ["key:desk-1", null, "desk-1"],
    ["jwt:ann@example.com", "1001", "ann@example.com, DN 1001"],
  ])("are of %s with the DN %s: %s", (name, agent, who) => {
    expect(whoIs(accessOf({ name, agent }))).toBe(who);
  });

  it("that are missing are named by their scope", () => {
    expect(missing("hangUp")).toBe("This key lacks the scope calls:control.");
  });
});

describe("live calls", () => {
  const ids = (calls: LiveCalls) => calls.select(() => true).map(({ id }) => Number(id.slice(-12)));
  const change = (call: ReturnType<typeof callOf>) => ({ what: "started" as const, at, call });

  it("are in the order in which they began, and go when they end", () => {
    const calls = new LiveCalls();
    calls.replace([callOf(5), callOf(2), callOf(9, { status: "ended" })]);
    calls.apply(change(callOf(3)));
    calls.apply(change(callOf(2, { status: "ringing" })));
    expect(ids(calls)).toStrictEqual([2, 3, 5]);
    expect(calls.get(callOf(2).id)?.status).toBe("ringing");
    calls.apply(change(callOf(3, { status: "ended" })));
    calls.apply(change(callOf(77, { status: "ended" })));
    expect([ids(calls), calls.size]).toStrictEqual([[2, 5], 2]);
    calls.remove(callOf(5).id);
    expect(ids(calls)).toStrictEqual([2]);
    calls.replace([callOf(1)]);
    expect(ids(calls)).toStrictEqual([1]);
  });

  it("are counted by how they are", () => {
    const calls = new LiveCalls();
    const answered = { status: "answered" as const };
    calls.replace([
      callOf(1),
      callOf(2, { status: "ringing" }),
      callOf(3, { ...answered, recording_id: "r" }),
      callOf(4, { ...answered, on_hold: true }),
    ]);
    expect(calls.totals()).toStrictEqual({ all: 4, talking: 1, waiting: 2, onHold: 1, recorded: 1 });
  });
});

describe("a filter", () => {
  const call = callOf(1, {
    type: "campaign",
    to_number: "+31205550001",
    trunk: "Provider",
    campaign_id: "c",
  });
  it.each<[Partial<Filter>, boolean]>([
    [{}, true],
    [{ type: "campaign" }, true],
    [{ type: "inbound" }, false],
    [{ text: "5550001" }, true],
    [{ text: "PROVIDER 1001 spring" }, true],
    [{ text: "provider 1003" }, false],
  ])("%j: %s", (filter, expected) => {
    expect(fits(call, { type: "all", text: "", ...filter }, () => "Spring offer")).toBe(expected);
  });
});

describe("words", () => {
  it.each([
    [9.9, "0:09"],
    [720, "12:00"],
    [3_723, "1:02:03"],
    [-4, "0:00"],
  ])("%f seconds last %s", (seconds, words) => expect(lasting(seconds)).toBe(words));

  it("a call lasts from its beginning until it is answered, then from there, and not after its end", () => {
    const call = callOf(0);
    const answered = { ...call, status: "answered" as const, answered_at: later(10) };
    expect(timeOf(call, began + 7_000)).toBe("0:07");
    expect(timeOf(answered, began + 17_000)).toBe("0:07");
    expect(timeOf({ ...answered, status: "ended", ended_at: later(15) }, began + 99_000)).toBe("0:05");
  });

  it("of a call's state are of how it ended when it has", () => {
    expect(stateShown(callOf(0, { status: "answered", on_hold: true })).word).toBe("On hold");
    expect(stateShown(callOf(0, { status: "ended", outcome: "abandoned" }))).toStrictEqual({
      word: "Abandoned",
      sign: "bad",
    });
    expect(stateShown(callOf(0, { status: "ended" })).word).toBe("Ended");
  });

  it("of shares have one digit after the point", () => expect(percent(0.0305)).toBe("3.0 %"));
});

describe("a refusal", () => {
  it.each([
    [
      403,
      { error: { code: "NUMBER_FORBIDDEN", message: "It may not be called." } },
      null,
      "It may not be called.",
    ],
    [404, { message: "no call 17.1: it has ended" }, null, "No call 17.1: it has ended."],
    [401, null, null, "The server does not know this key."],
    [429, {}, "12", "Too many requests: try again in 12 s."],
    [429, {}, "soon", "Too many requests: try again later."],
    [502, undefined, null, "call-control is not there at the moment (502)."],
    [500, { error: "Internal Server Error" }, null, "The server answers 500."],
  ])("%i %j is told as it came, or in words of our own", (status, body, retryAfter, words) => {
    expect(wordsOf(status, body, retryAfter)).toBe(words);
  });
});

describe("warnings", () => {
  const lost = { at: "12:00:00", reason: "The server cannot be reached." };
  it.each([
    [undefined, true, undefined, []],
    [undefined, true, { live: true, reason: null }, []],
    [
      lost,
      true,
      undefined,
      ["Not connected: the live calls are as they were at 12:00:00. The server cannot be reached."],
    ],
    [lost, false, undefined, ["The live calls are not known yet. The server cannot be reached."]],
    [
      undefined,
      true,
      { live: false, reason: "refused" },
      ["call-control does not see Asterisk, so the live calls may be old: refused"],
    ],
    [
      undefined,
      true,
      { live: false, reason: null },
      ["call-control does not see Asterisk, so the live calls may be old"],
    ],
  ])("%j, calls known: %s, Asterisk: %j", (stream, hasCalls, asterisk, expected) => {
    expect(warningsOf(stream, hasCalls, asterisk)).toStrictEqual(expected);
  });
});
