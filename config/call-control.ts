import type { z } from "zod";
import { callChanges } from "../assets/call-control/src/calls/call";
import {
  dnNumber,
  flag,
  hostName,
  httpUrl,
  integer,
  list,
  loopbackAddress,
  networkOrAddress,
  oneOf,
  port,
  secretName,
  section,
  text,
  userName,
} from "./values";

/** The section `callControl` of an environment file, and what the checked environment has of it. */

const name = text(
  /^[a-z][a-z0-9-]{0,31}$/,
  "a name: 1 to 32 lower-case letters, digits and '-', a letter first",
);
const number = text(/^\+[1-9][0-9]{3,14}$/, 'a number in E.164 form, such as "+31201234567"');
const prefix = text(/^\+[1-9][0-9]{0,14}$/, 'the beginning of numbers in E.164 form, such as "+31"');
const prefixes = list(prefix, 500, 'a list of beginnings of numbers, such as ["+31", "+1212"]');

const trunk = section(
  {
    name: name.describe(
      "What the trunk is called, here and in logs. Its endpoint in Asterisk is trunk-<name>.",
    ),
    host: hostName.describe("IPv4 address or name of the provider's SIP server."),
    port: port.default(5060).describe("Its SIP port."),
    transport: oneOf(["udp", "tcp"], "a transport: udp or tcp")
      .default("udp")
      .describe("How SIP is sent to it."),
    credentials: section(
      {
        username: userName.describe("User name of the digest."),
        secret: secretName.describe(
          "Name of the secret that holds the password, a path below secrets.directory.",
        ),
      },
      "a section with username and secret",
    )
      .optional()
      .describe("How to answer when the provider challenges. Default: it knows the host by its address."),
    register: flag
      .default(false)
      .describe("Whether to register there, so that it sends calls to where the registration came from."),
    inboundFrom: list(networkOrAddress, 64, "a list of IPv4 addresses and networks", 1)
      .optional()
      .describe(
        "Addresses that the provider's calls come from; a call from elsewhere is refused. Default: host.",
      ),
    prefixes: prefixes
      .default([])
      .describe(
        "Beginnings of the numbers that go by this trunk; the longest of all trunks' wins. Default: all numbers.",
      ),
    callerId: number.optional().describe("Number that called parties see. Default: the provider chooses it."),
  },
  "a section with name and host",
);

const did = section(
  {
    number: number.describe("The number, as the provider calls it."),
    dn: dnNumber.optional().describe("The DN that rings. Either this or queue."),
    queue: name.optional().describe("The queue that the caller waits in. Either this or dn."),
  },
  "a section with number and dn, or number and queue",
);

const queue = section(
  {
    name: name.describe("What the queue is called."),
    members: list(dnNumber, 500, "a list of DNs, such as [1002, 1003]", 1).describe(
      "The DNs that take its calls.",
    ),
    strategy: oneOf(["ring-all", "longest-idle"], "a strategy: ring-all or longest-idle")
      .default("ring-all")
      .describe("ring-all: every member's phone at once. longest-idle: one after the other."),
    ringSeconds: integer(5, 120, "a number of seconds from 5 to 120")
      .default(20)
      .describe("How long one member's phone rings, in seconds."),
    waitSeconds: integer(5, 3600, "a number of seconds from 5 to 3600")
      .default(120)
      .describe("How long a caller waits in all, in seconds."),
  },
  "a section with name and members",
);

const days = integer(1, 3650, "a number of days from 1 to 3650");

const webhook = section(
  {
    name: name.describe("What the receiver is called."),
    url: httpUrl.describe("Where events are POSTed to. http only in a network that nobody else reads."),
    secret: secretName.describe("Name of the secret that holds the key of the signatures (HMAC)."),
    events: list(
      oneOf(callChanges, `an event: ${callChanges.join(", ")}`),
      callChanges.length,
      "a list of events",
    )
      .default([])
      .describe("The events of a call that are told. Default: all."),
  },
  "a section with name, url and secret",
);

