import type { Registry } from "prom-client";
import { Tally } from "../tally";
import type { RelayMetrics } from "./metrics";

/** The relay's counters in a registry of prom-client. Every label has few values: nothing that a peer sends is one. */
export function prometheusMetrics(registry: Registry): RelayMetrics {
  const tally = (name: string, help: string, labels: string) =>
    new Tally<string>(registry, `sip_proxy_relay_${name}`, help, labels);
  const received = tally(
    "received_total",
    "Messages that came to the trunk relay, by the side they came from.",
    "side|kind",
  );
  const forwarded = tally(
    "forwarded_total",
    "Messages that were sent on, by the side they went to.",
    "side|kind",
  );
  const answered = tally("answered_total", "Requests that the trunk relay answered itself.", "side|status");
  const dropped = tally(
    "dropped_total",
    "Messages that went nowhere, by the side they came from.",
    "side|reason",
  );
  const talk = tally(
    "talk_events_total",
    "Talk and hold events of Genesys, by what became of them.",
    "event|outcome",
  );
  return {
    received: (side, kind) => received.add(`${side}|${kind}`),
    forwarded: (side, kind) => forwarded.add(`${side}|${kind}`),
    answered: (side, status) => answered.add(`${side}|${status}`),
    dropped: (side, reason) => dropped.add(`${side}|${reason}`),
    talk: (event, outcome) => talk.add(`${event}|${outcome}`),
  };
}
