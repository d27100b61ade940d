import type Docker from "dockerode";

/**
 * Removes every container and volume that carries an environment's label, in no matter whose state they are.
 *
 * @returns their names
 */
export async function removeLabelled(engine: Docker, environment: string): Promise<string[]> {
  const filters = { label: [`webrtc-genesys.environment=${environment}`] };
  const removed: string[] = [];
  for (const { Id, Names } of await engine.listContainers({ all: true, filters })) {
    await engine.getContainer(Id).remove({ force: true, v: true });
    removed.push(Names[0]?.slice(1) ?? Id);
  }
  const { Volumes: volumes } = await engine.listVolumes({ filters });
  for (const { Name } of volumes ?? []) {
    await engine.getVolume(Name).remove();
    removed.push(Name);
  }
  return removed;
}
