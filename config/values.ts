import { z } from "zod";
import { type DnEntry, parseRange } from "./dns";
import type { DnRange, PortRange } from "./environment";
import { show } from "./faults";
import { nearest } from "./nearest";

/**
 * The kinds of values that an environment file is made of. Each says in its own words what would be right, so that a
 * fault needs no translation. None uses z.int() or .max() of a list: they end the parsing in a way that would skip the
 * checks across sections, and one fault would hide others.
 */

/** The message for a value that is not what it should be. `what` completes "is not" and "write". */
function complaint(input: unknown, what: string): string {
  if (input === undefined) return `is missing: write ${what}`;
  if (input === null) return `is empty: write ${what}, or remove it`;
  return `${show(input)} is not ${what}`;
}

/** zod's error callback for a value that should be `what`. */
export function expected(what: string) {
  return ({ input }: { readonly input?: unknown }) => complaint(input, what);
}

function expectedText(what: string) {
  return ({ input }: { readonly input?: unknown }) =>
    complaint(input, what) +
    (typeof input === "number" || typeof input === "boolean" ? " (put it in quotes)" : "");
}

/** Editors show patternErrorMessage instead of the pattern. */
export function text(pattern: RegExp, what: string) {
  return z
    .string({ error: expectedText(what) })
    .regex(pattern, { error: expected(what) })
    .meta({ patternErrorMessage: `Write ${what}` });
}

export function oneOf<const Values extends readonly [string, ...string[]]>(values: Values, what: string) {
  return z.enum(values, { error: expected(what) });
}

export function integer(min: number, max: number, what: string) {
  const error = ({ input }: { readonly input?: unknown }) =>
    complaint(input, what) +
    (typeof input === "string" && /^[0-9]+$/.test(input) ? " (remove the quotes)" : "");
  return z
    .number({ error })
    .refine(Number.isInteger, { error })
    .min(min, { error })
    .max(max, { error })
    .meta({ type: "integer" });
}

export const flag = z.boolean({ error: expected("true or false") });

/** Whole seconds. */
export function seconds(min: number, max: number) {
  return integer(min, max, `a number of seconds from ${min} to ${max}`);
}

export function list<Item extends z.ZodType>(item: Item, max: number, what: string, min = 0) {
  return z
    .array(item, { error: expected(what) })
    .refine((items) => items.length >= min, { error: `is an empty list: write ${what}` })
    .refine((items) => items.length <= max, {
      error: ({ input }) => `has ${(input as unknown[]).length} items: at most ${max} are allowed`,
    })
    .meta({ ...(min > 0 && { minItems: min }), maxItems: max });
}

/**
 * A section with fixed keys. zod reports unknown keys as one issue; its message has a line for each of them, in their
 * order, which faultsOf (issues.ts) takes apart.
 */
export function section<Shape extends z.core.$ZodLooseShape>(shape: Shape, what: string) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? issue.keys.map((key) => unknownKey(key, known)).join("\n")
        : complaint(issue.input, what),
  });
}

function unknownKey(key: string, known: readonly string[]): string {
  const meant = nearest(key, known);
  return meant === undefined
    ? `is not a known key: known here are ${known.join(", ")}`
    : `is not a known key: did you mean '${meant}'?`;
}

const OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
const IPV4 = `(${OCTET}\\.){3}${OCTET}`;
const LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
// A last label of digits only would let the mistyped address 10.0.0.256 pass for a name (RFC 1123 2.1).
const HOST_NAME = `(?!([^.:]+\\.)*[0-9]+(:|$))${LABEL}(\\.${LABEL})*`;
const HOST = `(${IPV4}|${HOST_NAME})`;
const PORT = "([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])";

export const ipv4 = text(new RegExp(`^${IPV4}$`), "an IPv4 address");
export const hostAddress = text(
  new RegExp(`^(?!0\\.0\\.0\\.0$)${IPV4}$`),
  "an IPv4 address of one interface, such as 192.168.210.54",
);
export const loopbackAddress = text(
  new RegExp(`^(?=127\\.)${IPV4}$`),
  "a loopback address (127.0.0.0/8): this listener is for the host itself only",
);
export const bindAddress = z.union([ipv4, z.ipv6()], {
  error: expected("an IPv4 or IPv6 address to listen on"),
});
export const network = text(
  new RegExp(`^${IPV4}/(3[0-2]|[12]?[0-9])$`),
  "an IPv4 network such as 192.168.0.0/16",
);
/** A network, or one address. */
export const networkOrAddress = text(
  new RegExp(`^${IPV4}(/(3[0-2]|[12]?[0-9]))?$`),
  "an IPv4 address or network such as 203.0.113.0/28",
);
export const hostName = text(new RegExp(`^(?=.{1,253}$)${HOST}$`), "an IPv4 address or a host name");

export const port = integer(1, 65535, "a port: 1 to 65535");

