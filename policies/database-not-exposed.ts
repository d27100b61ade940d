import { blocks, text } from "../tools/docker-provider/value";
import { isLocal, placeOf } from "../tools/review/model/reach";
import type { Policy } from "./policy";

/** The database holds every DN's digest: only the host's own services may reach it, and only itself its files. */
export const databaseNotExposed: Policy = {
  name: "database not exposed",
  severity: "critical",
  check({ name, services, listeners }) {
    const open = listeners
      .filter(({ service, address }) => service === "postgres" && !isLocal(address))
      .map((listener) => `PostgreSQL listens on ${placeOf(listener)}: give it a loopback address`);
    const shared = Object.values(services)
      .flatMap(({ container, oneShots }) => [...(container ? [container] : []), ...oneShots])
      .filter((container) => container.name !== `${name}-postgres`)
      .filter(({ attributes }) =>
        blocks(attributes.volumes).some(({ volume_name }) => text(volume_name) === `${name}-postgres-data`),
      )
      .map((container) => `${container.name} mounts the files of the database`);
    return [...open, ...shared];
  },
};
