import {
  faultOf,
  type LogSearch,
  Pages,
  queryOf,
} from "../../../../assets/call-control/page/logic/log-query";

const any: LogSearch = { number: "", agent: "", type: "", outcome: "", from: "", to: "" };

describe("a search of the log", () => {
  it("asks for nothing but what is filled in, by times of the whole world", () => {
    expect(queryOf(any, undefined).toString()).toBe("limit=50");
    const query = queryOf({ ...any, number: "+3120", type: "inbound", from: "2026-01-05T10:00" }, "c+1");
    expect(Object.fromEntries(query)).toStrictEqual({
      limit: "50",
      number: "+3120",
      type: "inbound",
      from: new Date(2026, 0, 5, 10, 0).toISOString(),
      cursor: "c+1",
    });
    expect(query.toString()).toContain("number=%2B3120");
  });

  it.each<[Partial<LogSearch>, string | undefined]>([
    [{}, undefined],
    [{ number: "+31" }, undefined],
    [{ number: "1001", agent: "1001" }, undefined],
    [{ number: "support-2" }, undefined],
    [{ from: "2026-01-05T10:00", to: "2026-01-05T10:01" }, undefined],
    [{ number: "+31 20" }, "A number has digits only"],
    [{ number: "%" }, "A number has digits only"],
    [{ agent: "+1" }, "An agent is a DN"],
    [{ from: "2026-01-05T10:00", to: "2026-01-05T10:00" }, "The time range ends before it begins"],
  ])("%j: %s", (part, fault) => {
    const found = faultOf({ ...any, ...part });
    if (fault === undefined) expect(found).toBeUndefined();
    else expect(found).toContain(fault);
  });
});

describe("pages", () => {
  it("lead to older calls by the server's cursors, and back by the same ones", () => {
    const pages = new Pages();
    const state = () => [pages.number, pages.cursor, pages.hasNewer, pages.hasOlder];
    expect(state()).toStrictEqual([1, undefined, false, false]);
    pages.shown("a");
    expect(pages.hasOlder).toBe(true);
    pages.older();
    expect(state()).toStrictEqual([2, "a", true, false]);
    pages.shown(null);
    expect(pages.hasOlder).toBe(false);
    pages.older();
    expect(pages.number).toBe(2);
    pages.newer();
    pages.shown("a");
    expect(state()).toStrictEqual([1, undefined, false, true]);
    pages.newer();
    expect(pages.number).toBe(1);
    pages.older();
    pages.first();
    expect(state()).toStrictEqual([1, undefined, false, false]);
  });
});
