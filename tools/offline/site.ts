import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Environment } from "../../config";
import { root } from "../arguments";
import type { Engine } from "../docker-provider/engine/engine";
import { OperatorError, step } from "../progress";
import { engineFor, layersOf, loadImages } from "./engine-images";
import { checkManifest, checkPart, IMAGES, MANIFEST, type Manifest, readManifest } from "./parts";
import { needsOf } from "./stack-images";

/** Where a site has the parts of its bundle. */
const OFFLINE = join(root, "offline");

/**
 * The bundle that this directory deploys from; undefined where there is none.
 *
 * @throws Error when it is not one for this environment, this machine or this project's images
 */
export async function bundleFor(environment: Environment): Promise<Manifest | undefined> {
  if (!existsSync(OFFLINE)) return undefined;
  await checkPart(OFFLINE, MANIFEST);
  const manifest = readManifest(OFFLINE);
  checkManifest(manifest, environment.name);
  const brought = new Set(manifest.images.map(({ name }) => name));
  const lacking = needsOf(environment).images.find(({ tag }) => !brought.has(tag));
  if (lacking !== undefined) {
    throw new OperatorError(
      `the bundle in offline/ lacks ${lacking.tag}: it was made of commit ${manifest.commit.slice(0, 12)}, ` +
        `and environments/${environment.name}.yaml, assets/ or lib/ have changed since. ` +
        "Take a bundle of what is here, or remove offline/ to build where Debian's packages can be reached",
    );
  }
  return manifest;
}

/**
 * Loads the bundle's images into the environment's engine, unless it has them all.
 *
 * @throws Error when they are damaged, or would take the name of another image
 */
export async function provideImages(
  environment: Pick<Environment, "name" | "docker" | "images">,
  manifest: Pick<Manifest, "architecture" | "images">,
  offline = OFFLINE,
): Promise<void> {
  const engine = engineFor(environment);
  try {
    await checkEngine(engine, manifest);
    const missing = await missingOf(engine, environment, manifest);
    if (missing.length === 0) return;
    await step(`Images of the bundle: load ${missing.length}`, async (show) => {
      show("checking them");
      await checkPart(offline, IMAGES);
      await loadImages(engine, join(offline, IMAGES), show);
    });
    const [absent] = await missingOf(engine, environment, manifest);
    if (absent !== undefined) throw new OperatorError(`the engine has taken the images, but not ${absent}`);
  } finally {
    engine.close();
  }
}

async function checkEngine(engine: Engine, manifest: Pick<Manifest, "architecture">): Promise<void> {
  const { Arch } = await engine.request<{ Arch: string }>("/version", {
    signal: AbortSignal.timeout(60_000),
  });
  if (Arch === manifest.architecture) return;
  throw new OperatorError(
    `the bundle's images are for ${manifest.architecture}, and the engine at ${engine.address} runs on ${Arch}`,
  );
}

async function missingOf(
  engine: Engine,
  environment: Pick<Environment, "name" | "images">,
  manifest: Pick<Manifest, "images">,
): Promise<string[]> {
  const missing: string[] = [];
  for (const { name, layers } of manifest.images) {
    const found = await layersOf(engine, name);
    if (found === undefined) missing.push(name);
    // The name of one that is built is the hash of what it is built from: any of that name will do.
    else if (found !== layers && environment.images.source === "registry") {
      throw new OperatorError(
        `the engine has another image than the bundle under ${name}, which containers may run: ` +
          `raise images.tag in environments/${environment.name}.yaml with each release, and make the bundle again`,
      );
    }
  }
  return missing;
}
