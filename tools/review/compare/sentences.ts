import { hostPort, rangeText } from "../../../config";
import { visible } from "../../../config/faults";
import type { Deployment } from "../model/deployment";
import { callControlSentences, tellsOf } from "./call-control";
import type { SettingChange } from "./change";
import { numbersText, rangesText, subtract } from "./ranges";

/** Settings that the sentences below tell of, with whatever is below them. */
const TOLD =
  /^(forwardingMode|allowedDns|codecs|talkEvents|hep|(genesys\.(servers|credentials)|monitor\.range|nginx\.(allowedOrigins|tls))(\.|$))/;

/** The other settings, each with both values. */
export function settingSentences(settings: readonly SettingChange[]): string[] {
  return settings
    .filter((change) => !TOLD.test(change.path) && !tellsOf(change, settings))
    .map(({ path, before, after }) => `setting ${path}: ${shortValue(before)} → ${shortValue(after)}`);
}

function shortValue(json: string | undefined): string {
  return json === undefined ? "none" : visible(json.replace(/^"(.*)"$/, "$1"), 120);
}

/** What a change means to who runs the system. Each sentence stands for itself; the most important first. */
export function sentences(base: Deployment, head: Deployment): string[] {
  return [
    ...(base.settings.forwardingMode === head.settings.forwardingMode
      ? [...route(base, head), ...registrations(base, head), ...allowed(base, head)]
      : modeSwitch(base, head)),
    ...genesys(base, head),
    ...calls(base, head),
    ...ways(base, head),
    ...callControlSentences(base, head),
  ];
}

function modeSwitch(base: Deployment, head: Deployment): string[] {
  const [from, to] = [base.settings.forwardingMode, head.settings.forwardingMode];
  const parts = [
    ...route(base, head),
    ...registrations(base, head),
    to === "proxy"
      ? `any DN in ${rangesText(head.settings.allowedDns)} can register`
      : "Genesys sees these DNs as registered whether their phones are there or not, and no others",
  ];
  return [
    `forwardingMode ${from} → ${to}: ${parts.join("; ")}.`,
    to === "proxy"
      ? "From then on sip-proxy registers a DN at Genesys while its phone is registered at Asterisk, which has to know the DN. Phones that are connected stay so and are adopted."
      : "Phones that are connected through sip-proxy keep their WebSockets (nginx.drainSeconds), and Asterisk takes their DNs over.",
  ];
}

function route(base: Deployment, head: Deployment): string[] {
  const [before, after] = [base.webSocketUpstream, head.webSocketUpstream];
  if (before === after) return [];
  if (after === undefined) return ["nginx passes /ws on to nobody: no phone can connect"];
  const owner = head.listeners.find(({ address, port }) => `${address}:${port}` === after)?.service;
  return [`nginx /ws goes to ${owner ?? "nobody that is known:"} ${after}`];
}

function registrations(base: Deployment, head: Deployment): string[] {
  const [before, after] = [new Set(base.registrations), new Set(head.registrations)];
  const gone = base.registrations.filter((dn) => !after.has(dn));
  const come = head.registrations.filter((dn) => !before.has(dn));
  return [
    ...(gone.length > 0 ? [`registrations for ${numbersText(gone)} leave pjsip.conf`] : []),
    ...(come.length > 0 ? [`registrations for ${numbersText(come)} enter pjsip.conf`] : []),
  ];
}

function allowed({ settings: before }: Deployment, { settings: after }: Deployment): string[] {
  const proxy = after.forwardingMode === "proxy";
  // The dialplan takes calls to the listed DNs too, in both modes.
  const listed = (dns: Deployment["settings"]["dns"]) =>
    proxy ? [] : dns.map(({ number }) => ({ from: number, to: number }));
  const more = subtract(after.allowedDns, [...before.allowedDns, ...listed(before.dns)]);
  const fewer = subtract(before.allowedDns, [...after.allowedDns, ...listed(after.dns)]);
  const what = proxy ? "register at Genesys" : "be called";
  return [
    ...(more.length > 0 ? [`allowedDns: DNs in ${rangesText(more)} can ${what} from now on`] : []),
    ...(fewer.length > 0 ? [`allowedDns: DNs in ${rangesText(fewer)} can no longer ${what}`] : []),
  ];
}

