import { isAbsolute } from "node:path";
import { policies } from "../../../policies";
import type { Deployment } from "../model/deployment";
import { isLocal, placeOf, whoReaches } from "../model/reach";
import { bySeverity } from "../severity";
import { callControlConsequences } from "./call-control";
import type { Change, Consequence } from "./change";
import { numbersText, subtract } from "./ranges";
import { containerConsequences, reloadConsequences, volumeConsequences } from "./service-consequences";

type Parts = Omit<Change, "consequences" | "standingViolations">;

/** What a change of an environment that stays leads to, the worst first. */
export function consequencesOf(base: Deployment, head: Deployment, change: Parts): Consequence[] {
  return [
    ...moves(base, head),
    ...volumeConsequences(change),
    ...containerConsequences(change),
    ...reloadConsequences(change),
    ...openings(base, change),
    ...people(base, head, change),
    ...callControlConsequences(base, head),
    ...secrets(head, change),
    ...warnings(base, head),
    ...violations(base, head).fresh,
  ].sort(bySeverity);
}

/** What a new environment brings with it. */
export function consequencesOfNew(head: Deployment, change: Parts): Consequence[] {
  return [
    ...openings(undefined, change),
    ...secrets(head, change),
    ...warnings(undefined, head),
    ...violations(undefined, head).fresh,
  ].sort(bySeverity);
}

/** An environment whose file goes: nothing happens to what runs, and nobody looks after it any more. */
export function consequencesOfRemoved(base: Deployment): Consequence[] {
  return [
    {
      severity: "high",
      subject: base.name,
      text: `its containers go on running on ${base.settings.docker.host}, and no deploy knows them any more: run npm run destroy -- ${base.name} before this is merged, or keep the file`,
    },
  ];
}

/** What the loader newly warns of. */
function warnings(base: Deployment | undefined, head: Deployment): Consequence[] {
  const before = new Set(base?.warnings.map(({ message }) => message));
  return head.warnings
    .filter(({ message }) => !before.has(message))
    .map(({ path, message }) => ({ severity: "medium", subject: path, text: `warning: ${message}` }));
}

/** Rules of the site that the head breaks: newly, or as before. */
export function violations(base: Deployment | undefined, head: Deployment) {
  const fresh: Consequence[] = [];
  const standing: string[] = [];
  for (const policy of policies) {
    const before = new Set(base ? policy.check(base) : []);
    for (const text of policy.check(head)) {
      if (before.has(text)) standing.push(`${policy.name}: ${text}`);
      else fresh.push({ severity: policy.severity, subject: `policy ${policy.name}`, text });
    }
  }
  return { fresh, standing };
}

function moves({ name, settings: before }: Deployment, { settings: after }: Deployment): Consequence[] {
  const found: Consequence[] = [];
  if (before.docker.host !== after.docker.host)
    found.push({
      severity: "critical",
      subject: "docker.host",
      text: `Terraform looks for this environment's containers at ${after.docker.host}, finds none and makes everything anew, with an empty database; what runs at ${before.docker.host} goes on running, unmanaged`,
      callsDropped: false,
    });
  if (JSON.stringify(before.state) !== JSON.stringify(after.state))
    found.push({
      severity: "critical",
      subject: "state",
      text: `Terraform looks for its state elsewhere: without terraform init -migrate-state in cdktf.out/stacks/${name}, it takes everything that runs for missing`,
    });
  if (before.secrets.directory !== after.secrets.directory)
    found.push({
      severity: "medium",
      subject: "secrets.directory",
      text: `every secret file has to be in ${after.secrets.directory} on the Docker host before the deploy`,
    });
  return found;
}

function openings(base: Deployment | undefined, { opened }: Parts): Consequence[] {
  return opened
    .filter(({ address }) => !isLocal(address))
    .map((listener): Consequence => {
      const { service, name, address, tls } = listener;
      // A range of media ports is open while calls use it, and only then.
      const media = listener.port.includes("-");
      const before = base?.listeners.find((one) => one.service === service && one.name === name);
      const moved = before && !isLocal(before.address) ? `, before: ${placeOf(before)}` : "";
      return {
        severity: media || base === undefined || tls ? "medium" : "high",
        subject: placeOf(listener),
        text: `${name} listens beyond loopback${tls ? ", with TLS" : ""}${moved}: ${whoReaches(address)} can reach it`,
      };
    });
}

