import { runService } from "../../../lib/service";
import { configSchema } from "./config";
import { Simulator } from "./simulator";

runService({
  name: "genesys-simulator",
  schema: configSchema,
  start: (config, { log }) => Simulator.start(config, { log }),
});
