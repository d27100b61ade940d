// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Asterisk's own variables are written like that
import type { CallControl } from "../../config";
import { context } from "./context";
import { outsidePatterns } from "./outside-patterns";
import { PROVIDER_PREFIX, providerContext, providerEndpoint, STASIS_APP } from "./props";

/** Where the dialplan hands over what an agent has dialled. */
export const DN_DIALLED = "dn-dialled";
export const OUTSIDE_DIALLED = "outside-dialled";

/**
 * Seconds that the application has to take a call. It does so by setting the channel's TIMEOUT(absolute) to 0. One that
 * is connected and does nothing, because its process hangs, would leave the caller in silence for ever.
 */
export const TAKEOVER_SECONDS = 5;

/** From where on the application, or nobody, decides how long a call lasts. */
export const NO_TIMEOUT = "Set(TIMEOUT(absolute)=0)";

/** Whether the channel is a phone's: their endpoints have the DN as name, and those of trunks are no numbers. */
export const FROM_DN = '${REGEX("^[0-9]+$" ${CHANNEL(endpoint)})}';

/** Members of a queue that ring without the application: what a list of them may hold in Asterisk is bounded. */
const MOST_RINGING = 100;

/**
 * The contexts that hand calls over to call-control, each with what is done without it: when no application is connected
 * (STASISSTATUS is FAILED at once), and when it does not take the call in time (Asterisk goes to extension `T`).
 *
 * @param identify sets the caller's number to the DN that has authenticated
 * @param ringSeconds how long a call may ring
 */
export function callControlContexts(
  callControl: CallControl,
  identify: readonly string[],
  ringSeconds: number,
): string[] {
  return [
    context(
      DN_DIALLED,
      handOver({
        set: "DN=${FILTER(0-9,${EXTEN})}",
        identify,
        args: "internal,${DN}",
        instead: "to-genesys,${DN}",
      }),
      "The application may continue the call at to-genesys, which is also what is done without it.",
    ),
    ...(callControl.trunks.length > 0 ? outside(callControl, identify, ringSeconds) : []),
    ...(callControl.trunks.length > 0 ? inbound(callControl, ringSeconds) : []),
  ];
}

interface HandOver {
  /** The assignment of the filtered number: extension `T` has no EXTEN of the call's any more. */
  readonly set: string;
  readonly identify: readonly string[];
  readonly args: string;
  /** Context and extension. */
  readonly instead: string;
}

function handOver({ set, identify, args, instead }: HandOver): string[] {
  return [
    `exten => _X!,1,Set(${set})`,
    ...identify,
    `same => n,Set(TIMEOUT(absolute)=${TAKEOVER_SECONDS})`,
    `same => n,Stasis(${STASIS_APP},${args})`,
    `same => n,GotoIf($["\${STASISSTATUS}" = "FAILED"]?${instead},1)`,
    "same => n,Hangup()",
    `exten => T,1,Log(WARNING,call-control has not taken a call within ${TAKEOVER_SECONDS} s: ${args.replaceAll(",", " ")})`,
    `same => n,Goto(${instead},1)`,
  ];
}

/** Numbers outside: extensions below are E.164 digits without the `+`. */
function outside(callControl: CallControl, identify: readonly string[], ringSeconds: number): string[] {
  const patterns = outsidePatterns(callControl.allowedPrefixes, callControl.dialing);
  return [
    context(
      OUTSIDE_DIALLED,
      patterns.map(
        ({ pattern, skip, country }) =>
          `exten => ${pattern},1,Goto(outside,${country}\${FILTER(0-9,\${EXTEN:${skip}})},1)`,
      ),
      "Numbers outside that agents may call, as they are dialled. DNs go first: this is included after them.",
    ),
    context(
      "outside",
      handOver({
        set: "NUMBER=${FILTER(0-9,${EXTEN})}",
        identify,
        args: "external,+${NUMBER}",
        instead: "by-trunk,${NUMBER}",
      }),
    ),
    context("by-trunk", byTrunk(callControl, ringSeconds), "The pattern with the most digits wins."),
  ];
}

