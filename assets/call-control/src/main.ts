import { runService } from "../../../lib/service";
import { callControlConfigSchema } from "./config";
import { start } from "./service";

runService({
  name: "call-control",
  schema: callControlConfigSchema,
  start,
  // Its parts have 12 s at most, one after the other (call-control.ts).
  stopDeadline: 13_000,
  // Not whether Asterisk and the database are there: a deploy that waits for these would fail where `verify` can say why.
  healthUrl: ({ listen: { address, port } }) =>
    `http://${address.includes(":") ? `[${address}]` : address}:${port}/livez`,
});
