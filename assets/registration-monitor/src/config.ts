import { z } from "zod";

/** Rows are kept in memory, one per DN of the range. */
const maxRange = 100_000;

const port = z.int().min(0, "a port is 0 to 65535").max(65_535, "a port is 0 to 65535");
const text = z.string().min(1, "must not be empty");
const digits = /^\d{1,20}$/;
const dn = z.string().regex(digits, "a DN is 1 to 20 digits");

const range = z.strictObject({ from: dn, to: dn }).superRefine((value, context) => {
  const fault = faultOfRange(value);
  if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
});

function faultOfRange({ from, to }: { from: string; to: string }): string | undefined {
  // Refinements run on members that were refused, too.
  if (!digits.test(from) || !digits.test(to)) return undefined;
  if (from.length !== to.length) return "both ends must have the same number of digits";
  if (from > to) return "the range is upside down: from must not be above to";
  if (BigInt(to) - BigInt(from) >= BigInt(maxRange)) return `the range has more than ${maxRange} DNs`;
  return undefined;
}

/** What the monitor reads from config.json. */
export const configSchema = z
  .strictObject({
    /** Hash of the release that this file came with. */
    release: text,
    /** Who registers DNs at Genesys: Asterisk (static), whose registrations are watched then, or sip-proxy (proxy). */
    mode: z.enum(["static", "proxy"], { error: "a mode is static or proxy" }),
    /** DNs that are listed; others are counted only. */
    range,
    /** Where it serves HTTP; port 0 takes any free one. */
    listen: z.strictObject({ address: text, port }),
    ami: z.strictObject({ host: text, port, username: text, secret: text }),
    /** Asterisk's Prometheus exporter: the state of everything at one moment, which events then change. */
    metrics: z.strictObject({
      host: text,
      port,
      path: z.string().startsWith("/", "a path starts with /").default("/metrics"),
      username: text,
      secret: text,
    }),
    /** Seconds between two looks at the whole state, in case an event was missed. */
    reconcileInterval: z.number().min(1, "1 s or more").max(86_400, "86400 s or less").default(60),
    /** Asterisk's bindings, and the timeline. */
    database: z.strictObject({
      host: text,
      port,
      user: text,
      password: text,
      name: text.default("asterisk"),
      /** Seconds between two looks at the bindings. */
      interval: z.number().min(1, "1 s or more").max(3_600, "3600 s or less").default(5),
    }),
    timeline: z
      .strictObject({
        /** How long changes are kept. */
        retentionHours: z.int().min(1, "1 hour or more").max(168, "168 hours or less").default(24),
        /** Changes that are kept at most. */
        maxRows: z.int().min(1_000, "1000 or more").max(10_000_000, "10000000 or less").default(500_000),
      })
      .prefault({}),
    /** The HTTP API of sip-proxy, which registers DNs at Genesys in proxy mode, and a token for looking. */
    sipProxy: z
      .strictObject({
        host: text,
        port,
        token: text,
        /** Seconds between two looks at its list. */
        interval: z.number().min(0.5, "0.5 s or more").max(3_600, "3600 s or less").default(2),
      })
      .optional(),
  })
  .refine(({ mode, sipProxy }) => (mode === "proxy") === (sipProxy !== undefined), {
    path: ["sipProxy"],
    message: "is there in proxy mode, and only then",
  });

export type MonitorConfig = z.infer<typeof configSchema>;
/** As it may be written: what has a default can be left out. */
export type MonitorConfigInput = z.input<typeof configSchema>;

/** Whether a name is a DN of the range. Numbers of another length are not: 01002 is not in 1000-5020. */
export function inRange(name: string, { from, to }: MonitorConfig["range"]): boolean {
  return /^\d+$/.test(name) && name.length === from.length && name >= from && name <= to;
}
