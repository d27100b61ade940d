import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { join, relative } from "node:path";

const root = join(__dirname, "..", "..");

/** What goes into one image: the folder for the engine, and the hash that names the image. */
export interface BuildContext {
  /** Absolute path of the folder with the Dockerfile. */
  readonly directory: string;
  /** 12 hexadecimal digits over everything that can change the image. */
  readonly hash: string;
}

/**
 * Makes the Docker build context of a service from `assets/<service>/`.
 *
 * A folder with `src/main.ts` is a TypeScript service: its context is that folder without `src/`, plus
 * `server.js`, one file bundled by esbuild. Bundles are kept in `.cache/` under the hash of their sources, so that
 * a synth that changes nothing bundles nothing.
 *
 * @param recipe whatever else makes another image: the base in `FROM`, how it is built
 */
export function buildContext(service: string, recipe: string): BuildContext {
  const source = join(root, "assets", service);
  if (!existsSync(join(source, "Dockerfile"))) {
    throw new Error(
      `assets/${service}/Dockerfile is missing: every image is built from its folder in assets/`,
    );
  }
  const entry = join(source, "src", "main.ts");
  if (!existsSync(entry)) {
    return { directory: source, hash: hashOf(recipe, [source]) };
  }
  // The lock file stands for every library that esbuild may pull in.
  const sources = hashOf("", [source, join(root, "lib"), join(root, "package-lock.json")]);
  const directory = join(root, ".cache", "contexts", `${service}-${sources}`);
  if (!existsSync(directory)) {
    mkdirSync(join(root, ".cache", "contexts"), { recursive: true });
    const staging = mkdtempSync(join(root, ".cache", "contexts", "staging-"));
    try {
      // Loaded only when there is something to bundle: most synths have nothing.
      const { buildSync } = require("esbuild") as typeof import("esbuild");
      cpSync(source, staging, { recursive: true, filter: (path) => path !== join(source, "src") });
      buildSync({
        entryPoints: [entry],
        absWorkingDir: root,
        outfile: join(staging, "server.js"),
        bundle: true,
        platform: "node",
        target: "node20",
        // Optional native accelerators; every library that asks for one works without it.
        external: ["pg-native", "bufferutil", "utf-8-validate", "cpu-features"],
        logLevel: "warning",
      });
      renameSync(staging, directory);
    } catch (error) {
      rmSync(staging, { recursive: true, force: true });
      // Another synth may have made the same context meanwhile: it is the same by its name.
      if (!existsSync(directory)) throw error;
    }
  }
  // By what was bundled, not by its sources: a change in lib/ that this service doesn't use is none to its image.
  return { directory, hash: hashOf(recipe, [directory]) };
}

/** Over names, modes and contents of all files, wherever the project lies. */
function hashOf(recipe: string, paths: readonly string[]): string {
  const hash = createHash("sha256").update(recipe);
  for (const path of paths) {
    for (const file of filesBelow(path)) {
      const executable = (statSync(file).mode & 0o111) !== 0;
      hash.update(`\0${relative(path, file)}\0${executable}\0`).update(readFileSync(file));
    }
  }
  return hash.digest("hex").slice(0, 12);
}

function filesBelow(path: string): string[] {
  if (statSync(path).isFile()) return [path];
  const entries = readdirSync(path, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => join(entry.parentPath, entry.name)).sort();
}
