import type { Environment } from "../../config";
import { asteriskRegistrations, contactsOf } from "../asterisk-cli";
import type { DockerHost } from "../verify/host";
import type { Outcome } from "../verify/table";

/** A link of the chain from the agent's phone to Genesys: throws an Error that says why it is broken. */
interface Link {
  readonly title: string;
  readonly look: () => Promise<string>;
}

/** What sip-proxy tells of a DN (GET /registrations/<dn>). */
interface ProxyView {
  readonly state: string;
  readonly since: string;
  readonly expiresAt: string | null;
  readonly server: string | null;
  readonly sockets: number;
  readonly allowed: boolean;
  readonly lastAnswer: { readonly status: number; readonly reason: string; readonly at: string } | null;
  readonly nextAction: { readonly what: string; readonly at: string | null } | null;
}

/**
 * Follows one DN from its row in the database over its phone to Genesys, and says of each link what is there, or why
 * it is broken.
 */
export async function dnStatus(environment: Environment, host: DockerHost, dn: string): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const { title, look } of links(environment, host, dn)) {
    outcomes.push(
      await look().then(
        (detail) => ({ check: title, passed: true, detail }),
        (error: Error) => ({ check: title, passed: false, detail: error.message }),
      ),
    );
  }
  return outcomes;
}

function links(environment: Environment, host: DockerHost, dn: string): Link[] {
  const provisioned: Link = {
    title: "provisioned",
    async look() {
      const answer = await host.asterisk(`pjsip show endpoint ${dn}`);
      if (!answer.includes("Endpoint:"))
        throw new Error(
          `Asterisk knows no DN ${dn}: add it to dns, and deploy; or in proxy mode, npm run dn -- add ${dn}`,
        );
      return "an endpoint in the database";
    },
  };
  const phone: Link = {
    title: "phone at Asterisk",
    async look() {
      const contacts = (await contactsOf(host)).filter((contact) => contact.aor === dn);
      if (contacts.length === 0)
        throw new Error("no phone is registered: nobody is signed in, or its password is wrong");
      return contacts.map(({ uri, status }) => `${uri} ${status}`).join("\n");
    },
  };
  const atGenesys = environment.forwardingMode === "static" ? byAsterisk(host, dn) : byProxy(host, dn);
  return [
    provisioned,
    phone,
    atGenesys,
    ...(environment.genesys.simulator ? [bySimulator(environment, host, dn)] : []),
  ];
}

function byAsterisk(host: DockerHost, dn: string): Link {
  return {
    title: "registered by Asterisk",
    async look() {
      const state = (await asteriskRegistrations(host)).get(dn);
      if (state === undefined)
        throw new Error("no registration in pjsip.conf: add the DN to dns, and deploy");
      if (state !== "Registered") throw new Error(`${state}: Genesys does not answer, or refuses this DN`);
      return state;
    },
  };
}

function byProxy(host: DockerHost, dn: string): Link {
  return {
    title: "registered by sip-proxy",
    async look() {
      const { status, body } = await host.sipProxy(`/registrations/${dn}`);
      if (status === 404) throw new Error("sip-proxy has not seen a phone of this DN");
      if (status !== 200) throw new Error(`sip-proxy answers ${status}: ${JSON.stringify(body)}`);
      const { state, since, server, allowed, lastAnswer, nextAction, expiresAt, sockets } = body as ProxyView;
      const story = [
        `${state} since ${since}${server ? ` at ${server}` : ""}, ${sockets} WebSocket${sockets === 1 ? "" : "s"}`,
        ...(expiresAt ? [`runs out at ${expiresAt}`] : []),
        ...(lastAnswer ? [`Genesys said ${lastAnswer.status} ${lastAnswer.reason} at ${lastAnswer.at}`] : []),
        ...(nextAction ? [`next: ${nextAction.what}${nextAction.at ? ` at ${nextAction.at}` : ""}`] : []),
      ].join("\n");
      if (!allowed) throw new Error(`outside allowedDns, so never registered at Genesys\n${story}`);
      if (state !== "registered" && state !== "refreshing") throw new Error(story);
      return story;
    },
  };
}

function bySimulator(environment: Environment, host: DockerHost, dn: string): Link {
  return {
    title: "known to Genesys",
    async look() {
      const { body } = await host.get(`http://127.0.0.1:${environment.simulatorPort}/registrations?dn=${dn}`);
      const bindings = body as { server: string; contact: string; expires: number }[];
      if (bindings.length === 0) throw new Error('calls to it end in "Invalid Called DN"');
      return bindings
        .map(({ server, contact, expires }) => `${server}: ${contact} for ${expires} s`)
        .join("\n");
    },
  };
}
