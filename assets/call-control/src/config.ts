import { z } from "zod";

const port = z.number().int().min(1).max(65535);
const dn = z.string().regex(/^[0-9]{1,20}$/, "is not a DN: 1 to 20 digits");
const name = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, "is not a name: lower-case letters, digits and '-'");
const e164 = z.string().regex(/^\+[1-9][0-9]{3,14}$/, "is not a number: + and 4 to 15 digits (E.164)");
const prefix = z.string().regex(/^\+[1-9][0-9]{0,14}$/, "is not a prefix: + and 1 to 15 digits");
const secret = z.string().min(1).max(1000);

const trunk = z.strictObject({
  name,
  /** Name of its PJSIP endpoint. */
  endpoint: z.string().min(1),
  /** Numbers that go by it; the longest prefix of all trunks wins. Empty: all. */
  prefixes: z.array(prefix),
  /** What the called party sees. */
  callerId: e164.optional(),
});

/** Where calls to a number of ours go. */
const did = z.strictObject({
  number: e164,
  to: z.union([z.strictObject({ dn }), z.strictObject({ queue: name })]),
});

const queue = z.strictObject({
  name,
  members: z.array(dn).min(1).max(500),
  /** ring-all: every member's phone at once; longest-idle: one after the other. */
  strategy: z.enum(["ring-all", "longest-idle"]),
  /** How long one member's phone rings, and how long a caller waits in all. */
  ringSeconds: z.number().int().min(5).max(120),
  waitSeconds: z.number().int().min(5).max(3600),
});

const webhook = z.strictObject({
  name,
  url: z.url({ protocol: /^https?$/ }),
  /** Key of the HMAC. */
  secret,
  /** Which changes are told (calls/call.ts). Empty: all. */
  events: z.array(z.string()),
});

/** config.json, which the stack renders (constructs/call-control) and a release fills with secrets. */
export const callControlConfigSchema = z.strictObject({
  release: z.string(),
  /** Names this instance to others on the same database. */
  instance: z.string().min(1).max(64),
  listen: z.strictObject({ address: z.string(), port }),
  ari: z.strictObject({
    /** `http://host:port`, with or without `/ari` at its end. */
    url: z.string(),
    username: z.string(),
    password: secret,
    app: z.string().default("callcenter"),
  }),
  database: z.strictObject({ host: z.string(), port, user: z.string(), password: secret }),
  /** Who carries calls between DNs: Genesys, as without this service, or this one alone. */
  internalCalls: z.enum(["genesys", "direct"]),
  /** The PJSIP endpoint that stands for Genesys. */
  genesysEndpoint: z.string(),
  /** Which numbers are DNs; both ends of one length. */
  dns: z.array(z.strictObject({ from: dn, to: dn })),
  trunks: z.array(trunk),
  /** Numbers outside that may be called at all, in E.164 form. */
  allowedPrefixes: z.array(prefix),
  /** The prefixes that make E.164 of what is dialled: `00` international, `0` national with the country's code. */
  dialing: z.strictObject({
    international: z.string().regex(/^[0-9]{1,6}$/),
    national: z.string().regex(/^[0-9]{0,3}$/),
    country: z
      .string()
      .regex(/^[1-9][0-9]{0,2}$/)
      .optional(),
  }),
  /** Calls that one agent may begin within a minute. */
  callsPerMinute: z.number().int().min(1).max(1000),
  dids: z.array(did),
  queues: z.array(queue),
  recording: z.strictObject({
    retentionDays: z.number().int().min(1).max(3650),
    /** What is played to both parties before a recording, e.g. `sound:recording-announcement` or `tone:...`; none without. */
    announcement: z.string().optional(),
    /** Key of the signed addresses by which a recording is downloaded. */
    signingKey: secret.min(16),
  }),
  /** Days after which rows of call log and audit are removed. */
  retention: z.strictObject({
    callLogDays: z.number().int().min(1).max(3650),
    auditDays: z.number().int().min(1).max(3650),
  }),
  /** Whose JSON Web Tokens are taken (RFC 7519); none without. */
  jwt: z
    .strictObject({
      issuer: z.string(),
      audience: z.string(),
      /** A JSON Web Key Set (RFC 7517), as text: the issuer's public keys. */
      keys: z.string(),
    })
    .optional(),
  webhooks: z.array(webhook),
});

export type CallControlConfig = z.output<typeof callControlConfigSchema>;

/** As the stack writes it, before defaults are filled in. */
export type CallControlConfigInput = z.input<typeof callControlConfigSchema>;
