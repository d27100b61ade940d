import { z } from "zod";
import { callControl } from "./call-control";
import { checkAcrossSections } from "./checks";
import { MAX_DNS } from "./dns";
import {
  absolutePath,
  bindAddress,
  directory,
  dnEntry,
  dnNumber,
  dnRange,
  dockerHost,
  expected,
  flag,
  hostAddress,
  hostName,
  integer,
  ipv4,
  list,
  loopbackAddress,
  network,
  oneOf,
  port,
  rtpRange,
  seconds,
  secretName,
  section,
  text,
  userName,
} from "./values";

/**
 * What an environment file may say. The descriptions are the documentation of the file: environments/schema.json is
 * made from this and shows them in editors. A new setting is a key with a default and a description here, and a field
 * of Environment.
 */

export const forwardingMode = oneOf(["static", "proxy"], "a mode: static or proxy");

const host = section(
  {
    address: hostAddress.describe(
      "IPv4 address of the host. nginx and the SIP trunk listen on it, and Genesys sends its calls to it.",
    ),
    publicAddress: ipv4
      .optional()
      .describe(
        "IPv4 address under which phones outside localNetworks reach the host. Default: no such phones.",
      ),
    localNetworks: list(network, 64, "a list of IPv4 networks, such as 192.168.0.0/16")
      .default(["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8"])
      .describe("IPv4 networks (CIDR) that reach the host by its address and not by its public address."),
  },
  "a section with address",
).describe("The host that all containers run on, with host networking.");

const docker = section(
  {
    host: dockerHost
      .default("unix:///var/run/docker.sock")
      .describe(
        "The Docker engine: unix:///path, tcp://host:port (with certPath) or ssh://user@host[:port].",
      ),
    certPath: absolutePath
      .optional()
      .describe(
        "For tcp: directory with ca.pem, cert.pem and key.pem. Only a loopback address works without.",
      ),
    sshOptions: list(
      text(/^[\x20-\x7e]{1,200}$/, "an option of the ssh command (printable ASCII)"),
      32,
      "a list of options of the ssh command",
    )
      .optional()
      .describe("For ssh: options of the ssh command, such as [-i, /root/.ssh/deploy]."),
  },
  "a section such as host: unix:///var/run/docker.sock",
)
  .prefault({})
  .describe("The Docker engine that the environment is deployed to. Default: the one of this machine.");

const genesysServer = section(
  {
    host: hostName.describe("IPv4 address or name of the SIP Server (T-Server)."),
    port: port.default(5060).describe("Its SIP port."),
    transport: oneOf(["udp", "tcp"], "a transport: udp or tcp")
      .default("udp")
      .describe("How SIP is sent to it."),
  },
  "a section with host",
);

const genesys = section(
  {
    servers: list(genesysServer, 8, "a list of 1 to 8 servers, such as - host: 192.168.210.81", 1).describe(
      "The SIP Servers in order of preference, 1 to 8: the primary first, then its backups.",
    ),
    credentials: section(
      {
        username: userName
          .optional()
          .describe(
            "User name of the digest, of REGISTERs and of calls. Default: each DN uses its own number, for REGISTERs only.",
          ),
        secret: secretName.describe(
          "Name of the secret that holds the password, a path below secrets.directory.",
        ),
      },
      "a section with secret",
    )
      .optional()
      .describe("How to answer when Genesys challenges a REGISTER or an INVITE. Default: it does not."),
    registration: section(
      {
        expires: seconds(60, 86_400)
          .default(600)
          .describe("How long a registration is asked for, in seconds."),
        retryInterval: seconds(1, 3600).default(10).describe("Wait after a temporary failure, in seconds."),
        forbiddenRetryInterval: seconds(1, 3600)
          .default(10)
          .describe("Wait after a 403 Forbidden, in seconds."),
      },
      "a section such as expires: 600",
    )
      .prefault({})
      .describe("Registration of the DNs at Genesys. Retries never end."),
    simulator: flag
      .default(false)
      .describe(
        "Run genesys-simulator at the servers' addresses, which must be loopback addresses. For local use.",
      ),
  },
  "a section with servers",
).describe("The Genesys SIP Server that agents' DNs belong to.");

const dns = list(dnEntry, MAX_DNS, "a list of DNs, such as - 1002")
  .default([])
  .describe("The agents' DNs: numbers, ranges such as 5001-5020, or sections with number and displayName.");

const monitor = section(
  {
    range: dnRange.prefault("1000-5020").describe("The DNs that registration-monitor watches and shows."),
    address: bindAddress
      .default("127.0.0.1")
      .describe(
        "Address of its status page and metrics. They have no log-in there, as they have behind nginx at /status/: open them to a trusted network only.",
      ),
    port: port.default(8091).describe("TCP port of its status page and metrics."),
    retentionHours: integer(1, 168, "a number of 1 to 168")
      .default(24)
      .describe("How long the timeline of the status page is kept, in hours."),
  },
  "a section such as range: 1000-5020",
)
  .prefault({})
  .describe("registration-monitor, which watches who is registered and never acts.");