export const callControl = section(
  {
    address: loopbackAddress
      .default("127.0.0.1")
      .describe("Loopback address of its HTTP API, which nginx passes /api/ and /calls/ to."),
    port: port.default(8083).describe("TCP port of its HTTP API."),
    internalCalls: oneOf(["genesys", "direct"], "a way of calls between DNs: genesys or direct")
      .default("genesys")
      .describe(
        "Calls between DNs. genesys: Genesys carries them, as without call-control, which only logs them. direct: call-control connects them itself.",
      ),
    allowedPrefixes: prefixes
      .default([])
      .describe(
        "Beginnings of the numbers outside that may be called, in E.164 form. A call to any other number is refused. Default: none may be called.",
      ),
    dialing: section(
      {
        international: text(/^[0-9]{1,6}$/, "1 to 6 digits")
          .default("00")
          .describe("What is dialled before a number with its country's code."),
        national: text(/^[0-9]{0,3}$/, "at most 3 digits")
          .default("0")
          .describe("What is dialled before a number of the own country. Not used without country."),
        country: text(/^[1-9][0-9]{0,2}$/, 'a country\'s code of 1 to 3 digits, such as "31"')
          .optional()
          .describe("The own country's code. Default: numbers are dialled with their country's code only."),
      },
      'a section such as country: "31"',
    )
      .prefault({})
      .describe("How phones dial numbers outside."),
    callsPerMinute: integer(1, 1000, "a number of 1 to 1000")
      .default(30)
      .describe("Calls that one agent may begin within a minute."),
    sipPort: port
      .default(5080)
      .describe("UDP and TCP port of the trunks, on host.address. Opened only where there are trunks."),
    trunks: list(trunk, 16, "a list of trunks, such as - name: provider")
      .default([])
      .describe("Trunks to telephone providers, at most 16."),
    dids: list(did, 10_000, 'a list of numbers, such as - {number: "+31201234567", dn: 1002}')
      .default([])
      .describe("Our own numbers, and where calls to them go."),
    queues: list(queue, 200, "a list of queues, such as - {name: support, members: [1002]}")
      .default([])
      .describe("Queues that callers wait in."),
    recording: section(
      {
        retentionDays: days.default(30).describe("How long a recording is kept, in days."),
        announcement: text(
          /^(none|tone:[A-Za-z0-9+*/!,.;=]{1,200})$/,
          "none, or tones such as tone:1400/500,0/500",
        )
          .default("none")
          .describe(
            "What both parties hear before a recording starts: tones as in Asterisk's indications.conf, or none.",
          ),
      },
      "a section such as retentionDays: 30",
    )
      .prefault({})
      .describe("Recordings of calls."),
    retention: section(
      {
        callLogDays: days.default(365).describe("How long a call stays in the log, in days."),
        auditDays: days.default(730).describe("How long it is kept who did what through the API, in days."),
      },
      "a section such as callLogDays: 365",
    )
      .prefault({})
      .describe("How long rows are kept."),
    jwt: section(
      {
        issuer: text(/^[!-~]{1,200}$/, "an issuer (iss), such as https://login.example.com/").describe(
          "Whose tokens are taken: their claim iss.",
        ),
        audience: text(/^[!-~]{1,200}$/, "an audience (aud), such as webrtc-genesys").describe(
          "The audience that a token has to name: its claim aud.",
        ),
        secret: secretName
          .default("call-control-jwks")
          .describe(
            "Name of the secret that holds the issuer's public keys: a JSON Web Key Set in one line.",
          ),
      },
      "a section with issuer and audience",
    )
      .optional()
      .describe("JSON Web Tokens that open the API beside API keys. Default: none."),
    webhooks: list(webhook, 16, "a list of receivers, such as - name: crm")
      .default([])
      .describe("Who is told of what happens to calls, at most 16."),
  },
  "a section, which may be empty: {}",
)
  .optional()
  .describe(
    "call-control: an API and a page to originate, transfer and record calls, trunks to providers, campaigns. Default: not there.",
  );

type CallControlFile = NonNullable<z.output<typeof callControl>>;

/** Where calls to one of our numbers go. */
export interface Did {
  /** E.164 */
  readonly number: string;
  readonly to: { readonly dn: string } | { readonly queue: string };
}

export interface CallControlTrunk extends Readonly<Omit<CallControlFile["trunks"][number], "inboundFrom">> {
  /** IPv4 addresses, networks (CIDR) or one host name; never empty. */
  readonly inboundFrom: readonly string[];
}

/** As the file has it, with a number's aim and the addresses of each trunk's calls filled in. */
export interface CallControl extends Readonly<Omit<CallControlFile, "trunks" | "dids">> {
  readonly trunks: readonly CallControlTrunk[];
  readonly dids: readonly Did[];
}

export function resolveCallControl({ trunks, dids, ...file }: CallControlFile): CallControl {
  return {
    ...file,
    trunks: trunks.map((item) => ({ ...item, inboundFrom: item.inboundFrom ?? [item.host] })),
    // A checked file has one of the two.
    dids: dids.map(({ number, dn, queue = "" }) => ({ number, to: dn === undefined ? { queue } : { dn } })),
  };
}
