import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "../arguments";
import { OperatorError } from "../progress";
import { run } from "../run";

const DOWNLOAD_DEADLINE = 15 * 60_000;

/** A package as package-lock.json names it: its hashes, as in "sha512-Base64==", and "name@version". */
export interface LockedPackage {
  readonly integrity: string;
  readonly spec: string;
}

/**
 * The packages that are installed here, each once: those of this platform.
 *
 * @throws OperatorError when what is installed is not what package-lock.json says
 */
export function installedPackages(project = root): LockedPackage[] {
  const mark = join(project, "node_modules", ".webrtc-genesys-lock");
  const lock = readFileSync(join(project, "package-lock.json"));
  if (!existsSync(mark) || !readFileSync(mark).equals(lock)) {
    throw new OperatorError("the npm packages are not those of package-lock.json: run bin/install");
  }
  // npm's own note of what it has installed.
  const { packages } = JSON.parse(
    readFileSync(join(project, "node_modules", ".package-lock.json"), "utf8"),
  ) as { packages: Record<string, { name?: string; version?: string; integrity?: string }> };
  const found = new Map<string, LockedPackage>();
  for (const [path, { name, version, integrity }] of Object.entries(packages)) {
    // A package that is packed inside another one has none.
    if (integrity === undefined) continue;
    const folder = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    found.set(integrity, { integrity, spec: `${name ?? folder}@${version}` });
  }
  return [...found.values()];
}

/**
 * Fills `directory`, an empty one, with an npm cache that has these packages and nothing else, in npm's own layout by
 * content: npm looks them up by their hash. What this user's npm cache lacks is fetched from the registry into it.
 */
export async function fillNpmCache(
  packages: readonly LockedPackage[],
  directory: string,
  show: (line: string) => void,
): Promise<void> {
  const cache = (await run("npm", ["config", "get", "cache"], { deadline: 60_000 })).trim();
  const lacking = packages.filter(({ integrity }) => !existsSync(join(cache, contentPath(integrity))));
  if (lacking.length > 0) {
    show(`fetching ${lacking.length} packages`);
    await run("npm", ["cache", "add", ...lacking.map(({ spec }) => spec)], {
      cwd: root,
      deadline: DOWNLOAD_DEADLINE,
      onLine: show,
    });
  }
  for (const { integrity, spec } of packages) {
    const path = contentPath(integrity);
    const content = existsSync(join(cache, path)) ? readFileSync(join(cache, path)) : undefined;
    if (content === undefined || !matches(content, integrity)) {
      throw new OperatorError(
        `npm's cache ${cache} has not ${spec} as package-lock.json wants it: npm cache verify`,
      );
    }
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
}

/** Where npm's cache keeps what has this hash. */
export function contentPath(integrity: string): string {
  const [algorithm, hex] = strongest(integrity);
  return join("_cacache", "content-v2", algorithm, hex.slice(0, 2), hex.slice(2, 4), hex.slice(4));
}

function matches(content: Buffer, integrity: string): boolean {
  const [algorithm, hex] = strongest(integrity);
  return createHash(algorithm).update(content).digest("hex") === hex;
}

/** npm goes by the strongest of several hashes: algorithm and hexadecimal digest. */
function strongest(integrity: string): [algorithm: string, hex: string] {
  const hashes = integrity.split(/\s+/).map((hash) => hash.split("-", 2));
  const [algorithm = "", digest = ""] =
    ["sha512", "sha384", "sha256", "sha1"]
      .map((name) => hashes.find(([algorithm]) => algorithm === name))
      .find((hash) => hash !== undefined) ?? [];
  if (digest === "") throw new Error(`package-lock.json: integrity '${integrity}' is none of npm's hashes`);
  return [algorithm, Buffer.from(digest, "base64").toString("hex")];
}
