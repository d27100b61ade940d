import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import type { Environment } from "../../config";
import { root } from "../arguments";
import { OperatorError } from "../progress";
import { DockerHost } from "../verify/host";
import type { Contents } from "./archive";
import type { BackupFile } from "./backup-file";
import { counted } from "./counted";
import type { Database } from "./database";
import { bytesText } from "./summary";

/** Names of the migrations of this project, as the database's own list has them. */
export function knownMigrations(): string[] {
  return readdirSync(join(root, "assets", "database", "migrations"))
    .filter((file) => file.endsWith(".sql"))
    .map((file) => file.replace(/\.sql$/, ""));
}

/**
 * Puts the backup's database into the place of the one that is there: loaded beside it, compared, exchanged in one step, and
 * brought up to date by the provisioning of the environment. When that fails, the one of before is back.
 */
export async function restoreDatabase(
  database: Database,
  file: BackupFile,
  { manifest, dumpSize }: Contents,
  show: (detail: string) => void,
): Promise<void> {
  try {
    const dump = counted(file.dump(), (bytes) => show(`${bytesText(bytes)} of ${bytesText(dumpSize)}`));
    await database.load(dump, dumpSize, manifest.database);
    show("takes its place");
    await database.exchange();
    try {
      show("schema and DNs");
      await database.provision();
    } catch (error) {
      await database.exchangeBack();
      throw error;
    }
  } catch (error) {
    await database.dropLoaded();
    throw error;
  }
  await database.dropReplaced();
}

/** Stops and removes all containers of an environment, for a deploy to make them anew. Volumes stay. Their names. */
export async function removeContainers(engine: Docker, environment: string): Promise<string[]> {
  const filters = { label: [`webrtc-genesys.environment=${environment}`] };
  const names: string[] = [];
  for (const { Id: id, Names: of } of await engine.listContainers({ all: true, filters })) {
    const container = engine.getContainer(id);
    await container.stop().catch((error: { statusCode?: number }) => {
      // 304: it does not run.
      if (error.statusCode !== 304) throw error;
    });
    await container.remove({ force: true });
    names.push(of[0]?.slice(1) ?? id);
  }
  return names;
}

const HEALTHY_DEADLINE = 60_000;

/**
 * Has Asterisk connect to the database anew, and phones to Asterisk: one that was quicker than the database is bound in the
 * one of before only. Calls that are up go on.
 */
export async function connectAgain(engine: Docker, environment: Environment): Promise<void> {
  // Otherwise the first request on each connection that was cut fails, and with it somebody's call or registration.
  await new DockerHost(engine, environment).asterisk("module reload res_odbc.so");
  const name = `${environment.name}-nginx`;
  const nginx = engine.getContainer(name);
  await nginx.restart();
  const end = Date.now() + HEALTHY_DEADLINE;
  for (;;) {
    const { Health: health } = (await nginx.inspect()).State;
    if (health?.Status === "healthy") return;
    if (Date.now() > end) throw new OperatorError(`${name} did not become healthy: docker logs ${name}`);
    await sleep(500);
  }
}
