/**
 * What the proxy reads from config.json. `genesys`, `allowedDns`, `forwarding`, `edge.limits`,
 * `edge.allowedOrigins`, `edge.drainSeconds`, `api.token`, `api.readToken`, `hep`, `graceSeconds`, `reconcileSeconds` and
 * `releaseOnStop` are taken over while it runs; listeners, `trunk`, Asterisk and AMI take a restart. The relay starts anew
 * by itself when its section or AMI change.
 */
import { isIP } from "node:net";
import { z } from "zod";
import { limitsSchema } from "./edge/limits";
import { relayConfigSchema } from "./relay/config";

const dn = z.string().regex(/^[0-9]{1,20}$/, "a DN is 1 to 20 digits");
const port = z.int().min(1).max(65_535);
const listenPort = z.int().min(0).max(65_535);
const address = z.string().refine((text) => isIP(text) !== 0, "an IPv4 or IPv6 address is needed here");
const loopback = address.refine(
  (text) => text.startsWith("127.") || text === "::1",
  "this listener speaks plain text, so it may be on a loopback address only",
);
const host = z
  .string()
  .regex(/^[A-Za-z0-9]([A-Za-z0-9.-]{0,252}|[0-9A-Fa-f:]*)$/, "a host name or an address");
const isWebSocketUrl = (text: string) => URL.canParse(text) && new URL(text).protocol === "ws:";
const token = z.string().min(16, "at least 16 characters, best random ones").max(256);
const seconds = (from: number, to: number) => z.int().min(from).max(to);

const dnRange = z
  .strictObject({ from: dn, to: dn })
  .refine(
    ({ from, to }) => from.length === to.length && from <= to,
    "'from' and 'to' need the same number of digits, 'from' not above 'to'",
  );

const genesysServer = z.strictObject({ host, port, transport: z.enum(["udp", "tcp"]).default("udp") });

const registration = z.strictObject({
  /** Seconds asked for; Genesys may grant others. */
  expires: seconds(60, 86_400).default(600),
  /** Seconds that the first wait after a failure lasts at most; doubled by each further failure. */
  retryInterval: seconds(1, 3600).default(10),
  /** Seconds that the first wait after 403, 404 or a refused password lasts at least; doubled as well. */
  forbiddenRetryInterval: seconds(1, 3600).default(10),
  /** Seconds that no wait exceeds. */
  maxRetryInterval: seconds(1, 86_400).default(300),
});

const genesys = z.strictObject({
  /** In order of preference: the first one that answers serves all DNs. */
  servers: z
    .array(genesysServer)
    .min(1)
    .max(8)
    .refine(
      (all) => new Set(all.map((one) => `${one.transport}:${one.host}:${one.port}`)).size === all.length,
      "a server stands here twice",
    ),
  /** Absent: a challenge can't be answered. */
  credentials: z
    .strictObject({
      /** @default the DN */
      username: z.string().min(1).max(128).optional(),
      password: z.string().min(1).max(256),
    })
    .optional(),
  registration: registration.prefault({}),
  /** REGISTERs a second that Genesys gets, retransmissions included. */
  rate: z.number().min(0.1).max(100_000).default(50),
  /** REGISTERs that may go out at once after a quiet time. */
  burst: z.int().min(1).max(100_000).default(5),
  /** UDP sockets per server: one starves under load, because few datagrams are read per turn of the event loop. */
  sockets: z.int().min(1).max(64).default(8),
  /** Source address of what is sent to Genesys. */
  localAddress: address,
  /** Seconds between two OPTIONS to a server. */
  probeInterval: seconds(1, 300).default(5),
});

