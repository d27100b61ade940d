import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Change, FileChange } from "../../../tools/review/compare/change";
import { compare } from "../../../tools/review/compare/compare";
import { unifiedDiffs } from "../../../tools/review/unified";
import { deployment } from "./support/deployments";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "webrtc-genesys-review-test-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const changeOf = (name: string, files: readonly FileChange[]): Change => ({
  ...(compare([deployment()], [deployment()])[0] as Change),
  name,
  files,
});

describe("unified differences", () => {
  it("are those of each file, by environment", async () => {
    const diffs = await unifiedDiffs(
      [
        changeOf("a", [
          { service: "nginx", path: "nginx.conf", before: "one\ntwo\n", after: "one\n2\n" },
          { service: "nginx", path: "../../odd\nname", before: undefined, after: "new\n" },
        ]),
        changeOf("b", [{ service: "x", path: "gone", before: "old\n", after: undefined }]),
      ],
      directory,
    );
    expect(diffs.get("a")).toStrictEqual([
      {
        service: "nginx",
        path: "nginx.conf",
        added: 1,
        removed: 1,
        lines: ["@@ -1,2 +1,2 @@", " one", "-two", "+2"],
      },
      { service: "nginx", path: "../../odd\nname", added: 1, removed: 0, lines: ["@@ -0,0 +1 @@", "+new"] },
    ]);
    expect(diffs.get("b")).toMatchObject([{ path: "gone", removed: 1, lines: ["@@ -1 +0,0 @@", "-old"] }]);
  });

  it("take a line that looks like git's own for what it is", async () => {
    const before = "x\ndiff --git a/a/00000000 b/b/00000000\n@@ -1 +1 @@\n";
    const diffs = await unifiedDiffs(
      [changeOf("a", [{ service: "s", path: "p", before, after: `${before}y\n` }])],
      directory,
    );
    expect(diffs.get("a")).toMatchObject([{ added: 1, removed: 0 }]);
  });

  it("need no git where nothing changes", async () => {
    expect((await unifiedDiffs([changeOf("a", [])], "/nowhere")).size).toBe(0);
  });
});
