import type { Environment } from "../../../config";
import { replacementOf } from "../../review/compare/effects";
import type { Check } from "../checks";
import type { DockerHost } from "../host";
import { type ActualService, actualService } from "./actual";
import { compare, type Drift } from "./compare";
import { type MeantService, meantServices } from "./meant";

/** Of a table's line: more drifts than these say no more about what to do. */
const SHOWN = 12;

/** What runs is what this checkout and the environment's file mean: images, settings, files, and what is loaded. */
export const drift: Check = {
  title: "no drift",
  async run({ environment, host }) {
    const meant = meantServices(environment);
    const actual = await Promise.all(meant.map((service) => actualService(host, service)));
    const other = otherMode(environment, meant, actual);
    const drifts = [
      ...meant.flatMap((service, at) => {
        const hash = other?.services.find(({ name }) => name === service.name)?.release?.hash;
        const meantOtherwise = other && hash !== undefined ? { mode: other.mode, hash } : undefined;
        return compare(service, actual[at] as ActualService, meantOtherwise);
      }),
      ...(await notMeant(environment, host, meant)),
    ];
    if (drifts.length > 0) throw new Error(describe(environment, drifts));
    return `${meant.length} services have the image, settings, files and release of this checkout`;
  },
};

/** Synthesized only where some release is not as meant: that is the first thing to think of. */
function otherMode(
  environment: Environment,
  meant: readonly MeantService[],
  actual: readonly ActualService[],
) {
  const asMeant = meant.every(
    ({ release }, at) => (actual[at]?.files?.release ?? release?.hash) === release?.hash,
  );
  if (asMeant) return undefined;
  const mode = environment.forwardingMode === "static" ? "proxy" : "static";
  return { mode, services: meantServices({ ...environment, forwardingMode: mode }) };
}

async function notMeant(
  { name }: Environment,
  host: DockerHost,
  meant: readonly MeantService[],
): Promise<Drift[]> {
  const known = meant.flatMap(({ container, release }) =>
    release ? [container, `${name}-${release.name}`] : [container],
  );
  const names = (await host.containers()).map(({ Names }) => Names[0]?.slice(1) ?? "");
  return names
    .filter((container) => !known.includes(container))
    .map((container) => ({ service: container, text: "is not meant", replace: [] }));
}

/** The drifts, a line for each, and one command that makes everything right. */
export function describe(environment: Environment, drifts: readonly Drift[]): string {
  const { name, forwardingMode } = environment;
  const switched = drifts.filter(({ otherMode }) => otherMode !== undefined);
  const mode = switched[0]?.otherMode;
  const lines = drifts
    .filter(({ otherMode }) => otherMode === undefined)
    .map(({ service, text }) => `${service}: ${text}`);
  if (mode !== undefined) {
    const services = switched.map(({ service }) => service).join(", ");
    lines.unshift(`${services}: in mode ${mode}, and ${forwardingMode} is meant`);
  }
  const shown = lines.length > SHOWN ? [...lines.slice(0, SHOWN), `and ${lines.length - SHOWN} more`] : lines;
  const orElse =
    mode === undefined ? [] : [`where ${mode} is meant: FORWARDING_MODE=${mode} npm run verify -- ${name}`];
  return [...shown, ...wayOut(environment, drifts), ...orElse].join("\n");
}

function wayOut({ name, forwardingMode }: Environment, drifts: readonly Drift[]): string[] {
  const toDo = drifts.flatMap(({ replace }) => (replace === undefined ? [] : [replace]));
  if (toDo.length === 0) return [];
  const anew = [...new Set(toDo.flat())].sort();
  const variable = process.env.FORWARDING_MODE ? `FORWARDING_MODE=${forwardingMode} ` : "";
  const command = [`${variable}./bin/up ${name}`, ...anew.map((one) => `--replace ${one}`)].join(" ");
  const stopped = anew.filter((one) => !/-(release|image)$/.test(one));
  return [
    `way out: ${command}`,
    ...stopped.map((service) => `  makes ${service} anew: ${replacementOf(service).text}`),
  ];
}
