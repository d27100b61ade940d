import { runService } from "../../../lib/service";
import { configSchema } from "./config";
import { Simulator } from "./simulator";

runService({
  name: "genesys-simulator",
  schema: configSchema,
  healthUrl: ({ api }) => `http://${api.address}:${api.port}/healthz`,
  start: (config, { log }) => Simulator.start(config, { log }),
});