function byTrunk({ trunks }: CallControl, ringSeconds: number): string[] {
  const taken = new Set<string>();
  const lines = trunks.flatMap(({ name, prefixes, callerId }) =>
    (prefixes.length === 0 ? ["+"] : prefixes).flatMap((prefix) => {
      // Two trunks for one prefix: the first one of the environment.
      if (taken.has(prefix)) return [];
      taken.add(prefix);
      const pattern = prefix === "+" ? "_X!" : `_${prefix.slice(1)}!`;
      return [
        `exten => ${pattern},1,${NO_TIMEOUT}`,
        "same => n,Set(NUMBER=${FILTER(0-9,${EXTEN})})",
        // Who is called outside sees the trunk's number, or what the provider makes of none, and no DN.
        `same => n,Set(CALLERID(num)=${callerId ?? ""})`,
        "same => n,Set(CALLERID(name)=)",
        `same => n,Dial(PJSIP/+\${NUMBER}@${providerEndpoint(name)},${ringSeconds})`,
        // 3, no route: the provider can't be reached. 34 makes 503 of it, where 3 would make 404.
        'same => n,ExecIf($["${DIALSTATUS}-${HANGUPCAUSE}" = "CHANUNAVAIL-3"]?Hangup(34))',
        "same => n,Goto(hang-up,${DIALSTATUS},1)",
      ];
    }),
  );
  return taken.has("+") ? lines : [...lines, "; No trunk leads there: 404", "exten => _X!,1,Hangup(3)"];
}

/** Calls of providers. */
function inbound({ trunks, dids, queues, dialing }: CallControl, ringSeconds: number): string[] {
  const numbers = dids.map(({ number }) => number.slice(1));
  return [
    ...trunks.map(({ name }) =>
      context(
        providerContext(name),
        [
          `exten => ${name},1,Set(CALLED=\${PJSIP_PARSE_URI(\${CHANNEL(pjsip,local_uri)},user)})`,
          "same => n,Goto(dids,${FILTER(+0-9,${CALLED})},1)",
          "include => dids",
        ],
        "What is called is the Contact that is registered there, and To has the number; or the number itself.",
      ),
    ),
    context(
      "dids",
      [
        ...numbers.flatMap((number) =>
          spellings(number, dialing).map((spelling) => `exten => ${spelling},1,Goto(did,${number},1)`),
        ),
        "; No number of ours: 404",
        "exten => i,1,Hangup(1)",
      ],
      "Our numbers, as providers may call them.",
    ),
    context(
      "did",
      handOver({
        set: "NUMBER=${FILTER(0-9,${EXTEN})}",
        identify: [],
        args: `did,+\${NUMBER},\${CHANNEL(endpoint):${PROVIDER_PREFIX.length}}`,
        instead: "did-alone,${NUMBER}",
      }),
    ),
    context(
      "did-alone",
      dids.flatMap(({ number, to }) => [
        `exten => ${number.slice(1)},1,${NO_TIMEOUT}`,
        "dn" in to ? `same => n,Goto(ring,dn-${to.dn},1)` : `same => n,Goto(ring,queue-${to.queue},1)`,
      ]),
      "What is done with a call to one of our numbers without the application.",
    ),
    context("ring", [
      ...[...new Set(dids.flatMap(({ to }) => ("dn" in to ? [to.dn] : [])))].flatMap((dn) =>
        ring(`dn-${dn}`, [dn], ringSeconds),
      ),
      ...queues.flatMap(({ name, members, waitSeconds }) => ring(`queue-${name}`, members, waitSeconds)),
    ]),
  ];
}

/** `31201234567` with `+`, without, and as it is dialled within its country. */
function spellings(number: string, { national, country }: CallControl["dialing"]): string[] {
  const own = country !== undefined && number.startsWith(country);
  return [`+${number}`, number, ...(own ? [`${national}${number.slice(country.length)}`] : [])];
}

/** Rings the phones of all these DNs that are registered. */
function ring(extension: string, dns: readonly string[], seconds: number): string[] {
  return [
    `exten => ${extension},1,Set(PHONES=)`,
    ...dns
      .slice(0, MOST_RINGING)
      .map(
        (dn) =>
          `same => n,ExecIf($["\${PJSIP_DIAL_CONTACTS(${dn})}" != ""]?Set(PHONES=\${PHONES}&PJSIP/${dn}))`,
      ),
    "; Cause 20, subscriber absent: 480",
    'same => n,ExecIf($["${PHONES}" = ""]?Hangup(20))',
    `same => n,Dial(\${PHONES:1},${seconds})`,
    "same => n,Goto(hang-up,${DIALSTATUS},1)",
  ];
}
