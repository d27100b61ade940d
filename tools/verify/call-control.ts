import { type Environment, hostPort } from "../../config";
import { type Check, within } from "./checks";
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
    return `ready at ${place}, ${url}/calls/ for who has a key`;
  },
};

function placeOf({ callControl: settings }: Environment): string {
  if (settings === undefined) throw new Error("the environment has no callControl");
  return hostPort(settings.address, settings.port);
}

/** The service's own words, a line for each; whatever else it answered, where it gave none. */
export function reasonsOf(body: unknown): string {
  const { reasons } = (typeof body === "object" && body !== null ? body : {}) as Answer;
  const lines = Array.isArray(reasons) ? reasons.filter((reason) => typeof reason === "string") : [];
  return lines.length > 0 ? lines.join("\n") : `call-control says ${JSON.stringify(body)}`;
}
