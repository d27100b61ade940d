import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "..", "..", "..");
const docs = readFileSync(join(root, "docs", "dns.md"), "utf8");
const usage =
  /const USAGE = `([^`]+)`/.exec(readFileSync(join(root, "tools", "dn", "main.ts"), "utf8"))?.[1] ?? "";

describe("docs/dns.md", () => {
  it("has every command", () => {
    const commands = [...usage.matchAll(/^ {2}([a-z]+)/gm)].map(([, command]) => command);
    expect(commands).toStrictEqual(["list", "status", "add", "passwd", "remove", "import"]);
    for (const command of commands) expect(docs).toMatch(new RegExp(`^\\| \`${command}`, "m"));
  });

  it("has every option", () => {
    const options = usage.match(/--[a-z]+(-[a-z]+)*/g) ?? [];
    expect(options.length).toBeGreaterThan(5);
    for (const option of options) expect(docs).toContain(option);
  });
});
