import { existsSync, readFileSync, statSync } from "node:fs";
import { extname, join, resolve } from "node:path";
import { displayName } from "../../../config";
import { readYaml } from "../../../config/yaml";
import { AGENT_CONTEXT, PHONE_REALM } from "../../../constructs/asterisk/props";
import { colors } from "../../colors";
import { NotDeployed } from "../../database-requests";
import { OperatorError } from "../../progress";
import { secretsDirectoryHere } from "../../secrets";
import { StagedFiles } from "../../staged-files";
import type { DnContext } from "../context";
import { ConfTooLarge, parseConf } from "./asterisk-conf";
import { ConfFiles } from "./conf-files";
import { compareOptions } from "./differences";
import { checkedEnvironment, withDns } from "./environment-file";
import { readInput, readText } from "./input-file";
import { objectsOf, type PjsipObject } from "./objects";
import { findPhones } from "./phones";
import type { ReadFault } from "./place";
import { type ImportPlan, planImport } from "./plan";
import { renderReport } from "./report";
import { readSqlDump } from "./sql-dump";

export interface ImportOptions {
  /** A pjsip.conf, or an SQL dump. */
  readonly path: string;
  /** Whether nothing is written. */
  readonly dryRun: boolean;
  /** Whether secrets with other passwords are replaced. */
  readonly overwrite: boolean;
  /** Directory for the secrets, where it is not the environment's own. */
  readonly secrets: string | undefined;
}

/** Bytes of a dump. */
const MOST_DUMP = 256 << 20;

/**
 * Takes phones over from another Asterisk: into the environment file, the secrets, and the running database.
 *
 * The files change all at once or not at all, and not at all when the database refuses. Phones that can't be taken over
 * don't keep the others from it.
 *
 * @returns whether everything that is a phone was taken over
 */
export async function importPhones(context: DnContext, options: ImportOptions): Promise<boolean> {
  const { environment, tell } = context;
  const file = displayName(context.file);
  const { objects, faults } = readSource(options.path);
  const phones = findPhones(objects, { realm: PHONE_REALM, probeDn: environment.probeDn });
  if (phones.found.length + phones.leftOut.length === 0 && faults.length === 0) {
    throw new OperatorError(
      `${displayName(options.path)} has no phone: no endpoint that somebody signs in to`,
    );
  }

  const directory = secretsDirectory(context, options);
  const text = readFileSync(context.file, "utf8");
  const plan = planImport(phones.found, environment, (number) => readSecret(directory, number), {
    overwrite: options.overwrite,
    hasAllowedDns: hasKey(text, "allowedDns"),
  });
  const after = withDns(file, text, [
    { key: "dns", items: plan.dns },
    { key: "allowedDns", items: plan.allowedDns },
  ]);
  const { warnings } = checkedEnvironment(context.file, after);

  const comparison = compareOptions(plan.phones, environment.codecs);
  tell(renderReport({ faults, phones, plan, comparison }));
  if (warnings !== "") tell(`\n${colors.yellow(warnings)}`);
  tell("");
  if (options.dryRun) tell("nothing was written: --dry-run");
  else if (plan.phones.length === 0) tell("nothing was written");
  else await write(context, plan, { directory, text, after, ownSecrets: options.secrets === undefined });
  return phones.leftOut.length + plan.leftOut.length + faults.length === 0;
}

function readSource(path: string): { objects: PjsipObject[]; faults: readonly ReadFault[] } {
  if (isDump(path))
    return { objects: readSqlDump(displayName(path), readInput(path, MOST_DUMP)), faults: [] };
  const files = new ConfFiles(path);
  try {
    const conf = parseConf(files.main, (pattern) => files.include(pattern));
    return { objects: objectsOf(conf), faults: conf.faults };
  } catch (error) {
    if (!(error instanceof ConfTooLarge)) throw error;
    throw new OperatorError(`${displayName(path)} can't be read: ${error.message}`);
  }
}

