import { networksOverlap } from "./addresses";
import type { Complain, SoundFile } from "./checks";
import { inRange } from "./dns";
import { type Path, pathText, show } from "./faults";

type SoundCallControl = NonNullable<SoundFile["callControl"]>;
type SoundTrunk = NonNullable<NonNullable<SoundCallControl["trunks"]>[number]>;

const ROOT = "callControl";

/** The checks of call-control that need more than one value. Like the others, they complain about sound values only. */
export function checkCallControl(file: SoundFile, complain: Complain): void {
  const { callControl } = file;
  if (!callControl) return;
  const { trunks, queues, dids, webhooks, allowedPrefixes } = callControl;
  checkOnce(trunks, "trunks", "name", complain);
  checkOnce(queues, "queues", "name", complain);
  checkOnce(webhooks, "webhooks", "name", complain);
  checkOnce(dids, "dids", "number", complain);
  (trunks ?? []).forEach((trunk, index) => {
    if (!trunk) return;
    const path = [ROOT, "trunks", index];
    checkTrunk(trunk, path, file, complain);
    checkPrefixes(trunk, path, allowedPrefixes, complain);
  });
  checkSources(trunks ?? [], complain);
  checkSharedPrefixes(trunks ?? [], complain);
  checkDns(file, callControl, complain);
  checkAims(callControl, complain);
}

function checkOnce<Key extends string>(
  items: readonly ({ readonly [K in Key]?: string | null } | null)[] | null | undefined,
  list: string,
  key: Key,
  complain: Complain,
): void {
  const seen = new Map<string, number>();
  (items ?? []).forEach((item, index) => {
    const value = item?.[key];
    if (value == null) return;
    const first = seen.get(value);
    if (first === undefined) seen.set(value, index);
    else {
      const owner = pathText([ROOT, list, first]);
      complain([ROOT, list, index, key], `${show(value)} is ${owner} already: ${key}s are given once`);
    }
  });
}

function checkTrunk(trunk: SoundTrunk, path: Path, { relay }: SoundFile, complain: Complain): void {
  const { host, register, credentials } = trunk;
  if (register && credentials === undefined) {
    complain(
      [...path, "register"],
      "lacks credentials, which providers ask every REGISTER for: add credentials, or remove register",
    );
  }
  const addresses: readonly Source[] = host
    ? [[host, [...path, "host"]], ...listed(trunk, path)]
    : listed(trunk, path);
  const side = relay?.asteriskSide;
  for (const [address, place] of addresses) {
    const refuse = (why: string, others: readonly Path[] = []) =>
      complain(
        place,
        `${show(address)} ${why}: use another address (127.0.0.2 for a provider on this host)`,
        others,
      );
    if (address === "localhost" || networksOverlap(address, "127.0.0.1")) {
      refuse(
        "is where nginx and sip-proxy reach Asterisk from, so that a browser would pass for the provider",
      );
    } else if (side && networksOverlap(address, side)) {
      refuse(`meets ${side}, by which Asterisk knows the trunk to Genesys`, [["relay", "asteriskSide"]]);
    }
  }
}

/** An address or network that a provider's calls come from, and the setting that says so. */
type Source = readonly [address: string, path: Path];

function listed({ inboundFrom }: SoundTrunk, path: Path): Source[] {
  return (inboundFrom ?? []).flatMap((address, index): Source[] =>
    address === null ? [] : [[address, [...path, "inboundFrom", index]]],
  );
}

/** Asterisk tells trunks by the addresses that calls come from: each is one trunk's. */
function checkSources(trunks: readonly (SoundTrunk | null)[], complain: Complain): void {
  const earlier: Source[] = [];
  trunks.forEach((trunk, index) => {
    if (!trunk) return;
    const path = [ROOT, "trunks", index];
    const { host, inboundFrom } = trunk;
    const sources: Source[] =
      inboundFrom === undefined && host ? [[host, [...path, "host"]]] : listed(trunk, path);
    for (const [address, place] of sources) {
      const other = earlier.find(([taken]) => taken === address || networksOverlap(taken, address));
      if (other === undefined) continue;
      complain(
        place,
        `${show(address)} meets ${pathText(other[1])} (${other[0]}): calls from there could be either trunk's. Say by inboundFrom which are whose`,
        [other[1]],
      );
    }
    earlier.push(...sources);
  });
}

