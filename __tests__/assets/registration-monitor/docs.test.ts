import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { configSchema } from "../../../assets/registration-monitor/src/config";
import { Metrics } from "../../../assets/registration-monitor/src/metrics";
import { configInput } from "./config-input";

const read = (path: string) => readFileSync(join(__dirname, "../../..", path), "utf8");
const page = read("docs/registration-monitor.md");

/** Rows of the page's tables, by what stands in their first cell. */
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
    .map(([first = "", ...cells]) => [first.slice(1, -1), cells] as const),
);

describe("the operators' page", () => {
  it("has every metric of the monitor's own with its type and labels, and no other", async () => {
    const { registry } = new Metrics();
    const types = new Map((await registry.getMetricsAsJSON()).map(({ name, type }) => [name, type]));
    const metrics = registry.getMetricsAsArray() as unknown as { name: string; labelNames: string[] }[];
    const known = metrics
      .filter(({ name }) => name.startsWith("registration_monitor_"))
      .map(({ name, labelNames }) => [
        name,
        types.get(name),
        labelNames.map((label) => `\`${label}\``).join(", "),
      ]);
    expect(known.length).toBeGreaterThan(15);
    const documented = [...rows]
      .filter(([name]) => name.startsWith("registration_monitor_"))
      .map(([name, [type, labels]]) => [name, type, labels]);
    expect(documented.sort()).toStrictEqual(known.sort());
  });

  it("has the settings of the configuration with their defaults", () => {
    const sipProxy = { host: "127.0.0.1", port: 8082, token: "for looking" };
    const config = configSchema.parse(configInput({ mode: "proxy", sipProxy }));
    const defaults = flat(config).filter(([name, value]) => typeof value === "number" && !/port$/.test(name));
    expect(defaults.length).toBeGreaterThan(3);
    expect(defaults.map(([name]) => [name, rows.get(name)?.[0]])).toStrictEqual(
      defaults.map(([name, value]) => [name, String(value)]),
    );
  });

  it("has every alert with its severity, and no other", () => {
    const alerts: { groups: { rules: { alert: string; labels: { severity: string } }[] }[] } = parse(
      read("assets/registration-monitor/grafana/alerts.yaml"),
    );
    const known = alerts.groups.flatMap(({ rules }) =>
      rules.map(({ alert, labels }) => [alert, labels.severity]),
    );
    const documented = [...rows]
      .filter(([, [severity = ""]]) => /^(page|ticket)$/.test(severity))
      .map(([alert, [severity]]) => [alert, severity]);
    expect(documented.sort()).toStrictEqual(known.sort());
  });
});

/** Leaves of a configuration with their paths. */
function flat(value: unknown, path: readonly string[] = []): [string, unknown][] {
  if (typeof value !== "object" || value === null) return [[path.join("."), value]];
  return Object.entries(value).flatMap(([key, inner]) => flat(inner, [...path, key]));
}