const proxySchema = z.strictObject({
  /** Hash of the release that the file came with. */
  release: z.string().max(64),
  /** False: the relay alone, for static mode, where phones and registrations do without the proxy. */
  forwarding: z.boolean().default(true),
  edge: z.strictObject({
    address: loopback.default("127.0.0.1"),
    port: listenPort.default(8080),
    path: z
      .string()
      .regex(/^\/[\w/-]*$/, "a path such as /ws")
      .default("/ws"),
    /** Whose X-Forwarded-For is believed. */
    trustedProxies: z.array(address).max(16).default(["127.0.0.1", "::1"]),
    /** Seconds for which phones that are connected keep their sockets after a switch to static mode. */
    drainSeconds: seconds(1, 604_800).default(43_200),
    /** Origin headers (scheme://host[:port]) of pages that may connect; empty: any. Clients that send none may. */
    allowedOrigins: z.array(z.string().max(256).toLowerCase()).max(64).default([]),
    limits: limitsSchema.prefault({}),
  }),
  asterisk: z.strictObject({
    /** Asterisk's WebSocket transport. */
    url: z.string().refine(isWebSocketUrl, "a URL such as ws://127.0.0.1:8088/ws"),
    /** Source address of the tunnel; must differ from the one that SIP from the trunk comes from. */
    localAddress: address.optional(),
  }),
  ami: z.strictObject({
    host: host.default("127.0.0.1"),
    port: port.default(5038),
    username: z.string().min(1).max(64).default("proxy"),
    secret: z.string().min(1).max(256),
  }),
  genesys,
  /** Where Genesys sends calls: the Contact that is registered is sip:<dn>@<host>:<port>. */
  trunk: z.strictObject({ host, port: port.default(5060) }),
  /** DNs that may be forwarded. */
  allowedDns: z.array(dnRange).max(256),
  /** HTTP: /healthz, /metrics and /registrations. */
  api: z
    .strictObject({
      address: loopback.default("127.0.0.1"),
      port: listenPort.default(8082),
      /** What "Authorization: Bearer" has to bring. Absent: only /healthz and /metrics are served. */
      token: token.optional(),
      /** The same, for GET only. */
      readToken: token.optional(),
    })
    .refine(({ token, readToken }) => token === undefined || token !== readToken, {
      path: ["readToken"],
      message: "is the same as token, so whoever has it could act",
    })
    .prefault({}),
  /** Seconds for which a DN stays registered at Genesys after its last WebSocket has gone. */
  graceSeconds: seconds(0, 600).default(30),
  /** Seconds between two comparisons with Asterisk's contacts. */
  reconcileSeconds: seconds(5, 3600).default(60),
  /** True: SIGTERM un-registers every DN at Genesys (decommissioning). False: the next instance adopts them. */
  releaseOnStop: z.boolean().default(false),
  /** Where copies of SIP messages go (HEP 3, such as Homer), credentials masked. Absent: nowhere. */
  hep: z
    .strictObject({
      host,
      port: port.default(9060),
      /** Tells this capture agent from others. */
      captureId: z.int().min(0).max(4_294_967_295),
      /** As the capture server wants it. */
      password: z.string().min(1).max(128).optional(),
    })
    .optional(),
  /** The relay between Genesys and Asterisk. Absent: there is none, and both talk to each other directly. */
  relay: relayConfigSchema.optional(),
});

export const configSchema = proxySchema
  .refine(({ forwarding, relay }) => forwarding || relay !== undefined, {
    path: ["forwarding"],
    message: "without forwarding there has to be a relay, or else there is nothing to do",
  })
  .refine(
    ({ relay, asterisk }) => relay === undefined || asterisk.localAddress !== relay.asteriskSide.address,
    {
      path: ["relay", "asteriskSide", "address"],
      message: "asterisk.localAddress is the same: Asterisk would take phones for Genesys",
    },
  );

/** As a file may have it: what has a default can be left out. */
export type SipProxyConfigInput = z.input<typeof configSchema>;
/** As the service uses it: complete. */
export type SipProxyConfig = z.output<typeof configSchema>;
export type GenesysConfig = SipProxyConfig["genesys"];
export type GenesysServerConfig = GenesysConfig["servers"][number];
export type DnRange = SipProxyConfig["allowedDns"][number];

/** True when the DN lies in one of the ranges. Digits of one length compare as text. */
export function isAllowed(number: string, ranges: readonly DnRange[]): boolean {
  return ranges.some(({ from, to }) => number.length === from.length && from <= number && number <= to);
}
