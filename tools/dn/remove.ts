import { displayName } from "../../config";
import { channelsOf, contactsOf } from "../asterisk-cli";
import { colors } from "../colors";
import { OperatorError, step } from "../progress";
import { type DnContext, isOfFile } from "./context";

/** Milliseconds; Asterisk looks for bindings that have run out every 30 s. */
const CONTACT_DEADLINE = 45_000;
const GENESYS_DEADLINE = 10_000;
const PAUSE = 500;

/**
 * Removes a DN that is not of the environment file: from the database, so that nobody can sign in with it or call it,
 * then at Genesys, and with its phone's binding at Asterisk.
 */
export async function removeDn(
  { environment, file: path, host, database, tell }: DnContext,
  dn: string,
): Promise<void> {
  const file = displayName(path);
  if (isOfFile(environment, dn)) {
    throw new OperatorError(
      dn === environment.probeDn
        ? `${dn} is the probeDn of ${file}: it can be another DN, and not none`
        : `${dn} is in ${file}: remove it from 'dns' there, and deploy`,
    );
  }
  const { mode } = await host.forwarding();
  const calls = await channelsOf(host, dn);
  const { outcome } = await database.ask<"remove">({ what: "remove", number: dn });
  if (outcome === "unknown") throw new OperatorError(`there is no DN ${dn}: npm run dn -- list`);
  if (outcome === "of the environment") {
    throw new OperatorError(
      `${dn} was deployed from an environment file that lists it, and ${file} does not: a deploy removes it`,
    );
  }
  tell(`${dn} removed: nobody can sign in with it, and calls to it are refused`);
  if (calls.length > 0) {
    const what = calls.length === 1 ? "a call, which goes" : `${calls.length} calls, which go`;
    tell(colors.yellow(`! it is in ${what} on until somebody hangs up`));
  }
  if (mode === "proxy") await step("Genesys lets it go", () => released(host, dn));
  await step("Asterisk lets its phone go, within half a minute", () =>
    until(
      CONTACT_DEADLINE,
      `Asterisk still lists a phone of ${dn}: docker logs ${environment.name}-asterisk`,
      async () => (await contactsOf(host)).every(({ aor }) => aor !== dn),
    ),
  );
}

/** Un-registers the DN at Genesys. Its phone can't bring it back: Asterisk refuses it. */
async function released(host: DnContext["host"], dn: string): Promise<void> {
  const { status, body } = await host.sipProxy(`/registrations/${dn}/release`, "POST");
  if (status === 404) return;
  if (status !== 200) throw new OperatorError(`sip-proxy answers ${status}: ${JSON.stringify(body)}`);
  await until(GENESYS_DEADLINE, `Genesys has not let go of ${dn}: npm run dn -- status ${dn}`, async () => {
    const answer = await host.sipProxy(`/registrations/${dn}`);
    return answer.status === 404 || (answer.body as { state: string }).state === "idle";
  });
}

async function until(deadline: number, fault: string, holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + deadline;
  while (!(await holds())) {
    if (Date.now() > end) throw new OperatorError(fault);
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}
