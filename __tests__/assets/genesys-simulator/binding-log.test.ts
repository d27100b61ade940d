import { BindingLog, MAX_CHANGES } from "../../../assets/genesys-simulator/src/binding-log";
import type { Binding } from "../../../assets/genesys-simulator/src/bindings";
import { SipUri } from "../../../lib/sip";

it("keeps the newest changes only, and their ids go on", () => {
  const log = new BindingLog();
  const binding = { server: "primary", dn: "1002", contact: SipUri.parse("sip:1002@127.0.0.1") } as Binding;
  for (let count = 0; count < 2.5 * MAX_CHANGES; count++) log.add("refreshed", binding, 1);
  const kept = log.find({ after: 0, limit: MAX_CHANGES });
  expect(kept).toHaveLength(MAX_CHANGES);
  expect(kept.at(-1)?.id).toBe(2.5 * MAX_CHANGES);
  expect(log.find({ after: 2.5 * MAX_CHANGES - 1, limit: 10 })).toHaveLength(1);
});
