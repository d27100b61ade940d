import { runService } from "../../../lib/service";
import { configSchema } from "./config";
import { SipProxyService } from "./service";

runService({
  name: "sip-proxy",
  schema: configSchema,
  healthUrl: ({ api }) => `http://${api.address}:${api.port}/healthz`,
  start: (config, context) => SipProxyService.start(config, context),
});