const nginx = section(
  {
    address: bindAddress.optional().describe("Address to listen on. Default: host.address."),
    port: port.default(8443).describe("HTTPS port: the web pages, and /ws for the phones."),
    httpPort: port.default(8081).describe("HTTP port, which only redirects to HTTPS."),
    drainSeconds: seconds(1, 604_800)
      .default(43_200)
      .describe(
        "How long a phone's WebSocket may stay on its old way after a deploy, in seconds: then it is closed, and the phone comes back on the new one. Default: 12 hours.",
      ),
    allowedOrigins: list(
      text(
        /^[a-z][a-z0-9+.-]{0,31}:\/\/[a-z0-9.:[\]-]{0,253}$/,
        "an origin such as https://phone.example.com",
      ),
      64,
      "a list of origins, such as https://phone.example.com",
      1,
    )
      .optional()
      .describe(
        "Proxy mode: origins (scheme://host[:port], lower case) whose pages may open /ws. Default: this site's own, by address and public address.",
      ),
    tls: section(
      {
        selfSigned: flag
          .default(false)
          .describe(
            "Make a self-signed certificate instead of using the secrets tls/certificate.pem and tls/key.pem. For local use.",
          ),
      },
      "a section such as selfSigned: true",
    )
      .prefault({})
      .describe("The certificate."),
  },
  "a section such as port: 8443",
)
  .prefault({})
  .describe("nginx: TLS in front of everything.");

const phone = section(
  {
    autoAnswerHeaders: flag
      .default(false)
      .describe(
        "Whether an INVITE may make the phone answer by itself: Call-Info ;answer-after=0, Alert-Info info=alert-autoanswer. Only where nobody else can send an INVITE.",
      ),
    embedOrigins: list(
      text(
        /^https?:\/\/[a-z0-9.:[\]-]{1,253}$/,
        "an origin of a web page, such as https://workspace.example.com",
      ),
      32,
      "a list of origins, such as https://workspace.example.com",
    )
      .default([])
      .describe(
        "Origins (scheme://host[:port], lower case) whose pages may embed the phone and make calls with it (docs/phone.md).",
      ),
  },
  "a section such as autoAnswerHeaders: false",
)
  .prefault({})
  .describe("The phone in the browser, at /phone/.");

const asterisk = section(
  {
    sipAddress: loopbackAddress
      .default("127.0.0.1")
      .describe("Loopback address of its SIP trunk, which the relay passes on to Genesys."),
    sipPort: port.default(5060).describe("UDP and TCP port of its SIP trunk."),
    internalAddress: loopbackAddress
      .default("127.0.0.1")
      .describe("Loopback address of HTTP (/ws, /ari) and AMI."),
    httpPort: port.default(8088).describe("TCP port of HTTP: SIP over WebSocket at /ws, ARI at /ari."),
    amiPort: port.default(5038).describe("TCP port of the manager interface."),
  },
  "a section such as sipPort: 5060",
)
  .prefault({})
  .describe("Asterisk: registrar and B2BUA of the phones, trunk to Genesys.");

const relay = section(
  {
    address: hostAddress.optional().describe("Address that Genesys sends calls to. Default: host.address."),
    port: port.default(5070).describe("UDP and TCP port, on both sides."),
    asteriskSide: loopbackAddress
      .default("127.0.0.4")
      .describe("Loopback address that Asterisk knows the trunk by: nothing else may use it."),
  },
  "a section such as port: 5070",
)
  .prefault({})
  .describe("The relay of sip-proxy, between Genesys and Asterisk's trunk.");

const postgres = section(
  {
    address: loopbackAddress.default("127.0.0.1").describe("Loopback address to listen on."),
    port: port.default(5432).describe("TCP port, and part of the name of the unix socket."),
  },
  "a section such as port: 5432",
)
  .prefault({})
  .describe("PostgreSQL: Asterisk's realtime tables.");

const sipProxy = section(
  {
    address: loopbackAddress.default("127.0.0.1").describe("Loopback address of both listeners."),
    port: port.default(8080).describe("TCP port of the WebSocket edge, which nginx passes /ws to."),
    apiPort: port.default(8082).describe("TCP port of its HTTP API: /healthz, /metrics, /registrations."),
    guessesPerMinute: integer(1, 1000, "a number of 1 to 1000")
      .default(10)
      .describe("Wrong passwords from one address in a minute, before that address has to wait."),
    guessPenaltySeconds: seconds(1, 86_400).default(60).describe("How long it has to wait, in seconds."),
  },
  "a section such as port: 8080",
)
  .prefault({})
  .describe("sip-proxy: the edge of proxy mode; in static mode only its relay and its HTTP API run.");

