import type { CallControl } from "./call-control";

/**
 * One environment: one file in environments/, one stack, one Docker host. Every default is filled in, every range
 * is parsed, and every check of `loadEnvironment` has passed, so that nobody below needs to check again.
 */
export interface Environment {
  /** The file's name without `.yaml`, which is the stack's name too. */
  readonly name: string;
  /** Who registers the DNs at Genesys: Asterisk ("static") or sip-proxy ("proxy"). FORWARDING_MODE has been applied. */
  readonly forwardingMode: ForwardingMode;
  readonly host: Host;
  readonly docker: DockerHost;
  readonly genesys: Genesys;
  /** In the order of the file, ranges expanded, no number twice. */
  readonly dns: readonly Dn[];
  /** Proxy mode: the DNs that may be forwarded. */
  readonly allowedDns: readonly DnRange[];
  readonly monitor: Monitor;
  readonly nginx: Nginx;
  readonly phone: Phone;
  readonly asterisk: Asterisk;
  readonly relay: Relay;
  readonly postgres: Postgres;
  readonly sipProxy: SipProxy;
  /** Absent: nothing is mirrored. */
  readonly hep?: Hep;
  /** Absent: nothing of call-control is there. */
  readonly callControl?: CallControl;
  /** UDP ports of Asterisk's media, on all addresses of the host. `from` is even. */
  readonly rtp: PortRange;
  /** In order of preference, none twice. */
  readonly codecs: readonly Codec[];
  readonly comfortNoise: boolean;
  readonly images: Images;
  readonly secrets: Secrets;
  readonly talkEvents: TalkEvents;
  /** The DN that `verify` registers with: none of `dns`, outside `allowedDns` and outside the monitor's range. */
  readonly probeDn: string;
  readonly state: State;
  /** TCP port of the simulator's HTTP API, on 127.0.0.1. In use only where `genesys.simulator` is true. */
  readonly simulatorPort: number;
}

export type ForwardingMode = "static" | "proxy";
export type Codec = "ulaw" | "alaw" | "opus" | "g722";
export type SipTransport = "udp" | "tcp";
export type TalkEvents = "relay" | "off";

/** 1 to 20 digits. A string, because leading zeros count. */
export interface Dn {
  readonly number: string;
  readonly displayName?: string;
}

/** Both ends included, both of one length, `from` not above `to`. */
export interface DnRange {
  readonly from: string;
  readonly to: string;
}

/** Both ends included. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

export interface Host {
  /** IPv4 address of the host that phones and Genesys reach. */
  readonly address: string;
  /** IPv4 address under which phones outside `localNetworks` reach the host. */
  readonly publicAddress?: string;
  /** IPv4 networks (CIDR) that reach the host by `address`. */
  readonly localNetworks: readonly string[];
}

/** What the Docker provider takes. */
export interface DockerHost {
  /** unix:///…, tcp://host:port or ssh://user@host[:port] */
  readonly host: string;
  /** Directory with ca.pem, cert.pem and key.pem (tcp only). */
  readonly certPath?: string;
  /** Options of the ssh command (ssh only). */
  readonly sshOptions?: readonly string[];
}

export interface GenesysServer {
  /** IPv4 address or host name. */
  readonly host: string;
  readonly port: number;
  readonly transport: SipTransport;
}

export interface GenesysCredentials {
  /** Absent: each DN uses its own number. */
  readonly username?: string;
  /** Name of the secret that holds the password. */
  readonly secret: string;
}

/** All in seconds. */
export interface RegistrationTiming {
  readonly expires: number;
  readonly retryInterval: number;
  readonly forbiddenRetryInterval: number;
}

export interface Genesys {
  /** 1 to 8, in order of preference. */
  readonly servers: readonly GenesysServer[];
  readonly credentials?: GenesysCredentials;
  readonly registration: RegistrationTiming;
  /** Run genesys-simulator at the servers' addresses, which are loopback addresses then. */
  readonly simulator: boolean;
}

export interface Monitor {
  readonly range: DnRange;
  readonly address: string;
  readonly port: number;
  /** How long changes of DNs are kept. */
  readonly retentionHours: number;
}

export interface Nginx {
  /** IPv4 or IPv6 address: write it with `hostPort`. */
  readonly address: string;
  /** HTTPS and /ws. */
  readonly port: number;
  /** Redirects to HTTPS. */
  readonly httpPort: number;
  /** Seconds for which phones keep their WebSockets on the way that they came, after a deploy that changes it. */
  readonly drainSeconds: number;
  /** Values of the Origin header (scheme://host[:port]) of pages that may open /ws; never empty. */
  readonly allowedOrigins: readonly string[];
  readonly tls: { readonly selfSigned: boolean };
}

export interface Phone {
  /** Whether an INVITE may make the phone answer by itself. */
  readonly autoAnswerHeaders: boolean;
  /** Origins (scheme://host[:port]) whose pages may embed the phone and make calls with it. */
  readonly embedOrigins: readonly string[];
}

export interface Asterisk {
  /** Loopback address of the trunk transports (UDP and TCP), which only the relay talks to. */
  readonly sipAddress: string;
  readonly sipPort: number;
  /** Loopback address of HTTP (/ws and /ari) and of AMI. */
  readonly internalAddress: string;
  readonly httpPort: number;
  readonly amiPort: number;
}

export interface Relay {
  /** Where Genesys sends calls. */
  readonly address: string;
  /** UDP and TCP, on both sides. */
  readonly port: number;
  /** Loopback address that Asterisk knows the trunk by. */
  readonly asteriskSide: string;
}

export interface Postgres {
  /** A loopback address. */
  readonly address: string;
  readonly port: number;
}

export interface SipProxy {
  /** Loopback address of both listeners. */
  readonly address: string;
  /** WebSocket edge. */
  readonly port: number;
  /** HTTP: /healthz, /registrations. */
  readonly apiPort: number;
  /** Wrong passwords from one address in a minute, before that address has to wait. */
  readonly guessesPerMinute: number;
  /** How long it has to wait. */
  readonly guessPenaltySeconds: number;
}

/** A capture server that gets a copy of every SIP message (HEP 3). */
export interface Hep {
  readonly host: string;
  /** UDP */
  readonly port: number;
  readonly captureId: number;
  /** Name of the secret that holds its password. */
  readonly secret?: string;
}

export type Images =
  | { readonly source: "build" }
  | { readonly source: "registry"; readonly prefix: string; readonly tag: string };

export interface Secrets {
  /** On the Docker host: an absolute path, or with a local engine one that is relative to the project's root. */
  readonly directory: string;
}

/** Where Terraform keeps its state: the backend and its options, passed through as they are. */
export interface State {
  readonly backend: "local" | "s3" | "pg" | "http";
  readonly options: Readonly<Record<string, unknown>>;
}
