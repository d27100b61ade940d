import { readFileSync } from "node:fs";
import { join } from "node:path";
import { configSchema } from "../../../assets/sip-proxy/src/config";
import { limitsSchema } from "../../../assets/sip-proxy/src/edge/limits";
import { refusalReasons } from "../../../assets/sip-proxy/src/edge/meter";
import { Metrics } from "../../../assets/sip-proxy/src/metrics";
import { prometheusMetrics } from "../../../assets/sip-proxy/src/relay/prometheus";

const page = readFileSync(join(__dirname, "../../../docs/sip-proxy.md"), "utf8");

/** Rows of the page's tables by what stands in their first cell. */
const rows = new Map(
  page
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .map((cells) => [cells[0], cells.slice(1)] as const),
);

interface MetricInternals {
  readonly name: string;
  readonly labelNames: readonly string[];
}

const metrics = new Metrics();
prometheusMetrics(metrics.registry);

describe("the operators' page", () => {
  it("has every metric with its type and labels, and no other", async () => {
    const types = new Map((await metrics.registry.getMetricsAsJSON()).map(({ name, type }) => [name, type]));
    const known = (metrics.registry.getMetricsAsArray() as unknown as MetricInternals[]).map((metric) => [
      metric.name,
      types.get(metric.name),
      metric.labelNames.map((label) => `\`${label}\``).join(", "),
    ]);
    expect(known.length).toBeGreaterThan(50);
    const documented = [...rows]
      .filter(([name]) => /^`(sip_proxy|process|nodejs)_/.test(name ?? ""))
      .map(([name, [type, labels]]) => [name?.slice(1, -1), type, labels]);
    expect(documented.sort()).toEqual(known.sort());
  });

  it("has every limit with its default and a unit", () => {
    const limits = Object.entries(limitsSchema.parse({})).map(([name, value]) => [name, String(value)]);
    const documented = limits.map(([name]) => [name, rows.get(`\`${name}\``)?.[0]]);
    expect(documented).toEqual(limits);
    for (const [name] of limits) expect(rows.get(`\`${name}\``)?.[1]).toMatch(/^[a-z]/);
  });

  it("has the other limits of the configuration with their defaults", () => {
    const config = configSchema.parse({
      release: "r",
      edge: {},
      asterisk: { url: "ws://127.0.0.1:8088/ws" },
      ami: { secret: "s" },
      genesys: { servers: [{ host: "127.0.0.2", port: 5060 }], localAddress: "127.0.0.1" },
      trunk: { host: "127.0.0.1" },
      allowedDns: [],
      relay: { genesysSide: { address: "127.0.0.1" }, asterisk: { address: "127.0.0.1" } },
    });
    const defaults = flat({ ...config, edge: {} }).filter(([, value]) => typeof value === "number");
    const limits = defaults.filter(([name]) => !/port$/i.test(name) && !name.includes("servers"));
    expect(limits.length).toBeGreaterThan(15);
    expect(limits.map(([name]) => [name, rows.get(`\`${name}\``)?.[0]])).toEqual(
      limits.map(([name, value]) => [name, String(value)]),
    );
  });

  it("has an alert only about metrics that there are, and every reason of a refusal", () => {
    const names = new Set(metrics.registry.getMetricsAsArray().map(({ name }) => name));
    const used = [...page.matchAll(/\b(?:sip_proxy|process|nodejs)_[a-z0-9_]+/g)].map(([name]) => name);
    expect(used.filter((name) => !names.has(name.replace(/_bucket$/, "")))).toEqual([]);
    for (const reason of refusalReasons) expect(page).toContain(`\`${reason}\` (`);
  });
});

/** Leaves of a configuration with their paths. */
function flat(value: unknown, path: readonly string[] = []): [string, unknown][] {
  if (typeof value !== "object" || value === null) return [[path.join("."), value]];
  return Object.entries(value).flatMap(([key, inner]) => flat(inner, [...path, key]));
}
