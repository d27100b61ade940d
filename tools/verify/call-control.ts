import { type Environment, hostPort } from "../../config";
import { providerRegistrations } from "../asterisk-cli";
import { type Check, within } from "./checks";
import type { DockerHost } from "./host";
import { statusOf } from "./page";

/** Milliseconds that it is given to find Asterisk and the database after a deploy. */
const DEADLINE = 20_000;

/** What `/healthz` answers; 503 with reasons where it can't do its work. */
interface Answer {
  readonly reasons?: unknown;
}

/** The service does its work: ARI and database let it in. And nginx passes its API and its page on. */
export const callControl: Check = {
  title: "call control",
  async run({ environment, host, phones }) {
    const place = placeOf(environment);
    await within(DEADLINE, async () => {
      const { status, body } = await host.get(`http://${place}/healthz`);
      if (status !== 200) throw new Error(reasonsOf(body));
    });
    const trunks = await within(DEADLINE, () => registeredTrunks(environment, host));
    const url = `https://${hostPort(environment.nginx.address, environment.nginx.port)}`;
    for (const [path, expected] of [
      ["/api/telephony/calls/", 401],
      ["/calls/", 200],
    ] as const) {
      const answer = await statusOf(`${url}${path}`, phones.tls);
      if (answer !== expected)
        throw new Error(
          `${url}${path} answers ${answer} without a key, it must be ${expected}: deploy again`,
        );
    }
    return [`ready at ${place}`, ...trunks, `${url}/calls/ for who has a key`].join(", ");
  },
};

/** Trunks that have to be registered at their providers, in words. @throws Error that names those that are not */
async function registeredTrunks({ name, callControl: settings }: Environment, host: DockerHost) {
  const wanted = settings?.trunks.filter(({ register }) => register) ?? [];
  if (wanted.length === 0) return [];
  const states = await providerRegistrations(host);
  const faults = wanted.filter((trunk) => states.get(trunk.name) !== "Registered");
  if (faults.length > 0) {
    const lines = faults.map(
      (trunk) =>
        `trunk ${trunk.name} at ${trunk.host}: ${states.get(trunk.name) ?? "no registration in pjsip.conf"}`,
    );
    throw new Error(`${lines.join("\n")}\ndocker logs ${name}-asterisk says what the provider answers`);
  }
  return [`registered at ${wanted.map(({ host: provider }) => provider).join(", ")}`];
}

function placeOf({ callControl: settings }: Environment): string {
  if (settings === undefined) throw new Error("the environment has no callControl");
  return hostPort(settings.address, settings.port);
}

/** The service's own words, a line for each; whatever else it answered, where it gave none. */
export function reasonsOf(body: unknown): string {
  const { reasons } = (typeof body === "object" && body !== null ? body : {}) as Answer;
  const lines = Array.isArray(reasons) ? reasons.filter((reason) => typeof reason === "string") : [];
  if (lines.some((line) => line.includes("rejects the ARI user"))) {
    lines.push(
      "the secret `ari` has changed since a release: --replace asterisk-release and call-control-release",
    );
  }
  return lines.length > 0 ? lines.join("\n") : `call-control says ${JSON.stringify(body)}`;
}
