import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StagedFiles } from "../../tools/staged-files";

let directory: string;
const path = (name: string) => join(directory, name);
const text = (name: string) => readFileSync(path(name), "utf8");

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "staged-files-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

it("writes files together, with their modes, and makes their directories", () => {
  writeFileSync(path("old"), "before");
  chmodSync(path("old"), 0o644);
  const files = new StagedFiles();
  files.stage(path("dn/1002"), "secret", 0o600);
  files.stage(path("old"), "after", 0o644);
  expect(text("old")).toBe("before");
  expect(existsSync(path("dn/1002"))).toBe(false);
  files.commit();
  expect([text("dn/1002"), text("old")]).toStrictEqual(["secret", "after"]);
  expect(statSync(path("dn/1002")).mode & 0o777).toBe(0o600);
  expect(statSync(path("dn")).mode & 0o777).toBe(0o700);
  expect(statSync(path("old")).mode & 0o777).toBe(0o644);
  expect(readdirSync(directory).sort()).toStrictEqual(["dn", "old"]);
  expect(readdirSync(path("dn"))).toStrictEqual(["1002"]);
});

it("leaves everything as it was when they are discarded", () => {
  writeFileSync(path("old"), "before");
  const files = new StagedFiles();
  files.stage(path("old"), "after", 0o600);
  files.stage(path("new"), "after", 0o600);
  files.discard();
  expect(readdirSync(directory)).toStrictEqual(["old"]);
  expect(text("old")).toBe("before");
});

it("puts back what was moved when a file can't be", () => {
  writeFileSync(path("first"), "before");
  const files = new StagedFiles();
  files.stage(path("first"), "after", 0o600);
  files.stage(path("second"), "after", 0o600);
  files.stage(path("third"), "after", 0o600);
  // A directory that is not empty is in the way.
  mkdirSync(path("third/full"), { recursive: true });
  expect(() => files.commit()).toThrow();
  expect(text("first")).toBe("before");
  expect(readdirSync(directory).sort()).toStrictEqual(["first", "third"]);
});

it("writes through a link, which stays one", () => {
  writeFileSync(path("real"), "before");
  symlinkSync("real", path("link"));
  const files = new StagedFiles();
  files.stage(path("link"), "after", 0o600);
  files.commit();
  expect(lstatSync(path("link")).isSymbolicLink()).toBe(true);
  expect(text("real")).toBe("after");
});

it("is not disturbed by what an interrupted run has left", () => {
  writeFileSync(path("a.new"), "left");
  writeFileSync(path("a.old"), "left");
  const files = new StagedFiles();
  files.stage(path("a"), "after", 0o600);
  files.commit();
  expect(readdirSync(directory)).toStrictEqual(["a"]);
  expect(text("a")).toBe("after");
});
