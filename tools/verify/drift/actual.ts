import type Docker from "dockerode";
import { users } from "../../../constructs/service/users";
import type { DockerHost } from "../host";
import { type MeantService, RELEASE_LABEL } from "./meant";

/** A service as the engine has it. */
export interface ActualService {
  /** Absent: there is no container of that name. */
  readonly container?: Docker.ContainerInspectInfo;
  /** What the meant image's name stands for here; absent: nothing. */
  readonly image?: Docker.ImageInspectInfo;
  /** Paths in the container's own file system that differ from its image, volumes and tmpfs aside. */
  readonly changed: readonly string[];
  /** The container that brought its last release; absent: it was removed. */
  readonly release?: { readonly hash: string; readonly image: string; readonly imageId: string };
  /** Absent where it has none, or can't be asked. */
  readonly files?: ReleaseFiles;
  /** The release that the running service says it has loaded. */
  readonly loaded?: string;
  /** Why the running service could not be asked for some of this. */
  readonly unseen?: string;
}

/** What is in /config/current. */
export interface ReleaseFiles {
  /** The hash in .release. */
  readonly release: string;
  /** Paths that the release wrote, by its own list; empty: it left none. */
  readonly listed: readonly string[];
  /** Those of them whose content is another, or that are gone. */
  readonly differing: readonly string[];
  /** Every file that is there: its path, and when it was last written, in seconds since 1970. */
  readonly found: ReadonlyMap<string, number>;
}

/** Looks at one service through the engine. */
export async function actualService(host: DockerHost, meant: MeantService): Promise<ActualService> {
  const [container, image, release] = await Promise.all([
    host.inspect(meant.name),
    host.image(meant.image),
    meant.release && host.inspect(meant.release.name),
  ]);
  const seen = {
    container,
    image,
    ...(release && {
      release: {
        hash: release.Config.Labels[RELEASE_LABEL] ?? "",
        image: release.Config.Image,
        imageId: release.Image,
      },
    }),
  };
  if (!container?.State.Running || container.State.Paused) return { ...seen, changed: [] };
  // Nothing can be written to a read-only one, and the engine takes seconds of CPU to compare. That it is one is a setting.
  const changed = container.HostConfig.ReadonlyRootfs
    ? []
    : changedPaths(await host.changes(meant.name), container);
  if (!meant.release) return { ...seen, changed };
  try {
    return { ...seen, changed, ...(await inside(host, meant.name as keyof typeof users)) };
  } catch (error) {
    return { ...seen, changed, unseen: (error as Error).message };
  }
}

/** Places that something is mounted on are made in the container's own file system by the engine itself. */
export function changedPaths(
  changes: readonly { readonly Path: string; readonly Kind: number }[],
  { Mounts, HostConfig }: Docker.ContainerInspectInfo,
): string[] {
  const places = [...Mounts.map(({ Destination }) => Destination), ...Object.keys(HostConfig.Tmpfs ?? {})];
  const isPlace = (path: string) => places.some((place) => place === path || place.startsWith(`${path}/`));
  const paths = changes.map(({ Path }) => Path).filter((path) => !isPlace(path));
  // A changed file changes its folders, which says nothing more.
  return paths.filter((path) => !paths.some((other) => other.startsWith(`${path}/`))).sort();
}

const HEALTH = ["/usr/local/bin/healthcheck"];

/** How each service says which release it has loaded; Postgres has none. */
const LOADED: Readonly<Record<keyof typeof users, readonly string[] | undefined>> = {
  nginx: ["/usr/local/bin/status"],
  asterisk: ["asterisk", "-C", "/config/current/asterisk.conf", "-rx", "dialplan show globals"],
  postgres: undefined,
  "sip-proxy": HEALTH,
  "registration-monitor": HEALTH,
  "genesys-simulator": HEALTH,
  "call-control": HEALTH,
};

async function inside(host: DockerHost, service: keyof typeof users) {
  const ask = LOADED[service];
  if (!ask) return {};
  // By the user that the files are readable by, whoever a container made by hand runs as.
  const user = String(users[service]);
  const files = readListing(await host.exec(service, ["sh", "-c", LISTING], { user }));
  const loaded = releaseIn(await host.exec(service, ask, { user }));
  return { files, loaded };
}

/** Hashes are compared where the files are: neither they nor a file's content leave the container. */
const LISTING = `
  cd /config/current/ || exit 1
  sed 's/^/release /' .release
  if [ -e .manifest ]; then
    sed 's/^[0-9a-f]*  /listed /' .manifest
    timeout 10 sha256sum --check --quiet .manifest 2>/dev/null | sed 's/^/differing /'
  fi
  find . ! -type d ! -path ./.manifest -printf 'found %T@ %p\\n'`;

export function readListing(output: string): ReleaseFiles {
  const lines = output.split("\n");
  const all = (pattern: RegExp) => lines.flatMap((line) => pattern.exec(line)?.slice(1) ?? []);
  const found = lines.flatMap((line) => {
    const [, time = "", path = ""] = /^found (\S+) \.\/(.*)$/.exec(line) ?? [];
    return path ? [[path, Number(time)] as const] : [];
  });
  return {
    release: all(/^release (.*)$/)[0] ?? "",
    listed: all(/^listed \.\/(.*)$/),
    differing: all(/^differing \.\/(.*): FAILED(?: open or read)?$/),
    found: new Map(found),
  };
}

/** In what nginx's status, Asterisk's globals or a service's health say. */
export function releaseIn(said: string): string | undefined {
  return /(?:^|RELEASE=|"release": ?")([0-9a-f]{12})(?:"|$)/m.exec(said)?.[1];
}
