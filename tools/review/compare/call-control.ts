import { type CallControl, hostPort } from "../../../config";
import type { Deployment } from "../model/deployment";
import type { Consequence, SettingChange } from "./change";
import { numbersText } from "./ranges";

/** Longer lists are cut: what is left out stands in the full review. */
const SHOWN = 12;

/** Settings that the sentences below tell of. */
const TOLD = /^callControl\.(internalCalls|allowedPrefixes|trunks|dids|queues|webhooks|jwt)(\.|$)/;

/** Whether a sentence of this file tells of a setting: of all of them where call-control itself comes or goes. */
export function tellsOf({ path }: SettingChange, settings: readonly SettingChange[]): boolean {
  if (!path.startsWith("callControl.")) return false;
  const address = settings.find((one) => one.path === "callControl.address");
  const comesOrGoes = address !== undefined && (address.before === undefined || address.after === undefined);
  return comesOrGoes || TOLD.test(path);
}

export function callControlSentences(base: Deployment, head: Deployment): string[] {
  const [before, after] = [base.settings.callControl, head.settings.callControl];
  if (before && !after)
    return [
      "call-control goes, and with it trunks to providers, queues, recordings and campaigns: phones go on with Genesys alone. What it has stored stays in the database, and the sound of recordings is destroyed",
    ];
  if (!after) return [];
  return [
    ...(before
      ? []
      : ["call-control comes: applications and a page can originate, transfer and record calls"]),
    ...internalCalls(before, after),
    ...prefixes(before, after),
    ...named("trunk", before?.trunks, after.trunks, trunkText),
    ...numbers(before, after),
    ...named("queue", before?.queues, after.queues, queueText),
    ...named("webhook", before?.webhooks, after.webhooks, webhookText),
    ...issuer(before, after),
  ];
}

function internalCalls(before: CallControl | undefined, after: CallControl): string[] {
  if ((before?.internalCalls ?? "genesys") === after.internalCalls) return [];
  return [
    after.internalCalls === "direct"
      ? "calls between DNs are connected by call-control, and Genesys hears nothing of them"
      : "calls between DNs go through Genesys again",
  ];
}

/** Prefixes of numbers that may be called now and could not before, and the other way round. */
function allowedChange(before: CallControl | undefined, after: CallControl | undefined) {
  const [old, now] = [before?.allowedPrefixes ?? [], after?.allowedPrefixes ?? []];
  const outside = (some: readonly string[], others: readonly string[]) =>
    some.filter((prefix) => !others.some((other) => prefix.startsWith(other)));
  return { more: outside(now, old), fewer: outside(old, now) };
}

function prefixes(before: CallControl | undefined, after: CallControl): string[] {
  const { more, fewer } = allowedChange(before, after);
  const kept = after.allowedPrefixes.filter((prefix) => fewer.some((gone) => prefix.startsWith(gone)));
  const but = kept.length > 0 ? `, but for ${cut(kept)}` : "";
  return [
    ...(more.length > 0 ? [`numbers in ${cut(more)} can be called from now on`] : []),
    ...(fewer.length > 0 ? [`numbers in ${cut(fewer)} can no longer be called${but}`] : []),
  ];
}

/** A sentence for each item that comes, goes or is another. */
function named<Item extends { readonly name: string }>(
  what: string,
  before: readonly Item[] = [],
  after: readonly Item[],
  textOf: (item: Item) => string,
): string[] {
  const old = new Map(before.map((item) => [item.name, textOf(item)]));
  const told = after.flatMap((item) => {
    const [was, is] = [old.get(item.name), textOf(item)];
    old.delete(item.name);
    if (was === is) return [];
    return [`${what} ${item.name}: ${is}${was === undefined ? ", newly" : `; before: ${was}`}`];
  });
  return [...told, ...[...old.keys()].map((name) => `${what} ${name} goes`)];
}

