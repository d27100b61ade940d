import { runService } from "../../../lib/service";
import { callControlConfigSchema } from "./config";
import { start } from "./service";

runService({
  name: "call-control",
  schema: callControlConfigSchema,
  start,
  healthUrl: ({ listen: { address, port } }) =>
    `http://${address.includes(":") ? `[${address}]` : address}:${port}/healthz`,
});
