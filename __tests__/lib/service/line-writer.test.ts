import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { LineWriter } from "../../../lib/service/line-writer";

let directory: string;
let descriptor: number;
const read = () => readFileSync(join(directory, "log"), "utf8");

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "line-writer-"));
  descriptor = openSync(join(directory, "log"), "w");
});

afterEach(() => {
  closeSync(descriptor);
  rmSync(directory, { recursive: true });
});

it("gathers lines, and writes them soon", async () => {
  const writer = new LineWriter(descriptor);
  writer.write("one\n");
  expect(read()).toBe("");
  await sleep(300);
  expect(read()).toBe("one\n");
});

it("writes at once what is urgent, with all that came before, and what has become much", () => {
  const writer = new LineWriter(descriptor);
  writer.write("one\n");
  writer.write("two\n", true);
  expect(read()).toBe("one\ntwo\n");
  writer.write(`${"x".repeat(9_000)}\n`);
  expect(read()).toHaveLength(8 + 9_001);
});

it("goes on when the descriptor can't be written to", () => {
  closeSync(descriptor);
  const writer = new LineWriter(descriptor);
  expect(() => writer.write("one\n", true)).not.toThrow();
  descriptor = openSync(join(directory, "log"), "w");
});

it("loses whole lines only, and says how many, when nobody reads for long; and never waits", () => {
  const pipe = join(directory, "pipe");
  execFileSync("mkfifo", [pipe]);
  const end = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
  try {
    const writer = new LineWriter(end);
    for (let i = 0; i < 40_000; i++) writer.write(`${String(i).padStart(99, "0")}\n`);
    let output = "";
    const buffer = Buffer.alloc(65_536);
    for (let silent = 0; silent < 2; ) {
      writer.flush();
      const before = output.length;
      try {
        output += buffer.toString("latin1", 0, readSync(end, buffer));
      } catch {
        // EAGAIN: it is empty.
      }
      silent = output.length > before ? 0 : silent + 1;
    }
    const lines = output.trimEnd().split("\n");
    const numbers = lines.filter((line) => /^\d{99}$/.test(line)).map(Number);
    const lost = Number(/"(\d+) lines of the log were lost/.exec(lines.at(-1) ?? "")?.[1]);
    expect(numbers).toEqual(numbers.map((_, index) => index));
    expect(lost).toBeGreaterThan(20_000);
    expect(numbers.length + lost).toBe(40_000);
  } finally {
    closeSync(end);
  }
});