function trunkText(trunk: CallControl["trunks"][number]): string {
  const { host, port, transport, register, credentials, inboundFrom, prefixes: own, callerId } = trunk;
  return [
    `${hostPort(host, port)} (${transport})`,
    register ? `registered as ${credentials?.username}` : `calls from ${cut(inboundFrom)}`,
    own.length > 0 ? `for numbers in ${cut(own)}` : "for all numbers",
    ...(callerId === undefined ? [] : [`shows ${callerId}`]),
  ].join(", ");
}

function queueText({ members, strategy, ringSeconds, waitSeconds }: CallControl["queues"][number]): string {
  return `DNs ${numbersText(members)}, ${strategy}, ${ringSeconds} s each, ${waitSeconds} s at most`;
}

function webhookText({ url, events }: CallControl["webhooks"][number]): string {
  return `${events.length > 0 ? events.join(", ") : "everything"} of calls is told to ${url}`;
}

function numbers(before: CallControl | undefined, after: CallControl): string[] {
  const aims = (settings: CallControl | undefined) =>
    new Map(
      settings?.dids.map(({ number, to }) => [number, "dn" in to ? `DN ${to.dn}` : `queue ${to.queue}`]),
    );
  const [old, now] = [aims(before), aims(after)];
  const told = [...now].filter(([number, aim]) => old.get(number) !== aim);
  const gone = [...old.keys()].filter((number) => !now.has(number));
  const lines = told.map(([number, aim]) => {
    const was = old.get(number);
    return `calls to ${number} go to ${aim}${was === undefined ? "" : `; before: ${was}`}`;
  });
  return [
    ...lines.slice(0, SHOWN),
    ...(lines.length > SHOWN
      ? [`calls to ${lines.length - SHOWN} more numbers go elsewhere than before`]
      : []),
    ...(gone.length > 0 ? [`calls to ${cut(gone)} are refused from now on`] : []),
  ];
}

function issuer(before: CallControl | undefined, after: CallControl): string[] {
  const text = ({ jwt }: CallControl) => jwt && `${jwt.issuer} for ${jwt.audience}`;
  const [was, is] = [before && text(before), text(after)];
  if (was === is) return [];
  return [is === undefined ? `tokens of ${was} no longer open the API` : `tokens of ${is} open the API`];
}

/** What call-control newly lets whom do. */
export function callControlConsequences(base: Deployment, head: Deployment): Consequence[] {
  const [before, after] = [base.settings.callControl, head.settings.callControl];
  if (!after) return [];
  const found: Consequence[] = [];
  const add = (subject: string, text: string) =>
    found.push({ severity: "medium", subject: `callControl.${subject}`, text });
  const { more } = allowedChange(before, after);
  if (more.length > 0)
    add(
      "allowedPrefixes",
      `whoever has a phone or a key can make calls to ${cut(more)}, which somebody pays for`,
    );
  const urls = new Set(before?.webhooks.map(({ url }) => url));
  const told = after.webhooks.filter(({ url }) => !urls.has(url));
  if (told.length > 0) add("webhooks", `who runs ${cut(told.map(({ url }) => url))} sees who calls whom`);
  if (after.jwt && JSON.stringify(before?.jwt) !== JSON.stringify(after.jwt))
    add("jwt", `${after.jwt.issuer} decides who may make calls`);
  if ((before?.internalCalls ?? "genesys") !== after.internalCalls)
    add(
      "internalCalls",
      after.internalCalls === "direct"
        ? "Genesys no longer reports, routes or records calls between DNs"
        : "Genesys carries calls between DNs: its rules apply to them",
    );
  const lost = (before?.dids ?? []).filter(({ number }) => !after.dids.some((did) => did.number === number));
  if (lost.length > 0) add("dids", `who calls ${cut(lost.map(({ number }) => number))} reaches nobody`);
  return found;
}

/** `a, b and 3 more` */
function cut(items: readonly string[]): string {
  const more = items.length - SHOWN;
  return items.slice(0, SHOWN).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
