import type Docker from "dockerode";
import { baseImages } from "../../constructs/service/base-images";
import { environmentNamed, root } from "../arguments";
import { ensureEngine } from "../engine";
import { removeLabelled } from "../labelled";
import { run } from "../run";
import { type Figure, seconds } from "./measure";

const up = () => seconds("./bin/up", ["local"], root);
const destroy = () =>
  run("npm", ["run", "--silent", "destroy", "--", "local", "--yes"], { cwd: root, deadline: 300_000 });

/**
 * How long bin/up takes: from nothing (base images too), with images built, and when there is nothing to do; and
 * what the running environment needs. Takes environment `local` down and leaves it up.
 */
export async function benchUp(): Promise<Figure[]> {
  const engine = await ensureEngine(environmentNamed("local"));
  await destroy();
  for (const { reference } of Object.values(baseImages)) {
    await engine
      .getImage(reference)
      .remove({ force: true })
      .catch(() => undefined);
  }
  await engine.pruneImages();
  const fromNothing = up();
  const again = [up(), up(), up()];
  const built: number[] = [];
  for (let i = 0; i < 3; i++) {
    await removeLabelled(engine, "local");
    built.push(up());
  }
  return [
    { name: "bin/up from nothing", unit: "s", values: [fromNothing], limit: 360 },
    { name: "bin/up with images built", unit: "s", values: built, limit: 60 },
    { name: "bin/up with nothing to do", unit: "s", values: again },
    { name: "all containers, idle", unit: "MB", values: await idleMemory(engine), limit: 600 },
  ];
}

/** Megabytes that all containers of `local` use together, without the page cache that the kernel can take back. */
async function idleMemory(engine: Docker): Promise<number[]> {
  const values: number[] = [];
  for (let i = 0; i < 3; i++) {
    const containers = await engine.listContainers({
      filters: { label: ["webrtc-genesys.environment=local"] },
    });
    let bytes = 0;
    for (const { Id } of containers) {
      const { memory_stats: memory } = await engine.getContainer(Id).stats({ stream: false });
      const stats = memory.stats as unknown as Record<string, number>;
      bytes += memory.usage - (stats.total_inactive_file ?? stats.inactive_file ?? 0);
    }
    values.push(bytes / 1e6);
  }
  return values;
}
