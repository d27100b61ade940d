import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { version } from "../../package.json";
import { environmentNamed, root } from "../arguments";
import { engineOf } from "../engine";
import { OperatorError, runCommand, step } from "../progress";
import { encrypted, type Lock } from "./age";
import { writeArchive } from "./archive";
import { counted } from "./counted";
import { Database } from "./database";
import { secretsDirectory } from "./host-directory";
import type { Manifest } from "./manifest";
import { checkNew, writeNewFile } from "./new-file";
import { fromHere, parseOptions, SILENCE } from "./options";
import { choosePassphrase } from "./passphrase";
import { bytesText, renderSummary } from "./summary";

const USAGE =
  "usage: npm run backup -- <environment> [--to <file>] [--passphrase-file <file> | --recipient <age1…>…]";

/** Writes the database, the secrets and the environment file of an environment to one encrypted file (docs/backup.md). */
runCommand(async () => {
  const { name, to, passphraseFile, recipients } = readOptions();
  const environment = environmentNamed(name);
  const time = new Date();
  const path = to ?? join(root, "backups", `${name}-${time.toISOString().replace(/:|\.\d+/g, "")}.age`);
  checkNew(path);
  const engine = engineOf(environment, SILENCE);
  const database = new Database(engine, name);
  // Before somebody has typed a passphrase.
  if (typeof (await database.find()) === "string") {
    throw new OperatorError(`${name}-postgres does not run: there is no database to be backed up`);
  }
  const lock: Lock =
    recipients.length > 0 ? { recipients } : { passphrase: await choosePassphrase({ file: passphraseFile }) };

  const manifest = await step(`Back up ${name}`, async (show) => {
    show("secrets");
    const secrets = await secretsDirectory(engine, environment).read();
    if (!secrets)
      throw new OperatorError(`${environment.secrets.directory} is not there: there are no secrets`);
    show("database");
    const { facts, data } = await database.dump();
    const written: Manifest[] = [];
    const archive = writeArchive(
      {
        environment: name,
        time,
        project: version,
        environmentFile: readFileSync(join(root, "environments", `${name}.yaml`)),
        secrets,
        database: facts,
        dump: counted(data, (bytes) => show(`database ${bytesText(bytes)}`)),
      },
      (manifest) => written.push(manifest),
    );
    await writeNewFile(path, await encrypted(archive, lock));
    return written[0] as Manifest;
  });
  console.log(renderSummary(path, statSync(path).size, manifest));
  return 0;
});

function readOptions() {
  const { name, values } = parseOptions(
    {
      to: { type: "string" },
      "passphrase-file": { type: "string" },
      recipient: { type: "string", multiple: true },
    },
    USAGE,
  );
  const { to, "passphrase-file": passphraseFile, recipient: recipients = [] } = values;
  if (passphraseFile !== undefined && recipients.length > 0) throw new OperatorError(USAGE);
  return { name, to: fromHere(to), passphraseFile: fromHere(passphraseFile), recipients };
}
