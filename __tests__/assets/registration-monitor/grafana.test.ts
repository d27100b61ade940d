import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Registry } from "prom-client";
import { parse } from "yaml";
import { Metrics } from "../../../assets/registration-monitor/src/metrics";
import { totalsOf } from "../../../assets/registration-monitor/src/rows";
import { states } from "../../../assets/sip-proxy/src/forwarder/states";
import { Metrics as ProxyMetrics } from "../../../assets/sip-proxy/src/metrics";
import { prometheusMetrics } from "../../../assets/sip-proxy/src/relay/prometheus";
import { type Expression, readExpression } from "./promql";

const folder = join(__dirname, "../../../assets/registration-monitor/grafana");
const dashboard = JSON.parse(readFileSync(join(folder, "dashboard.json"), "utf8"));
const alerts: { groups: { name: string; rules: Rule[] }[] } = parse(
  readFileSync(join(folder, "alerts.yaml"), "utf8"),
);

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description: string;
  readonly gridPos: { x: number; y: number; w: number; h: number };
  readonly targets?: readonly { expr: string; legendFormat: string; datasource: { uid: string } }[];
}

/** Functions and operators of Prometheus that are used; another one is probably a slip. */
const functions = [
  ...["absent", "histogram_quantile", "increase", "max", "max_over_time", "rate", "sum", "time"],
];

/** Labels that Prometheus adds by itself, and the one that the scrape configuration of docs/ adds. */
const added = ["job", "instance", "site"];

interface Exposed {
  readonly labels: ReadonlySet<string>;
  /** By label; empty where nothing has been counted yet. */
  readonly values: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Every series name that the two services expose, with its labels, read from their own /metrics. */
async function exposed(...registries: readonly Registry[]): Promise<Map<string, Exposed>> {
  const all = new Map<string, Exposed>();
  for (const registry of registries) {
    const text = await registry.metrics();
    const metrics = registry.getMetricsAsArray() as unknown as { name: string; labelNames: string[] }[];
    for (const { name, labelNames } of metrics) {
      const type = new RegExp(`^# TYPE ${name} (\\w+)$`, "m").exec(text)?.[1];
      const suffixes = type === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
      for (const suffix of suffixes) {
        const values = new Map<string, Set<string>>();
        for (const [, pairs = ""] of text.matchAll(new RegExp(`^${name}${suffix}\\{(.*)\\} `, "gm"))) {
          for (const [, label = "", value = ""] of pairs.matchAll(/(\w+)="([^"]*)"/g)) {
            values.set(label, (values.get(label) ?? new Set()).add(value));
          }
        }
        const labels = new Set([...labelNames, ...(suffix === "_bucket" ? ["le"] : [])]);
        all.set(`${name}${suffix}`, { labels, values });
      }
    }
  }
  return all;
}

/** What is wrong with an expression, by what really exists. */
function faultsOf(
  { references, grouping, functions: used }: Expression,
  known: Map<string, Exposed>,
): string[] {
  const faults = used.filter((name) => !functions.includes(name)).map((name) => `${name}() is not known`);
  const carried = new Set(added);
  for (const { metric, labels, values } of references) {
    const found = known.get(metric);
    if (found === undefined) {
      faults.push(`${metric} does not exist`);
      continue;
    }
    for (const label of found.labels) carried.add(label);
    for (const label of labels) {
      if (!found.labels.has(label) && !added.includes(label)) faults.push(`${metric} has no label ${label}`);
    }
    for (const [label, value] of values) {
      const there = found.values.get(label);
      if (there !== undefined && !there.has(value)) faults.push(`${metric}: ${label} is never ${value}`);
    }
  }
  return [
    ...faults,
    ...grouping.filter((label) => !carried.has(label)).map((label) => `no metric has ${label}`),
  ];
}

let known: Map<string, Exposed>;

beforeAll(async () => {
  const monitor = new Metrics();
  monitor.watch(() => ({
    totals: totalsOf([], 0),
    sources: { asterisk: true, database: true, "sip-proxy": true },
    timelineWaiting: 0,
    eventClients: 0,
  }));
  for (const source of ["asterisk", "database", "sip-proxy"] as const) {
    monitor.looked(source, undefined, 0.01);
    monitor.looked(source, new Error("away"), 0.01);
  }
  const proxy = new ProxyMetrics();
  prometheusMetrics(proxy.registry);
  proxy.watch(() => ({
    dns: new Map(states.map((state) => [state, 0])),
    forwarding: true,
    dnsDisabled: 0,
    dnsHandingOver: 0,
    dnsOfAsterisk: 0,
    sockets: 0,
    socketsWaiting: 0,
    addressesWaiting: 0,
    registersWaiting: 0,
    servers: [{ name: "primary", healthy: true }],
    amiReady: true,
  }));
  known = await exposed(monitor.registry, proxy.registry);
});