/** A trunk's prefixes say where numbers go, and allowedPrefixes which numbers may be called at all. */
function checkPrefixes(
  { prefixes }: SoundTrunk,
  path: Path,
  allowed: SoundCallControl["allowedPrefixes"],
  complain: Complain,
): void {
  if (!allowed || allowed.includes(null)) return;
  (prefixes ?? []).forEach((prefix, index) => {
    if (prefix === null || allowed.some((one) => one !== null && prefixesMeet(prefix, one))) return;
    complain(
      [...path, "prefixes", index],
      `${show(prefix)} has no number that may be called: add it to callControl.allowedPrefixes, or remove it here`,
      [[ROOT, "allowedPrefixes"]],
    );
  });
}

/** Whether there are numbers that begin with both. */
export function prefixesMeet(a: string, b: string): boolean {
  return a.startsWith(b) || b.startsWith(a);
}

function checkSharedPrefixes(trunks: readonly (SoundTrunk | null)[], complain: Complain): void {
  const owners = new Map<string, Path>();
  trunks.forEach((trunk, trunkIndex) => {
    (trunk?.prefixes ?? []).forEach((prefix, index) => {
      if (prefix === null) return;
      const path = [ROOT, "trunks", trunkIndex, "prefixes", index];
      const owner = owners.get(prefix);
      if (owner === undefined) owners.set(prefix, path);
      else complain(path, `${show(prefix)} is ${pathText(owner)} already: a number goes by one trunk`);
    });
  });
}

/** Calls go to DNs that there may be: of the list, or those that proxy mode forwards. */
function checkDns(
  { dns, allowedDns, monitor }: SoundFile,
  { queues, dids }: SoundCallControl,
  complain: Complain,
): void {
  const ranges = [
    ...(dns ?? [null]),
    ...(allowedDns === undefined ? [monitor?.range] : (allowedDns ?? [null])),
  ];
  // While one of them is faulty, nobody knows what it was meant to have.
  if (!ranges.every((range) => range?.from && range.to)) return;
  const check = (dn: string | null | undefined, path: Path) => {
    if (
      dn == null ||
      ranges.some((range) => range?.from && range.to && inRange(dn, { from: range.from, to: range.to }))
    )
      return;
    complain(path, `${show(dn)} is no DN of this environment: it is neither in dns nor in allowedDns`);
  };
  (dids ?? []).forEach((did, index) => {
    check(did?.dn, [ROOT, "dids", index, "dn"]);
  });
  (queues ?? []).forEach((queue, queueIndex) => {
    const members = queue?.members ?? [];
    members.forEach((dn, index) => {
      const path = [ROOT, "queues", queueIndex, "members", index];
      check(dn, path);
      if (dn !== null && members.indexOf(dn) < index)
        complain(path, `${show(dn)} is listed twice: remove one`);
    });
  });
}

function checkAims({ dids, queues }: SoundCallControl, complain: Complain): void {
  const names = queues?.map((queue) => queue?.name) ?? [];
  (dids ?? []).forEach((did, index) => {
    if (!did) return;
    const { dn, queue } = did;
    const path = [ROOT, "dids", index];
    if (dn === undefined && queue === undefined) {
      complain(path, "does not say where calls go: write dn or queue");
    } else if (dn !== undefined && queue !== undefined) {
      complain(path, "has dn and queue: remove one of them");
    } else if (queue != null && queues !== null && !names.some((name) => name == null || name === queue)) {
      complain([...path, "queue"], `${show(queue)} is no queue of callControl.queues${known(names)}`, [
        [ROOT, "queues"],
      ]);
    }
  });
}

/** At most ten. */
function known(names: readonly (string | null | undefined)[]): string {
  if (names.length === 0) return ", which is empty: add it there";
  const more = names.length > 10 ? ` and ${names.length - 10} more` : "";
  return `: it has ${names.slice(0, 10).join(", ")}${more}`;
}