function people(
  { settings: before }: Deployment,
  { settings: after }: Deployment,
  { dns }: Parts,
): Consequence[] {
  const found: Consequence[] = [];
  if (dns.removed.length > 0) {
    const [phones, they] =
      dns.removed.length === 1 ? ["its phone is", "it gets"] : ["their phones are", "they get"];
    found.push({
      severity: "medium",
      subject: `DN ${numbersText(dns.removed)}`,
      text: `removed, maybe while in use: ${phones} signed out and can't sign in again, and ${they} no more calls; a call that is up goes on`,
      callsDropped: false,
    });
  }
  if (after.forwardingMode === "proxy") {
    const more = subtract(after.allowedDns, before.forwardingMode === "proxy" ? before.allowedDns : []);
    const fewer = subtract(before.forwardingMode === "proxy" ? before.allowedDns : [], after.allowedDns);
    if (before.forwardingMode === "proxy" && more.length > 0)
      found.push({
        severity: "medium",
        subject: "allowedDns",
        text: "more DNs than before can register at Genesys",
      });
    if (fewer.length > 0)
      found.push({
        severity: "medium",
        subject: "allowedDns",
        text: "DNs that are registered at Genesys and no longer allowed are un-registered there: they get no more calls",
        callsDropped: false,
      });
  }
  if (before.forwardingMode !== after.forwardingMode)
    found.push({
      severity: "medium",
      subject: "forwardingMode",
      text:
        after.forwardingMode === "proxy"
          ? "who registers DNs at Genesys changes: calls and registrations of DNs with a phone go on, other DNs are un-registered"
          : "who registers DNs at Genesys changes: calls and registrations of DNs in dns go on, other DNs are un-registered",
      callsDropped: false,
    });
  const [server] = before.genesys.servers;
  const [newServer] = after.genesys.servers;
  if (JSON.stringify(server) !== JSON.stringify(newServer))
    found.push({
      severity: "high",
      subject: "genesys.servers",
      text: "all DNs register at another server: until that has them, they get no calls",
      callsDropped: false,
    });
  if (after.talkEvents === "off" && before.talkEvents !== "off")
    found.push({ severity: "medium", subject: "talkEvents", text: "agents have to answer by hand" });
  const origins = after.nginx.allowedOrigins.filter(
    (origin) => !before.nginx.allowedOrigins.includes(origin),
  );
  if (origins.length > 0 && after.forwardingMode === "proxy")
    found.push({
      severity: "medium",
      subject: "nginx.allowedOrigins",
      text: "more pages than before may connect phones",
    });
  if (after.hep && JSON.stringify(before.hep) !== JSON.stringify(after.hep))
    found.push({
      severity: "medium",
      subject: "hep",
      text: "who runs the capture server sees who calls whom",
    });
  return found;
}

/** A release that lacks a secret file is refused, and the old one stays in force. */
function secrets({ settings }: Deployment, { secrets: { needed } }: Parts): Consequence[] {
  if (needed.length === 0) return [];
  const made = !isAbsolute(settings.secrets.directory);
  const dns = needed.filter((name) => name.startsWith("dn/")).map((name) => name.slice(3));
  const names = [
    ...needed.filter((name) => !name.startsWith("dn/")),
    ...(dns.length > 0 ? [`dn/ ${numbersText(dns)}`] : []),
  ];
  return [
    {
      severity: made ? "low" : "medium",
      subject: `secret ${names.join(", ")}`,
      text: made
        ? "newly needed: bin/up makes what is missing"
        : `newly needed in ${settings.secrets.directory}: until ${needed.length === 1 ? "it is" : "they are"} there, the deploy fails and the old configuration stays in force`,
    },
  ];
}
