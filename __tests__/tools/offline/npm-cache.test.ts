import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { contentPath, fillNpmCache, installedPackages } from "../../../tools/offline/npm-cache";
import { contents } from "./bundles";

const integrityOf = (content: string) => `sha512-${createHash("sha512").update(content).digest("base64")}`;

let directory: string;
const { PATH } = process.env;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "offline-test-"));
});
afterEach(() => {
  process.env.PATH = PATH;
  rmSync(directory, { recursive: true });
});

function write(path: string, content: string): void {
  mkdirSync(dirname(join(directory, path)), { recursive: true });
  writeFileSync(join(directory, path), content);
}

describe("contentPath", () => {
  it("is npm's", () => {
    const hex = createHash("sha512").update("x").digest("hex");
    const expected = `_cacache/content-v2/sha512/${hex.slice(0, 2)}/${hex.slice(2, 4)}/${hex.slice(4)}`;
    expect(contentPath(integrityOf("x"))).toBe(expected);
    expect(contentPath(`sha1-AAAA ${integrityOf("x")}`)).toBe(expected);
  });

  it("exists for npm's hashes only", () => {
    expect(() => contentPath("md5-AAAA")).toThrow("integrity 'md5-AAAA' is none of npm's hashes");
  });
});

describe("installedPackages", () => {
  beforeEach(() => {
    write("package-lock.json", "lock");
    write("node_modules/.webrtc-genesys-lock", "lock");
    const packages = {
      "node_modules/a": { version: "1.0.0", integrity: "sha512-A" },
      "node_modules/b/node_modules/@s/c": { version: "2.0.0", integrity: "sha512-C" },
      "node_modules/alias": { name: "real", version: "3.0.0", integrity: "sha512-R" },
      "node_modules/again": { name: "a", version: "1.0.0", integrity: "sha512-A" },
      "node_modules/inside": { version: "1.0.0", inBundle: true },
    };
    write("node_modules/.package-lock.json", JSON.stringify({ packages }));
  });

  it("names each once", () => {
    expect(installedPackages(directory).map(({ spec }) => spec)).toStrictEqual([
      "a@1.0.0",
      "@s/c@2.0.0",
      "real@3.0.0",
    ]);
  });

  it("is not asked of what package-lock.json no longer says", () => {
    write("package-lock.json", "newer");
    expect(() => installedPackages(directory)).toThrow("run bin/install");
  });
});

describe("fillNpmCache", () => {
  /** An npm whose cache lies in the directory, and that gets `fetched` by `npm cache add`. */
  function npm(fetched?: string): void {
    const path = join(directory, "cache", contentPath(integrityOf(fetched ?? "")));
    const fetch =
      fetched === undefined ? "exit 1" : `mkdir -p ${dirname(path)} && printf %s '${fetched}' > ${path}`;
    write(
      "bin/npm",
      `#!/bin/sh\necho "$@" >> ${directory}/calls\ncase $1 in config) echo ${directory}/cache ;; *) ${fetch} ;; esac\n`,
    );
    chmodSync(join(directory, "bin/npm"), 0o755);
    process.env.PATH = [join(directory, "bin"), PATH].join(delimiter);
  }
  const one = { integrity: integrityOf("one"), spec: "one@1.0.0" };
  const two = { integrity: integrityOf("two"), spec: "two@2.0.0" };
  const fill = (...packages: (typeof one)[]) =>
    fillNpmCache(packages, join(directory, "filled"), () => undefined);

  it("takes what npm has, and fetches what it lacks", async () => {
    npm("two");
    write(join("cache", contentPath(one.integrity)), "one");
    write(join("cache", contentPath(integrityOf("another"))), "another");
    await fill(one, two);
    expect(contents(join(directory, "filled"))).toStrictEqual({
      [contentPath(one.integrity)]: "one",
      [contentPath(two.integrity)]: "two",
    });
    expect(readFileSync(join(directory, "calls"), "utf8")).toBe("config get cache\ncache add two@2.0.0\n");
  });

  it("takes nothing that its hash does not fit", async () => {
    npm();
    write(join("cache", contentPath(one.integrity)), "another");
    await expect(fill(one)).rejects.toThrow("has not one@1.0.0 as package-lock.json wants it");
  });

  it("says when a package can't be had", async () => {
    npm();
    await expect(fill(one)).rejects.toThrow("'npm cache add one@1.0.0' ended with 1");
  });
});
