import { readFileSync } from "node:fs";
import { join } from "node:path";
import { scopeNames } from "../../../assets/call-control/src/access/scopes";
import { callChanges } from "../../../assets/call-control/src/calls/call";
import { Metrics } from "../../../assets/call-control/src/metrics";

const page = readFileSync(join(__dirname, "../../../docs/call-control.md"), "utf8");

/** Rows of the page's tables, by what stands in their first cell. */
const rows = page
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

describe("the operators' page", () => {
  it("has every metric with its type and labels, and no other", async () => {
    const { registry } = new Metrics();
    const types = new Map((await registry.getMetricsAsJSON()).map(({ name, type }) => [name, type]));
    const metrics = registry.getMetricsAsArray() as unknown as { name: string; labelNames: string[] }[];
    const known = metrics.map(({ name, labelNames }) => [
      `\`${name}\``,
      types.get(name),
      labelNames.map((label) => `\`${label}\``).join(", "),
    ]);
    expect(known.length).toBeGreaterThan(20);
    const documented = rows
      .filter(([name]) => name?.startsWith("`call_control_"))
      .map(([name, type, labels]) => [name, type, labels]);
    expect(documented.sort()).toStrictEqual(known.sort());
  });

  it("has every scope", () => {
    const section = page.slice(page.indexOf("\n## Access"), page.indexOf("\n## WebHooks"));
    const documented = [...section.matchAll(/^\| `(\w+:\w+)`/gm)].map(([, scope]) => scope);
    expect(documented).toStrictEqual(scopeNames);
  });

  it("has every event that a webhook can be told", () => {
    const section = page.slice(page.indexOf("\n## WebHooks"), page.indexOf("\n## Metrics"));
    const [, list = ""] = /`events`: ([\w,\s]+); empty/.exec(section) ?? [];
    expect(list.split(/,\s+/)).toStrictEqual(callChanges);
  });
});
