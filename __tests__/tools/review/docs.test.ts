import { readFileSync } from "node:fs";
import { join } from "node:path";
import { policies } from "../../../policies";
import { severities } from "../../../tools/review/severity";

const root = join(__dirname, "..", "..", "..");
const docs = readFileSync(join(root, "docs", "review.md"), "utf8");

describe("docs/review.md", () => {
  it("has every rule of the site with its severity", () => {
    for (const { name, severity } of policies) {
      expect(docs).toMatch(new RegExp(`^\\| ${name} +\\| \`${severity}\` `, "m"));
    }
  });

  it("has every severity, the worst first", () => {
    const rows = [...docs.matchAll(/^\| `(critical|high|medium|low)` +\| [a-z]/gm)].map(([, name]) => name);
    expect(rows).toStrictEqual([...severities].reverse());
  });

  it("has every option", () => {
    const options = readFileSync(join(root, "tools", "review", "main.ts"), "utf8").match(
      /--[a-z]+(-[a-z]+)*(?=[ \]])/g,
    );
    for (const option of new Set(options)) expect(docs).toContain(`\`${option}`);
  });
});