function genesys({ settings: before }: Deployment, { settings: after }: Deployment): string[] {
  const list = ({ genesys: { servers } }: Deployment["settings"]) =>
    servers.map(({ host, port, transport }) => `${hostPort(host, port)} (${transport})`).join(", then ");
  const [old, now] = [list(before), list(after)];
  const told: string[] = [];
  if (old !== now) {
    told.push(`Genesys: ${now}; before: ${old}`);
    told.push(
      after.forwardingMode === "static"
        ? "static mode registers each DN at the first server only; calls out go to the first one that answers"
        : "sip-proxy registers at the first server that answers, and moves all DNs when that one fails",
    );
  }
  const [secret, newSecret] = [before.genesys.credentials, after.genesys.credentials];
  if (secret && !newSecret)
    told.push("Genesys' challenges are no longer answered: where it asks for a password, no DN registers");
  if (!secret && newSecret) told.push(`Genesys' challenges are answered with the secret ${newSecret.secret}`);
  return told;
}

function calls({ settings: before }: Deployment, { settings: after }: Deployment): string[] {
  const told: string[] = [];
  const [old, now] = [before.codecs.join(", "), after.codecs.join(", ")];
  if (old !== now) told.push(`codecs of new calls: ${now}; before: ${old}`);
  if (before.talkEvents !== after.talkEvents)
    told.push(
      after.talkEvents === "off"
        ? "talkEvents off: Genesys can no longer make a phone answer"
        : "talkEvents relay: Genesys can make a ringing phone answer",
    );
  return told;
}

/** Who watches, who is copied to, whose pages may connect, and to what. */
function ways(base: Deployment, head: Deployment): string[] {
  const [before, after] = [base.settings, head.settings];
  const told: string[] = [];
  const opened = head.webPaths.filter((path) => !base.webPaths.includes(path));
  const closed = base.webPaths.filter((path) => !head.webPaths.includes(path));
  if (opened.length > 0) told.push(`nginx passes ${opened.join(" and ")} on from now on`);
  if (closed.length > 0) told.push(`nginx no longer passes ${closed.join(" and ")} on`);
  const more = after.nginx.allowedOrigins.filter((origin) => !before.nginx.allowedOrigins.includes(origin));
  const fewer = before.nginx.allowedOrigins.filter((origin) => !after.nginx.allowedOrigins.includes(origin));
  const where = after.forwardingMode === "proxy" ? "" : " (in proxy mode)";
  if (more.length > 0) told.push(`pages of ${more.join(", ")} may open /ws${where}`);
  if (fewer.length > 0) told.push(`pages of ${fewer.join(", ")} may no longer open /ws${where}`);
  if (JSON.stringify(before.hep) !== JSON.stringify(after.hep))
    told.push(
      after.hep
        ? `a copy of every SIP message goes to ${hostPort(after.hep.host, after.hep.port)}`
        : "SIP messages are no longer copied to a capture server",
    );
  if (before.nginx.tls.selfSigned !== after.nginx.tls.selfSigned)
    told.push(
      after.nginx.tls.selfSigned
        ? "TLS: a self-signed certificate, which browsers warn of and phones refuse unless they are told to trust it"
        : "TLS: the certificate in the secrets tls/certificate.pem and tls/key.pem instead of a self-signed one",
    );
  const [range, newRange] = [rangeText(before.monitor.range), rangeText(after.monitor.range)];
  if (range !== newRange) told.push(`registration-monitor watches ${newRange}; before: ${range}`);
  return told;
}