/** By its name; or by what it says, where the name says nothing. */
function isDump(path: string): boolean {
  const extension = extname(path).toLowerCase();
  if (extension === ".sql" || extension === ".conf") return extension === ".sql";
  return /^(COPY|INSERT INTO|CREATE TABLE|-- (PostgreSQL|MySQL|MariaDB)) /m.test(
    readInput(path, MOST_DUMP).toString("latin1"),
  );
}

interface Writing {
  /** Of the secrets. */
  readonly directory: string;
  /** The environment file as it was read, and as it shall be. */
  readonly text: string;
  readonly after: string;
  /** Whether the secrets are where the environment takes them from. */
  readonly ownSecrets: boolean;
}

async function write(
  context: DnContext,
  plan: ImportPlan,
  { directory, text, after, ownSecrets }: Writing,
): Promise<void> {
  const { environment, file: path, tell } = context;
  const file = displayName(path);
  const secrets = plan.phones.filter(({ secretChange }) => secretChange !== "same");
  const files = new StagedFiles();
  let rows: string;
  try {
    for (const { number, secret } of secrets)
      files.stage(join(directory, "dn", number), `${secret}\n`, 0o600);
    if (after !== text) files.stage(path, after, statSync(path).mode & 0o777);
    rows = ownSecrets
      ? await writeRows(context, plan)
      : "the deploy writes them, with the secrets on the host";
    if (readFileSync(path, "utf8") !== text)
      throw new OperatorError(`${file} was changed meanwhile: nothing was written to it; import again`);
    files.commit();
  } catch (error) {
    files.discard();
    throw error;
  }
  tell(`${file}: ${after === text ? "lists them already" : "written"}`);
  tell(`secrets: ${secrets.length} written to ${displayName(join(directory, "dn"))}`);
  tell(`rows: ${rows}`);
  if (!ownSecrets) {
    const { docker, secrets: own } = environment;
    tell(`copy ${displayName(directory)}/dn to ${own.directory}/dn on ${docker.host}, and remove it here`);
  }
  tell(`then deploy: bin/up ${environment.name}`);
}

/** Into the running database, as the next deploy does. What became of it. */
async function writeRows(
  { environment, database, tell }: DnContext,
  { phones }: ImportPlan,
): Promise<string> {
  try {
    const { added, changed, takenOver } = await database.ask<"adopt">({
      what: "adopt",
      settings: { realm: PHONE_REALM, context: AGENT_CONTEXT, codecs: [...environment.codecs] },
      phones: phones.map(({ number, displayName, credential }) => ({
        number,
        ...(displayName !== undefined && { displayName }),
        credential,
      })),
    });
    if (takenOver.length > 0) {
      const had = `had been added to the running database, and now ${takenOver.length === 1 ? "is" : "are"} the file's`;
      tell(colors.yellow(`! ${takenOver.join(", ")} ${had}, with the imported password`));
    }
    return `${added} added, ${changed} changed, ${phones.length - added - changed} as they were; phones can sign in now`;
  } catch (error) {
    if (error instanceof OperatorError && !(error instanceof NotDeployed)) throw error;
    const why = error instanceof NotDeployed ? "nothing is deployed yet" : (error as Error).message;
    return `the deploy writes them (${why})`;
  }
}

function secretsDirectory({ environment }: DnContext, { secrets }: ImportOptions): string {
  if (secrets !== undefined) return resolve(secrets);
  const directory = secretsDirectoryHere(environment);
  if (directory !== undefined) return directory;
  throw new OperatorError(
    `the secrets of ${environment.name} are on ${environment.docker.host}: run this there,\n` +
      "or say --secrets <directory> for a place here, from where you copy them",
  );
}

function readSecret(directory: string, number: string): string | undefined {
  const path = join(directory, "dn", number);
  if (!existsSync(path)) return undefined;
  return readText(path, 1 << 16).replace(/\r?\n$/, "");
}

function hasKey(text: string, key: string): boolean {
  const { data } = readYaml(text);
  return typeof data === "object" && data !== null && key in data;
}
