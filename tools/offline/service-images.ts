import type { Environment } from "../../config";
import { baseImages } from "../../constructs/service/base-images";
import { BUILD, type ServiceImage } from "../../constructs/service/service-image";
import type { Engine } from "../docker-provider/engine/engine";
import { build } from "../docker-provider/resources/image/build";
import { reference } from "../docker-provider/resources/image/pull";
import { OperatorError, step } from "../progress";
import { run } from "../run";
import { layersOf } from "./engine-images";
import { needsOf } from "./stack-images";

const BUILD_DEADLINE = 30 * 60_000;
const PULL_DEADLINE = 30 * 60_000;

/**
 * Makes sure that the engine has the images of an environment, and returns their names.
 *
 * Those that are built are built by the provider's own code, on the base images, which the engine has; one that is
 * there already is what its name says.
 *
 * @param fromHere build what the environment would pull, and give it the registry's name
 */
export async function provideHere(
  engine: Engine,
  environment: Environment,
  fromHere: boolean,
): Promise<string[]> {
  const { images } = needsOf(environment);
  if (environment.images.source === "registry" && !fromHere) {
    for (const { tag } of images) await step(`Image ${tag}: pull`, (show) => pull(engine, tag, show));
    return images.map(({ tag }) => tag);
  }
  const built = needsOf({ ...environment, images: { source: "build" } }).images;
  for (const image of built) {
    if ((await layersOf(engine, image.tag)) === undefined) {
      await step(`Image ${image.tag}: build`, () => buildImage(engine, image));
    }
  }
  // The same stack, so the same images in the same order.
  for (const [index, image] of images.entries()) {
    const source = built[index]?.tag ?? "";
    if (source !== image.tag) await rename(engine, source, image.tag);
  }
  const bases = Object.values(baseImages).map(({ reference }) => reference);
  return [...images.map(({ tag }) => tag), ...bases];
}

async function buildImage(engine: Engine, { tag, recipe }: ServiceImage): Promise<void> {
  if (!recipe) throw new Error(`${tag} is not built`);
  const signal = AbortSignal.timeout(BUILD_DEADLINE);
  const context = { engine, credentials: new Map(), surroundings: { env: process.env }, signal };
  await build(context, tag, {
    context: recipe.directory,
    build_args: { BASE: recipe.base },
    network_mode: BUILD.networkMode,
    force_remove: BUILD.forceRemove,
  });
}

/** Pulls even what the engine has: a registry's tag may have moved. By the docker command, which knows passwords. */
async function pull(engine: Engine, name: string, show: (line: string) => void): Promise<void> {
  const env = { ...process.env, DOCKER_HOST: engine.address };
  await run("docker", ["pull", name], { env, deadline: PULL_DEADLINE, onLine: show }).catch(
    (error: Error) => {
      throw new OperatorError(
        `${error.message}\nBring this machine to the registry (docker login where it asks for a password), ` +
          "or say --build: then the images are made of this commit, under the registry's names",
      );
    },
  );
}

async function rename(engine: Engine, from: string, to: string): Promise<void> {
  const { fromImage: repo, tag } = reference(to);
  const signal = AbortSignal.timeout(60_000);
  await engine.request(`/images/${encodeURI(from)}/tag`, { method: "POST", query: { repo, tag }, signal });
}
