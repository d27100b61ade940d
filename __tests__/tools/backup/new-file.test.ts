import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeNewFile } from "../../../tools/backup/new-file";
import { all, inChunks } from "./bytes";

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "new-file-"));
  path = join(directory, "deeper", "new.age");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const left = () => readdirSync(join(directory, "deeper"));

describe("a new file", () => {
  it("is its owner's only, from its first byte on", async () => {
    const data = (async function* () {
      yield Buffer.from("first ");
      expect(statSync(`${path}.partial`).mode & 0o777).toBe(0o600);
      expect(left()).toStrictEqual(["new.age.partial"]);
      yield Buffer.from("second");
    })();
    await writeNewFile(path, data);
    expect(readFileSync(path, "utf8")).toBe("first second");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(left()).toStrictEqual(["new.age"]);
  });

  it("takes the place of no other", async () => {
    await writeNewFile(path, inChunks(Buffer.from("old")));
    await expect(writeNewFile(path, inChunks(Buffer.from("new")))).rejects.toThrow("is there already");
    expect(readFileSync(path, "utf8")).toBe("old");
  });

  it("is not there when it could not be written to its end", async () => {
    const data = (async function* () {
      yield Buffer.from("half");
      throw new Error("the far end has gone");
    })();
    await expect(writeNewFile(path, data)).rejects.toThrow("the far end has gone");
    expect(left()).toStrictEqual([]);
  });

  it("is not there when its process was asked to end, while it waited for more", async () => {
    const module = join(__dirname, "../../../tools/backup/new-file");
    const program = `
      const { writeNewFile } = require(${JSON.stringify(module)});
      setInterval(() => undefined, 1000);
      writeNewFile(${JSON.stringify(path)}, (async function* () {
        yield Buffer.from("half");
        console.log("waits");
        await new Promise(() => undefined);
      })());`;
    const child = spawn("node", ["--require", "tsx/cjs", "-e", program], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    await once(child.stdout, "data");
    expect(left()).toStrictEqual(["new.age.partial"]);
    child.kill("SIGTERM");
    const [said] = await Promise.all([all(child.stderr), once(child, "close")]);
    expect([String(said), child.exitCode]).toStrictEqual(["\nstopped: nothing was written\n", 1]);
    expect(left()).toStrictEqual([]);
  }, 20_000);

  it("does not touch one that another is writing", async () => {
    await writeNewFile(`${path}.other`, inChunks(Buffer.from("x")));
    writeFileSync(`${path}.partial`, "theirs");
    await expect(writeNewFile(path, inChunks(Buffer.from("x")))).rejects.toThrow(
      "another backup is being written",
    );
    expect(readFileSync(`${path}.partial`, "utf8")).toBe("theirs");
  });
});
