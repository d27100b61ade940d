import { z } from "zod";

const days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;

const timeOfDay = z
  .string()
  .regex(/^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$/, "is not a time of day: 00:00 to 24:00");

/** A span may not pass midnight: that would be one of the next day's. */
const span = z
  .tuple([timeOfDay, timeOfDay])
  .refine(([from, to]) => from < to, "ends before it begins: make it two, one of each day");

const spans = z.array(span).max(8).optional();

/** When a campaign may call: `{"mon": [["09:00", "12:00"], ["13:00", "20:00"]]}`, in the customer's own time. */
export const callingHoursSchema = z
  .strictObject({ mon: spans, tue: spans, wed: spans, thu: spans, fri: spans, sat: spans, sun: spans })
  .refine((hours) => days.some((day) => hours[day]?.length), "has no hour of the week in it");

export type WeeklyHours = z.infer<typeof callingHoursSchema>;

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const WEEK = 7 * DAY;

/** 1970 began on a Thursday: this many milliseconds before that was a Sunday's midnight. */
const SUNDAY = 4 * DAY;

/** Milliseconds of the week, which begins on Sunday. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** Whether a customer may be called, and when next: by what the clock on that customer's wall shows. */
export class CallingHours {
  readonly #spans: readonly Span[];

  constructor(hours: WeeklyHours) {
    this.#spans = days
      .flatMap((day, index) =>
        (hours[day] ?? []).map(([from, to]) => ({
          from: index * DAY + millisecondsOf(from),
          to: index * DAY + millisecondsOf(to),
        })),
      )
      .sort((a, b) => a.from - b.from);
  }

  /**
   * The first moment from `at` on at which customers in `timeZone` may be called; `at` itself when they may be called now.
   *
   * @param at milliseconds since 1970
   * @param timeZone IANA name
   * @throws RangeError for a time zone that nobody knows
   */
  next(at: number, timeZone: string): number {
    let from = at;
    // One turn for each change of the clocks on the way; the hours are a week away at most.
    for (let turn = 0; turn < 8; turn++) {
      const offset = offsetAt(from, timeZone);
      const then = this.#nextOnWall(from + offset) - offset;
      if (offsetAt(then, timeZone) === offset) return then;
      from = changeBetween(from, then, timeZone);
    }
    throw new RangeError(`the clocks of ${timeZone} change more often than once a day`);
  }

  /** The same for a clock that never changes, in milliseconds that it shows. */
  #nextOnWall(wall: number): number {
    const start = Math.floor((wall + SUNDAY) / WEEK) * WEEK - SUNDAY;
    const within = wall - start;
    const span = this.#spans.find(({ to }) => within < to);
    if (span !== undefined) return start + Math.max(within, span.from);
    return start + WEEK + (this.#spans[0]?.from ?? 0);
  }
}

function millisecondsOf(time: string): number {
  const [hours, minutes] = time.split(":");
  return (Number(hours) * 60 + Number(minutes)) * MINUTE;
}

/** The first moment at which the clocks no longer show what they showed at `before`. */
function changeBetween(before: number, after: number, timeZone: string): number {
  const offset = offsetAt(before, timeZone);
  let [same, other] = [before, after];
  while (other - same > 1) {
    const middle = Math.floor((same + other) / 2);
    if (offsetAt(middle, timeZone) === offset) same = middle;
    else other = middle;
  }
  return other;
}

/** They take long to make. */
const formats = new Map<string, Intl.DateTimeFormat>();

/** There are some six hundred names, and each in as many spellings as it has letters. */
const MAX_FORMATS = 2_000;

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset" });
  if (formats.size >= MAX_FORMATS) formats.clear();
  formats.set(timeZone, format);
  return format;
}

/** Milliseconds by which the clocks are ahead of UTC. */
function offsetAt(at: number, timeZone: string): number {
  // "3/29/2026, GMT+02:00"; "GMT" alone for UTC.
  const [, sign, hours, minutes, seconds] =
    /([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(formatOf(timeZone).format(at)) ?? [];
  const offset = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * MINUTE + Number(seconds ?? 0) * 1000;
  return sign === "-" ? -offset : offset;
}

/** Of an IANA time zone. */
export const timeZoneSchema = z
  .string()
  .max(64)
  // Offsets such as `+01:00`, which are names here too, know of no summer time.
  .regex(/^[A-Za-z]/, "is not the name of a time zone, such as Europe/Amsterdam")
  .refine(isTimeZone, "is not the name of a time zone, such as Europe/Amsterdam");

function isTimeZone(name: string): boolean {
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}
