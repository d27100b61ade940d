import { runService } from "../../../lib/service";
import { configSchema } from "./config";
import { start } from "./service";

runService({
  name: "registration-monitor",
  schema: configSchema,
  start,
  healthUrl: ({ listen: { address, port } }) =>
    `http://${address.includes(":") ? `[${address}]` : address}:${port}/healthz`,
});
