import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "..", "..");

/**
 * The build context of an image that an offline bundle has brought, in place of its own; undefined where there is no
 * bundle, or the image is not in it.
 *
 * `bin/up` loads the bundle's images before it deploys (tools/offline). Terraform builds what its state lacks all the
 * same, and must plan the same with a bundle as without one. So the build is as ever, but for a Dockerfile that makes
 * the image out of itself, which takes nothing but the image.
 */
export function offlineContext(image: string, project = root): string | undefined {
  if (!bundled(project).has(image)) return undefined;
  const contexts = join(project, ".cache", "contexts");
  const directory = join(contexts, `offline-${image.replaceAll(/[^a-z0-9]+/g, "-")}`);
  if (existsSync(directory)) return directory;
  mkdirSync(contexts, { recursive: true });
  const staging = mkdtempSync(join(contexts, "staging-"));
  writeFileSync(join(staging, "Dockerfile"), `# Loaded from the bundle.\nARG BASE\nFROM ${image}\n`);
  try {
    renameSync(staging, directory);
  } catch (error) {
    rmSync(staging, { recursive: true, force: true });
    // Another synth may have made it meanwhile.
    if (!existsSync(directory)) throw error;
  }
  return directory;
}

function bundled(project: string): ReadonlySet<string> {
  const manifest = join(project, "offline", "manifest.json");
  if (!existsSync(manifest)) return new Set();
  const { images } = JSON.parse(readFileSync(manifest, "utf8")) as { images: { name: string }[] };
  return new Set(images.map(({ name }) => name));
}
