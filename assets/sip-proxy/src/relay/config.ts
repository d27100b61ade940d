import { isIPv4, isIPv6 } from "node:net";
import { z } from "zod";

const port = z.int().min(1).max(65_535);
const milliseconds = (from: number, to: number) => z.int().min(from).max(to);
const bytes = (from: number, to: number) => z.int().min(from).max(to);

/** It stands in Via and Record-Route, so it has to be one that the other side can send to. */
const ownAddress = z
  .string()
  .refine(
    (text) => (isIPv4(text) && text !== "0.0.0.0") || (isIPv6(text) && !/^[0:]+$/.test(text)),
    "one IPv4 or IPv6 address of this host, not the one that stands for all",
  );

const host = z
  .string()
  .regex(/^[A-Za-z0-9]([A-Za-z0-9.-]{0,252}|[0-9A-Fa-f:]*)$/, "a host name or an address");

const talk = z.strictObject({
  /** Milliseconds until a talk event is answered at the latest; below T1, or else Genesys sends it again. */
  deadline: milliseconds(50, 490).default(400),
  /** Calls whose DN and X-Genesys-CallUUID are kept in mind. */
  calls: z.int().min(1).max(100_000).default(10_000),
  /** Minutes after its last INVITE or UPDATE for which a call is kept in mind. */
  minutes: z.int().min(1).max(1440).default(240),
});

const tcp = z.strictObject({
  /** Milliseconds until a connect is given up. */
  connectTimeout: milliseconds(100, 30_000).default(2_000),
  /** Milliseconds without a byte after which a connection is closed. */
  idleTimeout: milliseconds(1_000, 86_400_000).default(3_600_000),
  /** Connections that are accepted on each side at most. */
  maxConnections: z.int().min(1).max(10_000).default(256),
  /** Bytes that may wait on each side, in connections and for them, until what comes further is refused. */
  maxBuffered: bytes(65_536, 67_108_864).default(4_194_304),
});

/** The `relay` section of config.json. Where Genesys is stands in `genesys.servers`. */
export const relayConfigSchema = z
  .strictObject({
    /** Where Genesys sends to, and where it sees Asterisk: UDP and TCP. Contacts lead here. */
    genesysSide: z.strictObject({ address: ownAddress, port: port.default(5070) }),
    /** Asterisk's outbound proxy. Asterisk knows the trunk by this address, so nothing else may send from it. */
    asteriskSide: z
      .strictObject({
        address: z
          .string()
          .refine(
            (text) => isIPv4(text) && text.startsWith("127.") && text !== "127.0.0.1",
            "a loopback address such as 127.0.0.4, and not 127.0.0.1, where phones' connections come from",
          )
          .default("127.0.0.4"),
        port: port.default(5070),
      })
      .prefault({}),
    /** Asterisk's trunk transports, UDP and TCP. */
    asterisk: z.strictObject({ address: ownAddress, port: port.default(5060) }),
    /** Hosts that belong to Genesys besides its servers, such as SIP proxies in front of them. */
    peers: z.array(host).max(64).default([]),
    /** "off": a relay and nothing else. */
    talkEvents: z.enum(["relay", "off"]).default("relay"),
    talk: talk.prefault({}),
    tcp: tcp.prefault({}),
    /** Requests that are longer go by TCP, where the receiver takes it (RFC 3261 18.1.1). Bytes. */
    udpRequestLimit: z
      .strictObject({
        /** 1300: the path MTU is unknown. */
        genesys: bytes(500, 65_507).default(1_300),
        /** The loopback's MTU sets no limit; pjproject's stock receive buffer does, of 4,000 bytes. */
        asterisk: bytes(500, 65_507).default(3_900),
      })
      .prefault({}),
    /** Bytes of each UDP socket's receive buffer; the system may grant fewer. */
    receiveBuffer: bytes(65_536, 16_777_216).default(2_097_152),
  })
  .refine(
    ({ asteriskSide, asterisk }) => asteriskSide.address !== asterisk.address,
    "'asteriskSide' needs an address of its own: Asterisk knows the trunk by it",
  );

/** As the relay uses it: complete. */
export type RelayConfig = z.output<typeof relayConfigSchema>;
/** As a file may have it. */
export type RelayConfigInput = z.input<typeof relayConfigSchema>;