/** Without a log-in, which would be a secret in the file. */
export const httpUrl = text(
  new RegExp(`^(?=.{1,500}$)https?://${HOST}(:${PORT})?(/[!-~]*)?$`),
  "an address such as https://crm.example.com/hooks, without user and password",
);

/** `unix:///var/run/docker.sock`, `tcp://host:2376`, `ssh://user@host` */
export const dockerHost = text(
  new RegExp(
    `^(unix:///[^\\s]+|tcp://${HOST}:${PORT}|ssh://[A-Za-z0-9_][A-Za-z0-9_.-]*@${HOST}(:${PORT})?)$`,
  ),
  "a Docker host: unix:///var/run/docker.sock, tcp://host:2376 or ssh://user@host",
);

const NAME_WORDS = 'a name: 1 to 64 printable characters without " < > and backslash';

/** Goes into the display name of SIP headers (RFC 3261 25.1) and of Asterisk's caller id. */
export const shownName = text(/^[^"<>\\]{1,64}$/, NAME_WORDS).refine((name) => !/\p{C}/u.test(name), {
  error: expected(NAME_WORDS),
});

const USER_NAME_WORDS = "a user name: 1 to 64 printable ASCII characters without space, quote and backslash";

/** User name of a SIP digest (RFC 7616). */
export const userName = text(/^[!#-[\]-~]{1,64}$/, USER_NAME_WORDS);

const DN_WORDS = "a DN of 1 to 20 digits";

/** An integer of YAML, or a string where leading zeros or more than 15 digits matter. */
const dnInteger = integer(0, Number.MAX_SAFE_INTEGER, DN_WORDS);
export const dnNumber = z
  .union([dnInteger, text(/^[0-9]{1,20}$/, DN_WORDS)], { error: expected(DN_WORDS) })
  .transform(String);

function toRange(value: string | number, context: z.core.$RefinementCtx<unknown>): DnRange {
  const range = parseRange(String(value));
  if (!("fault" in range)) return range;
  context.addIssue({ code: "custom", message: range.fault });
  return z.NEVER;
}

const RANGE_WORDS = "a DN of 1 to 20 digits, or a range such as 5001-5020";
const dnRangeText = text(/^[0-9]{1,20}(-[0-9]{1,20})?$/, RANGE_WORDS);

/** One DN, or `from-to`. */
export const dnRange = z.union([dnInteger, dnRangeText], { error: expected(RANGE_WORDS) }).transform(toRange);

const dnWithOptions = section(
  {
    number: dnNumber.describe("The DN. In quotes where it starts with 0."),
    displayName: shownName
      .optional()
      .describe("The name that a called phone shows. Default: Agent and the number."),
  },
  "a section with number and displayName",
);

/** An item of `dns`: one DN, a range, or a DN with options. */
export const dnEntry = z
  .union([dnInteger, dnRangeText, dnWithOptions], {
    error: expected("a DN, a range such as 5001-5020, or a section with number and displayName"),
  })
  .transform((value, context): DnEntry => {
    if (typeof value !== "object") return toRange(value, context);
    const { number, displayName } = value;
    return { from: number, to: number, ...(displayName !== undefined && { displayName }) };
  });

/** `from-to` with an even start, above the privileged ports. */
export const rtpRange = text(/^[0-9]{1,5}-[0-9]{1,5}$/, "a range of ports such as 10000-20000").transform(
  (value, context): PortRange => {
    const [from = 0, to = 0] = value.split("-").map(Number);
    const fault = portRangeFault(value, from, to);
    if (fault === undefined) return { from, to };
    context.addIssue({ code: "custom", message: fault });
    return z.NEVER;
  },
);

function portRangeFault(value: string, from: number, to: number): string | undefined {
  if (from > to) return `'${value}' is upside down: write ${to}-${from}`;
  if (from < 1024 || to > 65535) return `'${value}' leaves the ports 1024 to 65535`;
  // RFC 3550 11: RTP takes the even port, RTCP the odd one above.
  if (from % 2 === 1) return `'${value}' starts at an odd port: RTP needs an even one, such as ${from + 1}`;
  if (to - from < 3) return `'${value}' is too small: a call takes 4 ports, so 100 or more are sensible`;
  return undefined;
}

/** A path below secrets.directory, such as dn/1002. */
export const secretName = text(
  /^(?=.{1,128}$)[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/,
  "the name of a secret: a path below secrets.directory, such as genesys",
);

const SEGMENT = "(?!\\.\\.?(/|$))[A-Za-z0-9._@+-]+";
const PATH = `${SEGMENT}(/${SEGMENT})*`;
export const absolutePath = text(new RegExp(`^(?=.{1,255}$)/${PATH}$`), "an absolute path without '..'");
export const directory = text(
  new RegExp(`^(?=.{1,255}$)/?${PATH}$`),
  "the path of a directory, made of letters, digits and ._@+- and without '..'",
);
