import { prefixesMeet } from "./call-control-checks";
import { inRange, inRanges, rangeText } from "./dns";
import type { Environment } from "./environment";
import type { Path } from "./faults";
import { listenersOf, placeText } from "./listeners";

/** Something that deploys and is still unlikely to be meant. */
export interface Warning {
  readonly path: Path;
  readonly message: string;
}

/** Asterisk refreshes each static registration by itself, and each is a section of pjsip.conf. */
const MANY_STATIC_DNS = 50;

export function warningsOf(environment: Environment): Warning[] {
  return [
    ...dnWarnings(environment),
    ...portWarnings(environment),
    ...imageWarnings(environment),
    ...callControlWarnings(environment),
  ];
}

function dnWarnings({ forwardingMode, dns, allowedDns, monitor }: Environment): Warning[] {
  const warnings: Warning[] = [];
  const warn = (message: string) => warnings.push({ path: ["dns"], message });
  if (forwardingMode === "static") {
    if (dns.length === 0) warn("lists no DN, so that static mode registers none at Genesys");
    if (dns.length > MANY_STATIC_DNS) {
      warn(
        `has ${dns.length} DNs: static mode is for at most ${MANY_STATIC_DNS}; with forwardingMode: proxy each is registered only while its phone is`,
      );
    }
  } else {
    const refused = dns.filter(({ number }) => !inRanges(number, allowedDns));
    const allowed = allowedDns.map(rangeText).join(", ");
    if (refused.length > 0)
      warn(`has ${some(refused)} outside allowedDns (${allowed}): never registered at Genesys`);
  }
  const unwatched = dns.filter(({ number }) => !inRange(number, monitor.range));
  if (unwatched.length > 0) {
    warn(`has ${some(unwatched)} outside monitor.range (${rangeText(monitor.range)}): not watched`);
  }
  return warnings;
}

/** `1002, 1003, 1004 and 7 more` */
function some(dns: Environment["dns"]): string {
  const numbers = dns.slice(0, 3).map(({ number }) => number);
  return numbers.join(", ") + (dns.length > 3 ? ` and ${dns.length - 3} more` : "");
}

function portWarnings(environment: Environment): Warning[] {
  return listenersOf(environment)
    .filter(({ port }) => port < 1024)
    .map((listener) => ({
      path: listener.portPath,
      message: `${listener.name} is not root, and ${placeText(listener)} is a privileged port: on the host, set the sysctl net.ipv4.ip_unprivileged_port_start to ${listener.port} or lower`,
    }));
}

function imageWarnings({ images }: Environment): Warning[] {
  if (images.source === "build" || images.tag !== "latest") return [];
  return [{ path: ["images", "tag"], message: "'latest' means another image every day: name a release" }];
}

/** Numbers that would be allowed, or answered, if there were a trunk for them. */
function callControlWarnings({ callControl }: Environment): Warning[] {
  if (callControl === undefined) return [];
  const { trunks, allowedPrefixes, dids } = callControl;
  const carried = (allowed: string) =>
    trunks.some(
      ({ prefixes }) => prefixes.length === 0 || prefixes.some((one) => prefixesMeet(one, allowed)),
    );
  const stranded = allowedPrefixes.filter((allowed) => !carried(allowed));
  return [
    ...(stranded.length > 0
      ? [
          {
            path: ["callControl", "allowedPrefixes"],
            message: `has ${stranded.slice(0, 3).join(", ")}${stranded.length > 3 ? ` and ${stranded.length - 3} more` : ""}, and no trunk carries these numbers: calls to them fail`,
          },
        ]
      : []),
    ...(dids.length > 0 && trunks.length === 0
      ? [
          {
            path: ["callControl", "dids"],
            message: "has numbers, and no trunk that calls to them could come by",
          },
        ]
      : []),
  ];
}