const panels: Panel[] = dashboard.panels;
const graphs = panels.filter(({ type }) => type !== "row");

describe("the check itself", () => {
  it.each([
    ["sum(registration_monitor_phone)", "registration_monitor_phone does not exist"],
    ["rate(registraton_monitor_dns[5m])", "registraton_monitor_dns does not exist"],
    ['registration_monitor_phones{status="registered"}', "registration_monitor_phones has no label status"],
    ['registration_monitor_phones{state="online"}', "registration_monitor_phones: state is never online"],
    ['sip_proxy_dns{state=~"backing off|lost"}', "sip_proxy_dns: state is never lost"],
    ["sum by (dn) (registration_monitor_dns)", "no metric has dn"],
    ["average(registration_monitor_dns)", "average() is not known"],
    ["sip_proxy_registration_duration_seconds > 1", "sip_proxy_registration_duration_seconds does not exist"],
  ])("finds the fault in %s", (text, fault) => {
    expect(faultsOf(readExpression(text), known)).toStrictEqual([fault]);
  });
});

describe("the dashboard", () => {
  it("asks only for metrics and labels that exist", () => {
    const expressions = graphs.flatMap(({ title, targets = [] }) =>
      targets.map(({ expr }) => ({ title, expr })),
    );
    expect(expressions.length).toBeGreaterThan(30);
    const faults = expressions.flatMap(({ title, expr }) =>
      faultsOf(readExpression(expr), known).map((fault) => `${title}: ${fault}`),
    );
    expect(faults).toStrictEqual([]);
    const variable = dashboard.templating.list.find(({ type }: { type: string }) => type === "query");
    expect(known.has(/label_values\((\w+), site\)/.exec(variable.definition)?.[1] ?? "")).toBe(true);
  });

  it("names labels in its legends that its expressions keep", () => {
    for (const { targets = [] } of graphs) {
      for (const { expr, legendFormat } of targets) {
        const { references, grouping } = readExpression(expr);
        const kept = [...grouping, ...added, ...(known.get(references[0]?.metric ?? "")?.labels ?? [])];
        const named = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label);
        expect(named.filter((label) => !kept.includes(label as string))).toStrictEqual([]);
      }
    }
  });

  it("takes its data source from a variable, says what each panel is, and overlaps nowhere", () => {
    expect(dashboard.templating.list[0]).toMatchObject({ name: "datasource", type: "datasource" });
    const sources = graphs.flatMap(({ targets = [] }) => targets.map(({ datasource }) => datasource.uid));
    expect(new Set(sources)).toStrictEqual(new Set(["${datasource}"]));
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, n) => `${x + (n % w)},${y + Math.floor(n / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    for (const { description } of graphs) expect(description).toMatch(/^[A-Z].*\.$/);
  });

  it("shows every metric of the monitor's own", () => {
    const text = JSON.stringify(dashboard);
    const own = [...known.keys()].filter((name) => name.startsWith("registration_monitor_"));
    const missing = own.filter(
      (name) =>
        !text.includes(name) &&
        !/_(sum|count)$/.test(name) &&
        name !== "registration_monitor_phones_outside_range",
    );
    expect(missing).toStrictEqual([]);
  });
});

describe("the alert rules", () => {
  const rules = alerts.groups.flatMap((group) => group.rules);

  it("ask only for metrics and labels that exist", () => {
    expect(rules.length).toBeGreaterThan(10);
    const faults = rules.flatMap(({ alert, expr }) =>
      faultsOf(readExpression(expr), known).map((fault) => `${alert}: ${fault}`),
    );
    expect(faults).toStrictEqual([]);
  });

  it.each(rules.map((rule) => [rule.alert, rule] as const))("%s tells the operator what to do", (_, rule) => {
    expect(rule.labels.severity).toMatch(/^(page|ticket)$/);
    expect(rule.annotations.summary?.length).toBeGreaterThan(10);
    expect(rule.annotations.description?.length).toBeGreaterThan(40);
    if (rule.for !== undefined) expect(rule.for).toMatch(/^\d+[smh]$/);
    // A label that the expression takes away is empty in the words.
    const { references, grouping } = readExpression(rule.expr);
    const there = new Set(references.flatMap(({ metric }) => [...(known.get(metric)?.labels ?? [])]));
    const named = [...JSON.stringify(rule.annotations).matchAll(/\$labels\.(\w+)/g)].map(
      ([, label]) => label,
    );
    for (const label of named) {
      expect(there).toContain(label);
      expect(grouping).not.toContain(label);
    }
  });

  it("have a name each", () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  });
});
