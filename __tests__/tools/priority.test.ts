import { execFileSync } from "node:child_process";
import { join } from "node:path";

const tools = join(__dirname, "..", "..", "tools", "priority.ts");
const program = `require(${JSON.stringify(tools)}).yieldToCalls();
  const { execFileSync } = require("node:child_process");
  const child = execFileSync(process.execPath, ["-p", "os.getPriority()"], { encoding: "utf8" });
  console.log(require("node:os").getPriority(), child.trim());`;

/** The niceness of a process that yields and of what it starts, when it begins with so much. */
function niceness(beginning: number): string {
  const node = [process.execPath, "--require", "tsx/cjs", "-e", program];
  return execFileSync("nice", ["-n", String(beginning), ...node], { encoding: "utf8" }).trim();
}

it("puts a process and what it starts behind everything else", () => {
  expect(niceness(0)).toBe("10 10");
});

it("leaves one alone that is further behind already", () => {
  expect(niceness(15)).toBe("15 15");
});
