import type { ActualService, ReleaseFiles } from "./actual";
import type { MeantService } from "./meant";
import { deviations } from "./settings";

/** One way in which what runs is not what was meant. */
export interface Drift {
  readonly service: string;
  /** In words, without the service's name. */
  readonly text: string;
  /**
   * What has to be made anew, as `bin/up --replace` takes it. Empty: the next deploy makes it right by itself;
   * undefined: the text says what to do.
   */
  readonly replace: readonly string[] | undefined;
  /** The release in force is that of this mode: it may be what was meant. */
  readonly otherMode?: string;
}

/** The same service in the other mode: what was meant, perhaps, when FORWARDING_MODE was forgotten. */
export interface OtherMode {
  readonly mode: string;
  readonly hash: string;
}

/** Everything in which a service is not as meant. */
export function compare(meant: MeantService, actual: ActualService, other?: OtherMode): Drift[] {
  const { container } = actual;
  const drift = (text: string, replace: Drift["replace"]): Drift => ({ service: meant.name, text, replace });
  if (!container) return [drift("there is no container", [])];
  if (container.State.Paused) return [drift(`is paused: docker unpause ${meant.container}`, undefined)];
  if (!container.State.Running) return [drift(`is ${container.State.Status}, and does not run`, [])];
  const faults = [
    ...imageDrift(meant, actual),
    ...ownFilesDrift(meant, actual),
    ...releaseDrift(meant, actual, other),
  ];
  return faults.map((fault) => ({ service: meant.name, ...fault }));
}

type Fault = Omit<Drift, "service">;

function imageDrift(meant: MeantService, { container, image, release }: ActualService): Fault[] {
  if (!container) return [];
  const reference = container.Config.Image;
  if (reference !== meant.image) {
    // What a deploy made is of one image with its release; then the next deploy replaces both.
    const byDeploy = release?.image === reference;
    const text = `runs image ${reference}, and this checkout means ${meant.image}`;
    return [{ text, replace: byDeploy ? [] : [meant.name] }];
  }
  const named = image?.Id;
  const ids = [container.Image, named, ...(release?.image === reference ? [release.imageId] : [])];
  if (new Set(ids).size > 1) {
    const text = `the name ${reference} stands for ${short(named)} here, and the container was made of ${short(container.Image)}`;
    const own = release?.image === reference && meant.release ? [meant.release.name] : [];
    return [{ text, replace: [`${meant.name}-image`, meant.name, ...own] }];
  }
  if (!image) return [];
  const found = deviations(meant.attributes, container, image);
  if (found.length === 0) return [];
  const bySelf = found.every(({ inPlace }) => inPlace);
  return [{ text: list(found.map(({ text }) => text)), replace: bySelf ? [] : [meant.name] }];
}

function short(id: string | undefined): string {
  return id?.replace(/^sha256:/, "").slice(0, 12) ?? "nothing";
}

function ownFilesDrift(meant: MeantService, { changed }: ActualService): Fault[] {
  if (changed.length === 0) return [];
  return [{ text: `files of its image were changed: ${list(changed)}`, replace: [meant.name] }];
}

function releaseDrift(meant: MeantService, actual: ActualService, other?: OtherMode): Fault[] {
  const { files, loaded, unseen, release } = actual;
  if (!meant.release) return [];
  const { name, hash } = meant.release;
  // Terraform brings a release when its hash is another than that of the last one that it brought.
  const again = release?.hash === hash ? [name] : [];
  if (unseen !== undefined) return [{ text: `can't be looked into: ${unseen}`, replace: undefined }];
  const inForce = (found: string): Fault[] => {
    if (found === hash) return [];
    const text = `release ${found} is in force, and this checkout means ${hash}`;
    return [{ text, replace: again, ...(found === other?.hash && { otherMode: other.mode }) }];
  };
  // Postgres: its release is what was done to the database.
  if (!files) return release ? inForce(release.hash) : [];
  const faults = inForce(files.release);
  faults.push(...fileDrift(meant, actual, files, again));
  if (loaded !== files.release) {
    const has = loaded === undefined ? "has no release" : `has release ${loaded}`;
    faults.push({ text: `${has} loaded, and ${files.release} is in force`, replace: again });
  }
  return faults;
}

/** @param again what has to be made anew for the release to be brought again */
function fileDrift(
  meant: MeantService,
  { container }: ActualService,
  files: ReleaseFiles,
  again: readonly string[],
): Fault[] {
  if (files.listed.length === 0) {
    // One of an older version has none, and the next deploy brings another.
    if (files.release !== meant.release?.hash) return [];
    return [{ text: `the list of what release ${files.release} wrote is gone`, replace: again }];
  }
  const started = Date.parse(container?.State.StartedAt ?? "") / 1000;
  const fault = (path: string, text: string): Fault => {
    // Read once at start: a release puts the file back, and only a new process reads that.
    const read = meant.bootFiles.includes(path) && (files.found.get(path) ?? 0) < started;
    return { text: `/config/current/${path} ${text}`, replace: read ? [...again, meant.name] : again };
  };
  const added = [...files.found.keys()].filter((path) => !files.listed.includes(path));
  return [
    ...files.differing.map((path) =>
      files.found.has(path)
        ? fault(path, `is not what release ${files.release} wrote`)
        : fault(path, `of release ${files.release} is gone`),
    ),
    ...added.map((path) => fault(path, `was not written by release ${files.release}`)),
  ];
}

/** At most eight, and how many more. */
function list(items: readonly string[]): string {
  const shown = items.slice(0, 8).join(", ");
  return items.length > 8 ? `${shown} and ${items.length - 8} more` : shown;
}
