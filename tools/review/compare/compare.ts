import type { Dn } from "../../../config";
import type { Deployment, Listener } from "../model/deployment";
import { placeOf } from "../model/reach";
import type { Change, DnChanges } from "./change";
import { consequencesOf, consequencesOfNew, consequencesOfRemoved, violations } from "./consequences";
import { containerChanges } from "./containers";
import { fileChanges } from "./files";
import { imageChanges } from "./images";
import { numbersText } from "./ranges";
import { sentences, settingSentences } from "./sentences";
import { settingChanges } from "./settings";

/** What becomes of every environment of either side, in the order of their names. */
export function compare(base: readonly Deployment[], head: readonly Deployment[]): Change[] {
  const names = [...new Set([...base, ...head].map(({ name }) => name))].sort();
  return names.map((name) => {
    const before = base.find((one) => one.name === name);
    const after = head.find((one) => one.name === name);
    if (before && after) return changed(before, after);
    return after ? added(after) : removed(before as Deployment);
  });
}

function changed(base: Deployment, head: Deployment): Change {
  const settings = settingChanges(base.settings, head.settings);
  const parts = {
    name: head.name,
    kind: "changed" as const,
    sentences: [...sentences(base, head), ...settingSentences(settings)],
    dns: dnChanges(base.settings.dns, head.settings.dns),
    opened: missing(head.listeners, base.listeners),
    closed: missing(base.listeners, head.listeners),
    images: imageChanges(base, head),
    containers: containerChanges(base, head),
    secrets: { needed: without(head.secrets, base.secrets), unused: without(base.secrets, head.secrets) },
    volumes: { created: without(head.volumes, base.volumes), destroyed: without(base.volumes, head.volumes) },
    settings,
    files: fileChanges(base, head),
  };
  const standingViolations = violations(base, head).standing;
  const { files, containers, images, volumes, dns } = parts;
  const lists = [settings, files, containers, images, volumes.created, volumes.destroyed];
  if (lists.every((list) => list.length === 0))
    return { ...parts, kind: "unchanged", consequences: [], standingViolations };
  const sameSettings = settings.length === 0 && Object.values(dns).every((numbers) => numbers.length === 0);
  return {
    ...parts,
    sentences: sameSettings
      ? [...parts.sentences, "no setting changes: what the code renders or builds does"]
      : parts.sentences,
    consequences: consequencesOf(base, head, parts),
    standingViolations,
  };
}

const nothing = {
  closed: [],
  settings: [],
  images: [],
  containers: [],
  standingViolations: [],
} as const;

function added(head: Deployment): Change {
  const { forwardingMode, dns, docker } = head.settings;
  const numbers = dns.map(({ number }) => number);
  const parts = {
    ...nothing,
    name: head.name,
    kind: "added" as const,
    sentences: [
      `a new environment on ${docker.host}, forwardingMode ${forwardingMode}: ${Object.keys(head.services).sort().join(", ")}`,
    ],
    dns: { added: numbers, removed: [], renamed: [] },
    opened: head.listeners,
    files: fileChanges(undefined, head),
    secrets: { needed: head.secrets, unused: [] },
    volumes: { created: head.volumes, destroyed: [] },
  };
  return { ...parts, consequences: consequencesOfNew(head, parts) };
}

function removed(base: Deployment): Change {
  const numbers = base.settings.dns.map(({ number }) => number);
  return {
    ...nothing,
    name: base.name,
    kind: "removed",
    sentences: [
      `its file is gone: no deploy changes what runs on ${base.settings.docker.host}, with its DNs ${numbersText(numbers)}`,
    ],
    consequences: consequencesOfRemoved(base),
    dns: { added: [], removed: [], renamed: [] },
    opened: [],
    files: [],
    secrets: { needed: [], unused: [] },
    volumes: { created: [], destroyed: [] },
  };
}

function dnChanges(before: readonly Dn[], after: readonly Dn[]): DnChanges {
  const [old, now] = [before, after].map((dns) => new Map(dns.map((dn) => [dn.number, dn.displayName]))) as [
    Map<string, string | undefined>,
    Map<string, string | undefined>,
  ];
  return {
    added: [...now.keys()].filter((number) => !old.has(number)),
    removed: [...old.keys()].filter((number) => !now.has(number)),
    renamed: [...now.keys()].filter((number) => old.has(number) && old.get(number) !== now.get(number)),
  };
}

function missing(listeners: readonly Listener[], others: readonly Listener[]): Listener[] {
  const places = new Set(others.map(identity));
  return listeners.filter((listener) => !places.has(identity(listener)));
}

/** The same port of the same service that loses its TLS is another. */
function identity(listener: Listener): string {
  return `${listener.service} ${placeOf(listener)} ${listener.tls}`;
}

function without(names: readonly string[], others: readonly string[]): string[] {
  const known = new Set(others);
  return names.filter((name) => !known.has(name));
}
