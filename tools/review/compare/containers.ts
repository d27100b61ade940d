import { plan } from "../../docker-provider/plan";
import { rules } from "../../docker-provider/resources/container/rules";
import { schemas } from "../../docker-provider/schema";
import { at, blocks, equivalent, type State, strings, text, UNKNOWN } from "../../docker-provider/value";
import type { ContainerModel, Deployment, Service } from "../model/deployment";
import type { ContainerChange } from "./change";

const schema = schemas.docker_container;

/** What becomes of every container, by the provider's own rules of replacement. */
export function containerChanges(base: Deployment, head: Deployment): ContainerChange[] {
  const before = containersOf(base);
  const after = containersOf(head);
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names.flatMap((name): ContainerChange[] => {
    const [old, now] = [before.get(name), after.get(name)];
    const one = (now ?? old) as Owned;
    const change = (action: ContainerChange["action"], attributes: readonly string[] = []) => [
      { service: one.service, name, longRunning: one.longRunning, action, attributes },
    ];
    if (!old) return change("created");
    if (!now) return change("destroyed");
    // To Terraform another address is another thing: it destroys the one and creates the other.
    if (old.container.address !== now.container.address)
      return change("replaced", ["its place in the stack"]);
    const { changed, replace } = attributesChanged(old, now);
    if (replace.length > 0) return change("replaced", replace);
    return changed.length > 0 ? change("changed in place", changed) : [];
  });
}

interface Owned {
  readonly service: string;
  readonly longRunning: boolean;
  readonly container: ContainerModel;
  /** What the engine is given as files: a release's. */
  readonly files: Readonly<Record<string, string>>;
}

function containersOf({ services }: Deployment): Map<string, Owned> {
  const all = Object.values(services).flatMap(({ name: service, container, oneShots, files }): Owned[] => [
    ...(container ? [{ service, longRunning: true, container, files: {} }] : []),
    ...oneShots.map((one) => ({ service, longRunning: false, container: one, files })),
  ]);
  return new Map(all.map((one) => [one.container.name, one]));
}

function attributesChanged(old: Owned, now: Owned) {
  const [before, after] = [withFiles(old), withFiles(now)];
  const created = plan(schema, null, before, rules).planned;
  // What the engine would have filled in is unknown here, and the same on both sides.
  const prior = Object.fromEntries(
    Object.entries(created).map(([name, value]) => [name, value === UNKNOWN ? null : value]),
  );
  const { planned, replace } = plan(schema, prior, after, rules);
  const changed = Object.entries(schema.attributes)
    .filter(([name, attribute]) => !equivalent(attribute, at(prior, name), at(planned, name)))
    .map(([name]) => name);
  return { changed, replace: replace.flatMap((name) => describe(name, before, after)) };
}

function withFiles({ container, files }: Owned): State {
  const upload = Object.entries(files).map(([file, content]) => ({ file, content }));
  return { ...container.attributes, upload };
}

/** An attribute's name, with the member that differs where one says more. */
function describe(attribute: string, before: State, after: State): string[] {
  const lines = (state: State): string[] => {
    if (attribute === "env") return strings(state.env);
    if (attribute !== "labels") return [];
    return blocks(state.labels).map(({ label, value }) => `${text(label)}=${text(value)}`);
  };
  const [old, now] = [lines(before), lines(after)];
  const different = [...old.filter((one) => !now.includes(one)), ...now.filter((one) => !old.includes(one))];
  const names = [...new Set(different.map((line) => line.split("=")[0] ?? ""))].sort();
  return names.length > 0 ? names.map((name) => `${attribute} ${name}`) : [attribute];
}

/**
 * A container's wiring as text, to be compared by people. What only repeats that a file or an image has changed is left
 * out: hashes and tags.
 */
export function wiringText(service: Service | undefined): Record<string, string> {
  const containers = [...(service?.container ? [service.container] : []), ...(service?.oneShots ?? [])];
  return Object.fromEntries(
    containers.map(({ name, attributes }) => {
      const given = Object.entries(attributes).filter(
        ([key, value]) => !["name", "image"].includes(key) && isSet(value),
      );
      const shown = given.map(([key, value]) => {
        if (key === "env") return [key, strings(value).filter((line) => !line.startsWith("RELEASE_HASH="))];
        if (key !== "labels") return [key, value];
        return [key, blocks(value).filter(({ label }) => !HASHES.includes(text(label)))];
      });
      const sorted = Object.fromEntries(shown.sort(([a], [b]) => ((a as string) < (b as string) ? -1 : 1)));
      return [`container ${name}`, `${JSON.stringify(sorted, withoutNothing, 2)}\n`];
    }),
  );
}

const HASHES = ["webrtc-genesys.release", "webrtc-genesys.boot"];

function isSet(value: unknown): boolean {
  return value !== null && !(Array.isArray(value) && value.length === 0);
}

function withoutNothing(_key: string, value: unknown): unknown {
  return isSet(value) ? value : undefined;
}
