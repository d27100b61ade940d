import * as fc from "fast-check";
import {
  CallingHours,
  callingHoursSchema,
  timeZoneSchema,
  type WeeklyHours,
} from "../../../../assets/call-control/src/campaigns/calling-hours";

const MINUTE = 60_000;
const days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
const everyDay = (from: string, to: string): WeeklyHours =>
  Object.fromEntries(days.map((day) => [day, [[from, to]]]));

/** The next moment, and what a clock there shows then. */
const next = (hours: WeeklyHours, at: string, timeZone: string): string =>
  new Date(new CallingHours(hours).next(Date.parse(at), timeZone)).toISOString();

describe("calling hours", () => {
  it("are by the clock on the customer's wall", () => {
    const hours = everyDay("09:00", "20:00");
    expect(next(hours, "2026-08-05T12:00:00Z", "Europe/Amsterdam")).toBe("2026-08-05T12:00:00.000Z");
    // 08:00 in New York.
    expect(next(hours, "2026-08-05T12:00:00Z", "America/New_York")).toBe("2026-08-05T13:00:00.000Z");
    // 21:00 in Tokyo: tomorrow at 09:00.
    expect(next(hours, "2026-08-05T12:00:00Z", "Asia/Tokyo")).toBe("2026-08-06T00:00:00.000Z");
    expect(next(hours, "2026-08-05T03:00:00Z", "Asia/Kathmandu")).toBe("2026-08-05T03:15:00.000Z");
  });

  it("begin with their first millisecond and end before their last", () => {
    const hours = everyDay("09:00", "20:00");
    expect(next(hours, "2026-08-05T08:59:59.999Z", "UTC")).toBe("2026-08-05T09:00:00.000Z");
    expect(next(hours, "2026-08-05T19:59:59.999Z", "UTC")).toBe("2026-08-05T19:59:59.999Z");
    expect(next(hours, "2026-08-05T20:00:00Z", "UTC")).toBe("2026-08-06T09:00:00.000Z");
  });

  it("skip days that have none, and breaks", () => {
    const hours: WeeklyHours = {
      mon: [
        ["13:00", "17:00"],
        ["09:00", "12:00"],
      ],
    };
    expect(next(hours, "2026-08-03T12:30:00Z", "UTC")).toBe("2026-08-03T13:00:00.000Z");
    // 2026-08-03 is a Monday.
    expect(next(hours, "2026-08-03T17:00:00Z", "UTC")).toBe("2026-08-10T09:00:00.000Z");
    expect(next({ sun: [["00:00", "24:00"]] }, "2026-08-08T23:59:59Z", "UTC")).toBe(
      "2026-08-09T00:00:00.000Z",
    );
  });

  it("are an hour of UTC away when the clocks have changed in between", () => {
    const hours = everyDay("09:00", "20:00");
    expect(next(hours, "2026-03-28T20:00:00Z", "Europe/Amsterdam")).toBe("2026-03-29T07:00:00.000Z");
    expect(next(hours, "2026-10-24T20:00:00Z", "Europe/Amsterdam")).toBe("2026-10-25T08:00:00.000Z");
  });

  it("that begin within the hour that is left out begin when the clocks have gone on", () => {
    expect(next(everyDay("02:30", "04:00"), "2026-03-29T00:00:00Z", "Europe/Amsterdam")).toBe(
      "2026-03-29T01:00:00.000Z",
    );
    // All of it is left out: the next day.
    expect(next(everyDay("02:15", "02:45"), "2026-03-29T00:30:00Z", "Europe/Amsterdam")).toBe(
      "2026-03-30T00:15:00.000Z",
    );
  });

  it("that lie within the hour that comes twice are there twice", () => {
    const hours = everyDay("02:15", "02:45");
    expect(next(hours, "2026-10-25T00:00:00Z", "Europe/Amsterdam")).toBe("2026-10-25T00:15:00.000Z");
    expect(next(hours, "2026-10-25T00:50:00Z", "Europe/Amsterdam")).toBe("2026-10-25T01:15:00.000Z");
  });

  it("are the first moment within them, whenever, wherever, whatever the clocks do", () => {
    const time = fc
      .integer({ min: 0, max: 24 * 4 })
      .map((q) => `${String(q >> 2).padStart(2, "0")}:${String((q % 4) * 15).padStart(2, "0")}`);
    const span = fc
      .tuple(time, time)
      .filter(([a, b]) => a !== b)
      .map(([a, b]): [string, string] => (a < b ? [a, b] : [b, a]));
    const hours = fc
      .record(Object.fromEntries(days.map((day) => [day, fc.array(span, { maxLength: 2 })])))
      .filter((week) => Object.values(week).some((spans) => spans.length > 0)) as fc.Arbitrary<WeeklyHours>;
    // Half an hour of summer time, a quarter of an hour beside the hour, clocks that change at midnight.
    const zone = fc.constantFrom(
      ...["Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Havana"],
      ...["Africa/Casablanca", "UTC"],
    );
    const start = fc
      .integer({ min: Date.UTC(2026, 0, 1) / MINUTE, max: Date.UTC(2027, 0, 1) / MINUTE })
      .map((minute) => minute * MINUTE);
    const around = fc
      .tuple(fc.constantFrom("2026-03-29", "2026-10-25", "2026-03-08", "2026-11-01", "2026-04-05"), start)
      .map(([date, minute]) => Date.parse(date) + (minute % (26 * 60 * MINUTE)) - 60 * MINUTE);
    fc.assert(
      fc.property(hours, zone, fc.oneof(start, around), (week, timeZone, at) => {
        const found = new CallingHours(week).next(at, timeZone);
        expect(shown(week, found, timeZone)).toBe(true);
        // Everything is at whole minutes: none of those before is within.
        for (let then = at; then < found; then += 5 * MINUTE) expect(shown(week, then, timeZone)).toBe(false);
        for (let minute = 1; minute <= 30 && found - minute * MINUTE >= at; minute++)
          expect(shown(week, found - minute * MINUTE, timeZone)).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  it("refuses what is none, and says what would be", () => {
    const fault = (hours: unknown) => callingHoursSchema.safeParse(hours).error?.issues[0]?.message;
    expect(fault({ mon: [["9:00", "20:00"]] })).toBe("is not a time of day: 00:00 to 24:00");
    expect(fault({ mon: [["20:00", "09:00"]] })).toContain("ends before it begins");
    expect(fault({ mon: [] })).toBe("has no hour of the week in it");
    expect(fault({ monday: [["09:00", "20:00"]] })).toContain("monday");
    expect(fault({ mon: [["09:00", "24:00"]] })).toBeUndefined();
  });

  it("knows time zones by their names", () => {
    for (const name of ["Europe/Amsterdam", "UTC", "America/Argentina/Buenos_Aires"])
      expect(timeZoneSchema.safeParse(name).success).toBe(true);
    for (const name of ["Europe/Atlantis", "+01:00", "", "x".repeat(65)])
      expect(timeZoneSchema.safeParse(name).success).toBe(false);
    expect(() => new CallingHours(everyDay("09:00", "20:00")).next(0, "Europe/Atlantis")).toThrow(RangeError);
  });
});

const walls = new Map<string, Intl.DateTimeFormat>();

/** What a clock there shows, by another way than the code's. */
function shown(hours: WeeklyHours, at: number, timeZone: string): boolean {
  let wall = walls.get(timeZone);
  if (wall === undefined) {
    wall = new Intl.DateTimeFormat("en-GB", {
      timeZone,
      weekday: "short",
      hour: "2-digit",
      minute: "2-digit",
    });
    walls.set(timeZone, wall);
  }
  const [day = "", time = ""] = wall.format(at).split(/[, ]+/);
  const spans = hours[day.toLowerCase() as (typeof days)[number]] ?? [];
  return spans.some(([from, to]) => from <= time && time < to);
}
