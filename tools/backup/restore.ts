import { statSync } from "node:fs";
import { deploy, prepare } from "../deploy";
import { engineOf, ensureEngine } from "../engine";
import { OperatorError, runCommand, step } from "../progress";
import { verify } from "../verify/verify";
import { BackupFile } from "./backup-file";
import { Database } from "./database";
import { type Work, workOf } from "./differences";
import { EnvironmentFile } from "./environment-file";
import { secretsDirectory } from "./host-directory";
import { checkManifest } from "./manifest";
import { fromHere, parseOptions, SILENCE, stopSignal } from "./options";
import { connectAgain, knownMigrations, removeContainers, restoreDatabase } from "./restoring";
import { bytesText, renderSummary } from "./summary";

const USAGE =
  "usage: npm run restore -- <environment> --from <file> [--passphrase-file <file> | --identity <file>] [--check | --replace]";

/**
 * Brings an environment back from a backup: its secrets, its containers, its database; and verifies it (docs/backup.md).
 * Everything is read and compared before anything is changed.
 */
runCommand(async () => {
  const { name, from, check, replace, ...keySource } = readOptions();
  const file = await BackupFile.open(from, keySource);
  const backup = await step(`Read ${from}`, (show) => file.contents((bytes) => show(bytesText(bytes))));
  const { manifest } = backup;
  console.log(renderSummary(from, statSync(from).size, manifest));
  checkManifest(manifest, name, knownMigrations());
  if (check) return 0;

  const signal = stopSignal("stopped: run it again, with --replace where it says so");
  const environmentFile = EnvironmentFile.of(name, backup.environmentFile);
  const { environment } = environmentFile;
  await ensureEngine(environment);
  const engine = engineOf(environment, SILENCE);
  const database = new Database(engine, name);
  const directory = secretsDirectory(engine, environment);
  const work = await step(`Look at ${environment.docker.host}`, async () =>
    workOf(
      { secrets: backup.secrets, database: manifest.database },
      { secrets: await directory.read(), database: await database.find() },
    ),
  );
  if (work.lost.length > 0 && !replace) throw new OperatorError(refusal(work));

  environmentFile.keep();
  if (work.secrets.length > 0) {
    signal.throwIfAborted();
    await step("Secrets", () => directory.write(work.secrets));
    const removed = await removeContainers(engine, name);
    if (removed.length > 0) console.log(`  to be made anew with them: ${removed.join(", ")}`);
  }
  signal.throwIfAborted();
  const running = await prepare(environment);
  await deploy(environment, running);
  if (work.database) {
    signal.throwIfAborted();
    await step("Database", (show) => restoreDatabase(database, file, backup, show));
    await step("Connect again", () => connectAgain(engine, environment));
  }
  return verify(environment, running);
});

function refusal({ lost }: Work): string {
  const shown = lost.slice(0, 20).map((line) => `  ${line}`);
  const more = lost.length > 20 ? [`  and ${lost.length - 20} more`] : [];
  return [
    "this is no empty machine, and nothing was changed. By a restore, this would be lost:",
    ...shown,
    ...more,
    "where the backup shall take its place: --replace",
  ].join("\n");
}

function readOptions() {
  const { name, values } = parseOptions(
    {
      from: { type: "string" },
      "passphrase-file": { type: "string" },
      identity: { type: "string" },
      check: { type: "boolean", default: false },
      replace: { type: "boolean", default: false },
    },
    USAGE,
  );
  const { from, "passphrase-file": passphraseFile, identity, check, replace } = values;
  if (from === undefined || (passphraseFile && identity) || (check && replace))
    throw new OperatorError(USAGE);
  return {
    name,
    from: fromHere(from),
    passphraseFile: fromHere(passphraseFile),
    identityFile: fromHere(identity),
    check,
    replace,
  };
}
