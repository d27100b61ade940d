import { access, readdir, readFile, readlink, realpath } from "node:fs/promises";
import { isAbsolute, resolve } from "node:path";
import { Fault, type Path } from "./fault";
import type { Surroundings } from "./provider";

/**
 * A path of a configuration as an absolute one.
 *
 * A relative path is meant from Terraform's working directory. A plugin that Terraform starts shares it; one that was
 * running before does not, and the protocol doesn't tell. So it is looked up among the processes that were given this
 * provider's address.
 *
 * @throws Fault when two of them have that path and mean different things
 */
export async function resolvePath(path: string, surroundings: Surroundings, at: Path): Promise<string> {
  if (isAbsolute(path)) return path;
  const candidates = new Set<string>();
  for (const directory of await workingDirectories(surroundings.socketPath)) {
    const candidate = resolve(directory, path);
    if (await exists(candidate)) candidates.add(await realpath(candidate));
  }
  if (candidates.size > 1)
    throw new Fault(
      "A relative path has two meanings",
      `${path} exists for several running Terraform commands: ${[...candidates].join(", ")}. Deploy one stack at a time, or give an absolute path.`,
      at,
    );
  return [...candidates][0] ?? resolve(path);
}

async function workingDirectories(socketPath: string | undefined): Promise<string[]> {
  if (socketPath === undefined) return [process.cwd()];
  const processes = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    processes.map(async (pid) => {
      // A process that ends meanwhile, or belongs to another user, is none of ours.
      try {
        const command = (await readFile(`/proc/${pid}/comm`, "utf8")).trim();
        if (!/^(terraform|tofu)/.test(command)) return undefined;
        const environment = await readFile(`/proc/${pid}/environ`, "utf8");
        return environment.includes(socketPath) ? await readlink(`/proc/${pid}/cwd`) : undefined;
      } catch {
        return undefined;
      }
    }),
  );
  return found.filter((directory) => directory !== undefined);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
