import { Registry } from "prom-client";
import type { RelayMetrics } from "../../../../assets/sip-proxy/src/relay/metrics";
import { prometheusMetrics } from "../../../../assets/sip-proxy/src/relay/prometheus";
import { RelayCounters } from "./counters";

/** One of each. */
function countAll(metrics: RelayMetrics): void {
  metrics.received("genesys", "request");
  metrics.received("genesys", "request");
  metrics.forwarded("asterisk", "response");
  metrics.answered("genesys", 480);
  metrics.dropped("asterisk", "stranger");
  metrics.talk("hold", "no-phone");
}

it("the relay's counters are those of Prometheus", async () => {
  const registry = new Registry();
  countAll(prometheusMetrics(registry));
  const samples = (await registry.metrics())
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  expect(samples).toEqual([
    'sip_proxy_relay_received_total{side="genesys",kind="request"} 2',
    'sip_proxy_relay_forwarded_total{side="asterisk",kind="response"} 1',
    'sip_proxy_relay_answered_total{side="genesys",status="480"} 1',
    'sip_proxy_relay_dropped_total{side="asterisk",reason="stranger"} 1',
    'sip_proxy_relay_talk_events_total{event="hold",outcome="no-phone"} 1',
  ]);
});

it("or have names of their own", () => {
  const counters = new RelayCounters();
  countAll(counters);
  expect(counters.all()).toEqual({
    "received.genesys.request": 2,
    "forwarded.asterisk.response": 1,
    "answered.genesys.480": 1,
    "dropped.asterisk.stranger": 1,
    "talk.hold.no-phone": 1,
  });
});
