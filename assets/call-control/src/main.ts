import { runService } from "../../../lib/service";
import { callControlConfigSchema } from "./config";
import { start } from "./service";

runService({
  name: "call-control",
  schema: callControlConfigSchema,
  start,
  // Not whether Asterisk and the database are there: a deploy that waits for these would fail where `verify` can say why.
  healthUrl: ({ listen: { address, port } }) =>
    `http://${address.includes(":") ? `[${address}]` : address}:${port}/livez`,
});
