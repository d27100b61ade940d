import { displayName, inRange, inRanges, rangeText } from "../../config";
import { AGENT_CONTEXT, PHONE_REALM } from "../../constructs/asterisk/props";
import { colors } from "../colors";
import { OperatorError } from "../progress";
import { type DnContext, isOfFile } from "./context";
import { type ChosenPassword, credentialFor } from "./password";

/**
 * Adds a DN to the running database. Asterisk looks there for every phone that comes, so it can sign in at once, and in
 * proxy mode Genesys knows it as soon as it does.
 *
 * @param password is asked for when nothing else is in the way
 */
export async function addDn(
  { environment, file: path, host, database, tell }: DnContext,
  dn: string,
  name: string | undefined,
  password: () => Promise<ChosenPassword>,
): Promise<void> {
  const file = displayName(path);
  if (isOfFile(environment, dn)) {
    throw new OperatorError(
      `${dn} is in ${file}: a deploy brings it, and 'npm run dn -- passwd ${dn}' changes its password`,
    );
  }
  const { mode, allowedDns } = await host.forwarding();
  if (mode === "static") {
    throw new OperatorError(
      `${environment.name} is in static mode, where Asterisk registers the DNs of ${file} at Genesys, and no others:\n` +
        `list ${dn} under 'dns' there, put its password into the secret dn/${dn}, and deploy`,
    );
  }
  if (!inRanges(dn, allowedDns)) {
    throw new OperatorError(
      `${dn} is outside allowedDns (${allowedDns.map(rangeText).join(", ")}), so Genesys would never hear of it:\n` +
        `widen allowedDns in ${file}, deploy, and add it then`,
    );
  }
  const chosen = await password();
  const credential = credentialFor(dn, chosen.password);
  const { outcome } = await database.ask<"add">({
    what: "add",
    settings: { realm: PHONE_REALM, context: AGENT_CONTEXT, codecs: [...environment.codecs] },
    phone: { number: dn, ...(name !== undefined && { displayName: name }), credential },
  });
  if (outcome === "there already") {
    throw new OperatorError(
      `${dn} is there already: 'npm run dn -- passwd ${dn}' changes its password, 'remove ${dn}' removes it`,
    );
  }
  if (outcome === "of the environment") {
    throw new OperatorError(
      `${dn} was deployed from an environment file that lists it, and ${file} does not: deploy that first`,
    );
  }
  const shown = await host.asterisk(`pjsip show endpoint ${dn}`);
  if (!shown.includes("Endpoint:")) {
    throw new OperatorError(
      `${dn} is in the database, but Asterisk does not load it: docker logs ${environment.name}-asterisk`,
    );
  }
  tell(`${dn} added: a phone can sign in with it now, and Genesys knows it when it does`);
  tell("  the SIP Server must have this DN, or it refuses the registration");
  if (!inRange(dn, environment.monitor.range)) {
    const range = rangeText(environment.monitor.range);
    tell(colors.yellow(`! ${dn} is outside monitor.range (${range}): the status page does not show it`));
  }
  tellPassword(tell, chosen);
}

/** A password that was made here is shown this once. */
export function tellPassword(tell: (line: string) => void, { password, generated }: ChosenPassword): void {
  if (generated)
    tell(`  its password, which is stored nowhere and not shown again: ${colors.bold(password)}`);
}