const hep = section(
  {
    host: hostName.describe("Address or name of the capture server."),
    port: port.default(9060).describe("Its UDP port."),
    captureId: integer(0, 4_294_967_295, "a number of 0 to 4294967295").describe(
      "Number that tells this site's messages from others'.",
    ),
    secret: secretName
      .optional()
      .describe("Name of the secret that holds the capture server's password. Default: it wants none."),
  },
  "a section with host and captureId",
)
  .optional()
  .describe("Where sip-proxy mirrors SIP to, by HEP 3 (Homer), credentials masked. Default: nowhere.");

function imagesFault(input: unknown): string {
  return typeof input === "object" && input !== null && !Array.isArray(input)
    ? expected("a source of images: build or registry")({ input: (input as { source?: unknown }).source })
    : expected("a section with source: build, or with source: registry, prefix and tag")({ input });
}

const images = z
  .discriminatedUnion(
    "source",
    [
      section({ source: z.literal("build") }, "source: build"),
      section(
        {
          source: z.literal("registry"),
          prefix: text(
            /^(?=.{1,200}$)[a-z0-9]+([.-][a-z0-9]+)*(:[0-9]{1,5})?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/,
            "the beginning of image names without a slash at its end, such as registry.example.com/webrtc-genesys",
          ).describe("What the images' names start with, as in registry.example.com/webrtc-genesys."),
          tag: text(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/, "an image tag such as 1.2.0").describe(
            "The release to run.",
          ),
        },
        "source: registry with prefix and tag",
      ),
    ],
    { error: ({ input }) => imagesFault(input) },
  )
  .default({ source: "build" })
  .describe("Where images come from: built on the spot, or pulled from a registry that CI pushed them to.");

const secrets = section(
  {
    directory: directory
      .default("/etc/webrtc-genesys/secrets")
      .describe(
        "Directory on the Docker host with one file per secret. Relative to the project, with a local engine only.",
      ),
  },
  "a section with directory",
)
  .prefault({})
  .describe("Where the Docker host keeps passwords and the TLS key.");

const state = section(
  {
    backend: oneOf(["local", "s3", "pg", "http"], "a backend: local, s3, pg or http")
      .default("local")
      .describe("Terraform's backend. local keeps a file in the project; a team needs one of the others."),
    options: z
      .record(z.string(), z.unknown(), { error: expected("a section with the backend's options") })
      .default({})
      .describe(
        "The backend's options, named as in Terraform's documentation. No passwords: they have variables.",
      ),
  },
  "a section such as backend: s3",
)
  .prefault({})
  .describe("Where Terraform keeps its state.");

const codecs = list(
  oneOf(["ulaw", "alaw", "opus", "g722"], "a codec: ulaw, alaw, opus or g722"),
  4,
  "a list of codecs, such as [ulaw, alaw]",
  1,
)
  .meta({ uniqueItems: true })
  .default(["ulaw", "alaw"])
  .describe("Codecs of calls, in order of preference.");

const sections = section(
  {
    forwardingMode: forwardingMode
      .default("static")
      .describe(
        "Who registers the DNs at Genesys. static: Asterisk, for a fixed set below 50. proxy: sip-proxy, for many that come and go. The variable FORWARDING_MODE overrides it for one run.",
      ),
    host,
    docker,
    genesys,
    dns,
    allowedDns: list(dnRange, 1000, "a list of DN ranges, such as - 1000-5020", 1)
      .optional()
      .describe("Proxy mode: DNs that may be registered at Genesys. Default: monitor.range."),
    monitor,
    nginx,
    phone,
    asterisk,
    relay,
    postgres,
    sipProxy,
    hep,
    callControl,
    rtp: rtpRange
      .prefault("10000-20000")
      .describe("UDP ports of Asterisk's media on all addresses; from an even port, 4 for each call."),
    codecs,
    comfortNoise: flag
      .refine((on) => !on, "true is not possible: Asterisk negotiates no comfort noise (RFC 3389)")
      .default(false)
      .describe(
        "Comfort noise in silence. Always off: it cut audio in the field, and Asterisk negotiates none.",
      ),
    images,
    secrets,
    talkEvents: oneOf(["relay", "off"], "a way to treat talk events: relay or off")
      .default("relay")
      .describe(
        "relay: a NOTIFY talk from Genesys reaches the ringing phone and makes it answer. off: it does not.",
      ),
    probeDn: dnNumber
      .prefault("9999")
      .describe(
        "DN that the verify command registers with: none of dns, outside allowedDns and monitor.range.",
      ),
    state,
    simulatorPort: port.default(8090).describe("TCP port of the simulator's HTTP API on 127.0.0.1."),
  },
  "an environment: sections such as host, genesys and dns",
);

/** A file that has passed: defaults filled in, ranges parsed, nothing derived yet. */
export type EnvironmentFile = z.output<typeof sections>;

/** The checks across sections run on what is sound of a faulty file too, so that one fault does not hide another. */
export const environmentFile = sections.superRefine(checkAcrossSections, { when: () => true });
