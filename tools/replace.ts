import type Docker from "dockerode";
import type { Environment } from "../config";
import { OperatorError } from "./progress";
import { meantServices } from "./verify/drift/meant";
import { unlessMissing } from "./verify/host";

/**
 * Removes what the next deploy shall make anew although nothing that Terraform knows has changed: a service's
 * container (`nginx`), the container of its release (`nginx-release`), or its image's name (`nginx-image`).
 *
 * @throws OperatorError when one of the names is none, before anything is removed
 */
export async function removeForReplacement(
  environment: Environment,
  engine: Docker,
  names: readonly string[],
): Promise<void> {
  const services = meantServices(environment);
  const containers = services.flatMap(({ name, release }) => (release ? [name, release.name] : [name]));
  const images = new Map(services.map(({ name, image }) => [`${name}-image`, image]));
  const unknown = names.filter((name) => !containers.includes(name) && !images.has(name));
  if (unknown.length > 0) {
    const known = [...containers, ...images.keys()].sort().join(", ");
    throw new OperatorError(
      `--replace: ${environment.name} has no ${unknown.join(", ")}: choose of ${known}`,
    );
  }
  // Containers first: an image that one of them uses can't go.
  for (const name of names.filter((name) => containers.includes(name))) {
    await removeContainer(engine.getContainer(`${environment.name}-${name}`));
  }
  for (const [name, reference] of images) {
    // Its layers stay, for it to be built again without its downloads.
    const removal = { force: true, noprune: true };
    if (names.includes(name)) await unlessMissing(engine.getImage(reference).remove(removal));
  }
}

/** Seconds: the client waits for half a minute at most. */
const LONGEST_STOP = 25;

async function removeContainer(container: Docker.Container): Promise<void> {
  const info = await unlessMissing(container.inspect());
  if (!info) return;
  const { StopTimeout = 10 } = info.Config as { readonly StopTimeout?: number };
  if (info.State.Running && !info.State.Paused) {
    await container.stop({ t: Math.min(StopTimeout, LONGEST_STOP) });
  }
  await unlessMissing(container.remove({ force: true, v: true }));
}
