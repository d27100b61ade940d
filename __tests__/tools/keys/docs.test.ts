import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "..", "..", "..");
const docs = readFileSync(join(root, "docs", "keys.md"), "utf8");
const usage =
  /const USAGE = `([^`]+)`/.exec(readFileSync(join(root, "tools", "keys", "main.ts"), "utf8"))?.[1] ?? "";

describe("docs/keys.md", () => {
  it("has every command", () => {
    const commands = [...usage.matchAll(/^ {2}([a-z]+)/gm)].map(([, command]) => command);
    expect(commands).toStrictEqual(["list", "add", "remove"]);
    for (const command of commands) expect(docs).toMatch(new RegExp(`^\\| \`${command}\``, "m"));
  });

  it("has every option", () => {
    const options = usage.match(/--[a-z]+/g) ?? [];
    expect(options.length).toBeGreaterThan(4);
    for (const option of options) expect(docs).toContain(option);
  });
});
