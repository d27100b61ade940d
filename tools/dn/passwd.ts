import { existsSync } from "node:fs";
import { join } from "node:path";
import { displayName, type Environment } from "../../config";
import { colors } from "../colors";
import { OperatorError } from "../progress";
import { secretsDirectoryHere } from "../secrets";
import { StagedFiles } from "../staged-files";
import { tellPassword } from "./add";
import { type DnContext, isOfFile } from "./context";
import { type ChosenPassword, credentialFor } from "./password";

/**
 * Changes a DN's password in the running database, and for a DN of the environment file in its secret too, which the
 * next release would write over the database otherwise.
 *
 * @param password is asked for when nothing else is in the way
 */
export async function changePassword(
  { environment, file, database, tell }: DnContext,
  dn: string,
  password: () => Promise<ChosenPassword>,
): Promise<void> {
  const ofFile = isOfFile(environment, dn);
  const secret = ofFile ? secretFile(environment, file, dn) : undefined;
  const chosen = await password();
  const files = new StagedFiles();
  try {
    // Written beside it first: what is likely to fail of it does so before the database is changed.
    if (secret !== undefined) files.stage(secret, `${chosen.password}\n`, 0o600);
    const credential = credentialFor(dn, chosen.password);
    const answer = await database.ask<"set password">({
      what: "set password",
      number: dn,
      credential,
      environment: ofFile,
    });
    if (answer.outcome === "of the environment") {
      throw new OperatorError(
        `${dn} was deployed from an environment file that lists it, and ${displayName(file)} does not: deploy that first`,
      );
    }
    if (answer.outcome === "unknown") {
      throw new OperatorError(
        ofFile
          ? `${dn} is not deployed yet: put its password into ${secret}, and deploy`
          : `there is no DN ${dn}: npm run dn -- list`,
      );
    }
    files.commit();
    tell(`${dn} has a new password${secret === undefined ? "" : `, in ${secret} too`}`);
    if (answer.username !== dn) {
      tell(
        colors.yellow(`! its phone signed in as ${answer.username} until now: from now on the user is ${dn}`),
      );
    }
    tell("  a phone that is signed in stays so until its next refresh, and then needs the new one");
    tellPassword(tell, secret === undefined ? chosen : { ...chosen, generated: false });
  } catch (error) {
    files.discard();
    throw error;
  }
}

/** Where the DN's secret is. @throws OperatorError where that is another machine */
function secretFile(environment: Environment, file: string, dn: string): string {
  const { name, docker, secrets } = environment;
  const directory = secretsDirectoryHere(environment);
  if (directory === undefined) {
    throw new OperatorError(
      `the password of ${dn} is in ${secrets.directory}/dn/${dn} on ${docker.host}, because ${displayName(file)} lists it.\n` +
        `Run this there, or write the new one into that file, and: docker rm ${name}-database-release, then bin/up ${name}`,
    );
  }
  if (!existsSync(directory)) throw new OperatorError(`${directory} (secrets.directory) does not exist`);
  return join(directory, "dn", dn);
}
