import { Counter, type Registry } from "prom-client";
import type { RelayMetrics } from "./metrics";

/** The relay's counters in a registry of prom-client. Every label has few values: nothing that a peer sends is one. */
export function prometheusMetrics(registry: Registry): RelayMetrics {
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Counter({ name: `sip_proxy_relay_${name}`, help, labelNames, registers: [registry] });
  const received = counter(
    "received_total",
    "Messages that came to the trunk relay, by the side they came from.",
    ["side", "kind"],
  );
  const forwarded = counter("forwarded_total", "Messages that were sent on, by the side they went to.", [
    "side",
    "kind",
  ]);
  const answered = counter("answered_total", "Requests that the trunk relay answered itself.", [
    "side",
    "status",
  ]);
  const dropped = counter("dropped_total", "Messages that went nowhere, by the side they came from.", [
    "side",
    "reason",
  ]);
  const talk = counter("talk_events_total", "Talk and hold events of Genesys, by what became of them.", [
    "event",
    "outcome",
  ]);
  return {
    received: (side, kind) => received.inc({ side, kind }),
    forwarded: (side, kind) => forwarded.inc({ side, kind }),
    answered: (side, status) => answered.inc({ side, status }),
    dropped: (side, reason) => dropped.inc({ side, reason }),
    talk: (event, outcome) => talk.inc({ event, outcome }),
  };
}
