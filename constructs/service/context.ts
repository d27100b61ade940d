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
import { bundlePage, bundleService } from "./bundle";

const root = join(__dirname, "..", "..");

/**
 * What a bundle is made of besides the service's own folder. The lock file stands for every library that esbuild may
 * pull in.
 */
const bundledFrom = [
  join(root, "lib"),
  join(root, "package-lock.json"),
  join(root, "tsconfig.json"),
  join(__dirname, "bundle.ts"),
];

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
 * Sources are not in it, but what they are bundled to: `src/main.ts`, a TypeScript service, to `server.js`; a folder
 * `<page>/` with `index.html` and `main.ts`, a browser page, to a folder of the same name. Bundles are kept in
 * `.cache/` under the hash of their sources, so that a synth that changes nothing bundles nothing.
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
  const isService = existsSync(entry);
  const pages = readdirSync(source).filter((name) =>
    ["index.html", "main.ts"].every((file) => existsSync(join(source, name, file))),
  );
  if (!isService && pages.length === 0) {
    return { directory: source, hash: hashOf(recipe, [source]) };
  }
  const sources = hashOf("", [source, ...bundledFrom]);
  const directory = join(root, ".cache", "contexts", `${service}-${sources}`);
  if (!existsSync(directory)) {
    mkdirSync(join(root, ".cache", "contexts"), { recursive: true });
    const staging = mkdtempSync(join(root, ".cache", "contexts", "staging-"));
    try {
      const left = ["src", ...pages].map((name) => join(source, name));
      cpSync(source, staging, { recursive: true, filter: (path) => !left.includes(path) });
      if (isService) bundleService(entry, join(staging, "server.js"));
      for (const page of pages) bundlePage(join(source, page), join(staging, page));
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
