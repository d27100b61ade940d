/**
 * What the simulator reads from config.json. `settings` is what changes without a trace when a release or
 * PUT /settings says so; everything else is about sockets and tables, and changing it is a start from nothing.
 */
import { isIPv4 } from "node:net";
import { z } from "zod";

const dn = z.string().regex(/^[0-9]{1,20}$/, "a DN is 1 to 20 digits");
const port = z.int().min(1).max(65_535);
const ipv4 = z.string().refine(isIPv4, "an IPv4 address");
const token = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, "1 to 64 letters, digits, '.', '_' or '-'");

const server = z.strictObject({
  /** What logs and the HTTP API call it: "primary", "backup". */
  name: token,
  address: ipv4,
  /** UDP and TCP. */
  port,
});

const range = z
  .strictObject({ from: dn, to: dn })
  .refine(
    ({ from, to }) => from.length === to.length && from <= to,
    "'from' and 'to' need the same number of digits, 'from' not above 'to'",
  );

const expires = z
  .strictObject({
    /** Seconds. A shorter registration is refused with 423 and Min-Expires. */
    min: z.int().min(1).max(86_400).default(60),
    /** Seconds. Who asks for more gets this. */
    max: z.int().min(1).max(86_400).default(3600),
    /** Seconds for a REGISTER that names none. */
    default: z.int().min(1).max(86_400).default(600),
    /** Seconds granted whatever was asked (a T-Server may shorten); absent: what was asked. */
    grant: z.int().min(1).max(86_400).optional(),
  })
  .refine(({ min, max }) => min <= max, "'min' is above 'max'");

const digest = z
  .strictObject({
    enabled: z.boolean().default(false),
    /** 401 as a registrar asks, or 407 as a proxy does (RFC 3261 22.1), with the headers that belong to it. */
    status: z.union([z.literal(401), z.literal(407)]).default(401),
    realm: token.default("genesys"),
    /** In order of preference, one challenge each. */
    algorithms: z
      .array(z.enum(["MD5", "SHA-256"]))
      .min(1)
      .max(2)
      .default(["MD5"]),
    /** Requests that are challenged. */
    methods: z
      .array(z.enum(["REGISTER", "INVITE"]))
      .min(1)
      .max(2)
      .default(["REGISTER"]),
    /** One user for all DNs; absent: each DN's user name is the DN. */
    username: token.optional(),
    /** Password of every DN that `passwords` doesn't name. */
    password: z.string().min(1).max(256).optional(),
    /** Password by DN. */
    passwords: z.record(dn, z.string().min(1).max(256)).default({}),
  })
  .refine(
    (value) => !value.enabled || value.password !== undefined || Object.keys(value.passwords).length > 0,
    "digest is enabled but there is neither 'password' nor 'passwords'",
  )
  .refine(
    (value) => value.username === undefined || value.password !== undefined,
    "'username' is one user for all DNs, so it needs 'password'",
  );

const talk = z.strictObject({
  /** When a phone that rings gets NOTIFY talk: always, only if its 18x says Allow-Events: talk, or never. */
  mode: z.enum(["always", "advertised", "off"]).default("always"),
  /** Milliseconds between the first 18x and the NOTIFY. */
  delayMs: z.int().min(0).max(60_000).default(500),
});

const calls = z.strictObject({
  /** Seconds that a phone may take to answer an INVITE with anything at all; then the caller gets 408. */
  responseSeconds: z.int().min(1).max(32).default(10),
  /** Seconds that a phone may ring; then the caller gets 480. */
  ringSeconds: z.int().min(1).max(600).default(120),
  /** Seconds after which a call is ended from here. */
  maxSeconds: z.int().min(1).max(86_400).default(14_400),
  /** Calls at a time; one more gets 503. */
  maxActive: z.int().min(1).max(2000).default(200),
});

export const settingsSchema = z.strictObject({
  /** Who may register. */
  dns: z.array(range).min(1).max(10_000),
  /** How a REGISTER for any other DN is answered. */
  unknownDn: z.union([z.literal(403), z.literal(404)]).default(404),
  /** Bindings kept per DN; one more replaces the oldest. A T-Server keeps one. */
  bindingsPerDn: z.int().min(1).max(8).default(1),
  expires: expires.prefault({}),
  digest: digest.prefault({}),
  talk: talk.prefault({}),
  calls: calls.prefault({}),
});

export const configSchema = z.strictObject({
  /** Hash of the release that the file came with. */
  release: z.string().max(64),
  servers: z
    .array(server)
    .min(1)
    .max(8)
    .refine(
      (all) => new Set(all.map(({ name }) => name)).size === all.length,
      "every server needs a name of its own",
    )
    .refine(
      (all) => new Set(all.map(({ address, port }) => `${address}:${port}`)).size === all.length,
      "every server needs an address and port of its own",
    ),
  /** HTTP API. It asks nobody for a password, so it listens on loopback only. */
  api: z.strictObject({
    address: ipv4
      .refine((address) => address.startsWith("127."), "the HTTP API may listen on a loopback address only")
      .default("127.0.0.1"),
    /** 0: any free one. */
    port: z.int().min(0).max(65_535),
  }),
  /**
   * "separate": each server knows only what registered at itself, so a client that falls back must register again
   * (the stricter test, and what a pair without synchronisation does). "shared": one table, as a primary and its
   * hot standby have.
   */
  registrations: z.enum(["separate", "shared"]).default("separate"),
  settings: settingsSchema,
});

/** As a file may have it: what has a default can be left out. */
export type SimulatorConfigInput = z.input<typeof configSchema>;
/** As the service uses it: complete. */
export type SimulatorConfig = z.output<typeof configSchema>;
export type Settings = z.output<typeof settingsSchema>;
