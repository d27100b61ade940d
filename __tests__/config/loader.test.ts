import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { EnvironmentError, loadEnvironment, loadEnvironments } from "../../config";
import { faultLines, SITE, siteLoader, testDirectory } from "./files";

const directory = testDirectory();
const { faults, load } = siteLoader(directory);

describe("FORWARDING_MODE", () => {
  it("overrides the file for one run", () => {
    expect(load(SITE, { FORWARDING_MODE: "proxy" }).environment.forwardingMode).toBe("proxy");
    expect(
      load(`${SITE}forwardingMode: proxy\n`, { FORWARDING_MODE: "static" }).environment.forwardingMode,
    ).toBe("static");
  });

  it("is the same as absent when it is empty", () => {
    expect(load(`${SITE}forwardingMode: proxy\n`, { FORWARDING_MODE: "" }).environment.forwardingMode).toBe(
      "proxy",
    );
  });

  it("is a fault that names the variable when it is no mode", () => {
    expect(faults(SITE, { FORWARDING_MODE: "Proxy" })).toStrictEqual([
      "FORWARDING_MODE: 'Proxy' is not a mode: static or proxy (an environment variable, which overrides the files)",
    ]);
  });
});

describe("the text of a file", () => {
  it.each([
    ["empty", "", ["site.yaml:1:1: is empty: an environment needs at least host: and genesys:"]],
    [
      "only a comment",
      "# nothing\n",
      ["site.yaml:1:1: is empty: an environment needs at least host: and genesys:"],
    ],
    [
      "a list",
      "- host\n",
      ["site.yaml:1:1: a list is not an environment: sections such as host, genesys and dns"],
    ],
    [
      "a word",
      "host\n",
      ["site.yaml:1:1: 'host' is not an environment: sections such as host, genesys and dns"],
    ],
    [
      "indented by a tab",
      "host:\n\taddress: 192.0.2.1\n",
      ["site.yaml:2:1: not valid YAML: a tab indents this line: YAML allows spaces only"],
    ],
    [
      "two documents",
      `${SITE}---\n${SITE}`,
      [
        "site.yaml:3:1: not valid YAML: a second document starts here ('---'): an environment is one document",
      ],
    ],
    [
      "a tag",
      `${SITE}rtp: !range 1\n`,
      ["site.yaml:3:6: not valid YAML: this tag (!) is not supported: remove it"],
    ],
    [
      "an unclosed list",
      `${SITE}dns: [1002\n`,
      [expect.stringMatching(/^site\.yaml:4:1: not valid YAML: Flow sequence/)],
    ],
    [
      "a second colon",
      `${SITE}dns: a: b\n`,
      [expect.stringMatching(/^site\.yaml:3:6: not valid YAML: Nested mappings/)],
    ],
    [
      "another YAML",
      `%YAML 1.1\n---\n${SITE}`,
      ["site.yaml:1:1: %YAML chooses another version than 1.2: remove the line"],
    ],
    [
      "a key twice",
      `${SITE}rtp: 10000-10199\nrtp: 10000-10199\n`,
      ["site.yaml:4:1 rtp: is there twice, first on line 3: remove one"],
    ],
    [
      "a key twice, deeper",
      `${SITE}nginx:\n  tls: {selfSigned: true, selfSigned: false}\n`,
      ["site.yaml:4:27 nginx.tls.selfSigned: is there twice, first on line 4: remove one"],
    ],
    [
      "a merge key",
      `${SITE}<<: {rtp: 10000-10199}\n`,
      [expect.stringMatching(/^site\.yaml:3:1 \['<<'\]: is not a known key: known here are/)],
    ],
    ["a list as a key", `${SITE}? [a]\n: b\n`, [expect.stringMatching(/^site\.yaml:3:3: not valid YAML:/)]],
    [
      "an alias without anchor",
      `${SITE}dns: *agents\n`,
      [expect.stringMatching(/^site\.yaml:(3:6|1:1): not valid YAML:/)],
    ],
    [
      "an alias to itself",
      `${SITE}state: {options: &a {x: *a}}\n`,
      ["site.yaml:3:25 state.options.x: *a stands for what contains it: write its value"],
    ],
  ])("%s", (_, text, expected) => {
    expect(faults(text)).toStrictEqual(expected);
  });

  it.each([
    ["nginx: {port: 08443}", "3:15 nginx.port", "08443", "8443"],
    ["nginx: {port: 0x20fb}", "3:15 nginx.port", "0x20fb", "8443"],
    ["nginx: {port: 0o20373}", "3:15 nginx.port", "0o20373", "8443"],
    ["nginx: {port: 8.443e3}", "3:15 nginx.port", "8.443e3", "8443"],
    ["dns: [0042]", "3:7 dns[0]", "0042", "42"],
    ["dns: [12345678901234567]", "3:7 dns[0]", "12345678901234567", "12345678901234568"],
    ["dns: [{number: 0042}]", "3:16 dns[0].number", "0042", "42"],
    ["probeDn: 0042", "3:10 probeDn", "0042", "42"],
  ])("a number that YAML reads otherwise: %s", (text, place, source, value) => {
    expect(faults(`${SITE}${text}\n`)[0]).toBe(
      `site.yaml:${place}: ${source} is read as the number ${value}: put it in quotes ('${source}') if its digits count, or write the number itself`,
    );
  });

  it("may use anchors and aliases", () => {
    const { environment } = load(`${SITE}allowedDns: &agents [1002, 2000-2001]\ndns: *agents\n`);
    expect(environment.dns.map(({ number }) => number)).toStrictEqual(["1002", "2000", "2001"]);
    expect(faults(`${SITE}allowedDns: &agents [1002, 12a]\ndns: *agents\n`)).toStrictEqual([
      "site.yaml:3:28 allowedDns[1]: '12a' is not a DN of 1 to 20 digits, or a range such as 5001-5020",
      "site.yaml:4:1 dns[1]: '12a' is not a DN of 1 to 20 digits, or a range such as 5001-5020",
    ]);
  });

  it("is not blown up by aliases", () => {
    const levels = Array.from(
      { length: 9 },
      (_, level) =>
        `${"abcdefghij"[level + 1]}: &${"abcdefghij"[level + 1]} [${Array(9).fill(`*${"abcdefghij"[level]}`)}]`,
    );
    expect(faults(`a: &a [x]\n${levels.join("\n")}\n`)).toStrictEqual([
      "site.yaml:1:1: not valid YAML: aliases (*) that stand for more than 100 values",
    ]);
  });

  it.each([25, 100_000])("is not read where it is nested %d levels deep", (depth) => {
    expect(faults("[".repeat(depth) + "]".repeat(depth))).toStrictEqual([
      expect.stringMatching(/^site\.yaml:1:\d+: not valid YAML: nested too deeply$/),
    ]);
  });

  it("may begin with a byte order mark, and end its lines with CR LF", () => {
    expect(
      load(`\ufeff${SITE}forwardingMode: proxy\n`.replaceAll("\n", "\r\n")).environment.forwardingMode,
    ).toBe("proxy");
  });

  it("is UTF-8", () => {
    const file = directory.write("latin.yaml", Buffer.from(`${SITE}# caf\xe9\n`, "latin1"));
    expect(faultLines(directory.path, () => loadEnvironment(file, {}))).toStrictEqual([
      "latin.yaml: is not UTF-8 text: save it as UTF-8",
    ]);
  });

  it("is at most 1 MiB", () => {
    const padded = (size: number) => SITE + "#".repeat(size - SITE.length);
    expect(load(padded(1024 * 1024)).environment.name).toBe("site");
    expect(faults(padded(1024 * 1024 + 1))).toStrictEqual([
      "site.yaml: is larger than 1 MiB: an environment is a few lines",
    ]);
  });

  it("may have only so many aliases", () => {
    const aliases = (count: number) =>
      `${SITE}probeDn: &a 7777\ncodecs: [${Array(count).fill("*a").join(", ")}]\n`;
    expect(faults(aliases(1))).toStrictEqual([
      "site.yaml:4:10 codecs[0]: 7777 is not a codec: ulaw, alaw, opus or g722",
    ]);
    expect(faults(aliases(2_000))).toStrictEqual([
      "site.yaml:1:1: not valid YAML: more than 100 aliases (*)",
    ]);
  });

  it("may have only so many values, and be wrong in all of them", () => {
    const values = (count: number) => `${SITE}dns: [${Array(count).fill("x").join(",")}]\n`;
    expect(faults(values(39_000)).at(-1)).toBe("... and 38901 more");
    expect(faults(values(40_000))).toStrictEqual(["site.yaml:1:1: not valid YAML: more than 40000 values"]);
  });
});

describe("the place of a file", () => {
  it.each([
    ["missing.yaml", "missing.yaml: does not exist: write it, or name one of the files in environments/"],
    [
      "Site.yaml",
      "Site.yaml: 'Site.yaml' does not name a stack: use lower-case letters, digits and '-', 32 at most, beginning with a letter, and end in .yaml",
    ],
    [
      `${"a".repeat(33)}.yaml`,
      `${"a".repeat(33)}.yaml: '${"a".repeat(33)}.yaml' does not name a stack: use lower-case letters, digits and '-', 32 at most, beginning with a letter, and end in .yaml`,
    ],
    [
      "site.json",
      "site.json: 'site.json' does not name a stack: use lower-case letters, digits and '-', 32 at most, beginning with a letter, and end in .yaml",
    ],
  ])("%s", (name, expected) => {
    if (name !== "missing.yaml") directory.write(name, SITE);
    const file = join(directory.path, name);
    expect(faultLines(directory.path, () => loadEnvironment(file, {}))).toStrictEqual([expected]);
    rmSync(file, { force: true });
  });

  it("must be a regular file", () => {
    const file = join(directory.path, "folder.yaml");
    mkdirSync(file);
    expect(faultLines(directory.path, () => loadEnvironment(file, {}))).toStrictEqual([
      "folder.yaml: is not a file",
    ]);
    rmSync(file, { recursive: true });
  });

  it("may not be a named pipe, which would be waited for", () => {
    const file = join(directory.path, "pipe.yaml");
    execFileSync("mkfifo", [file]);
    expect(faultLines(directory.path, () => loadEnvironment(file, {}))).toStrictEqual([
      "pipe.yaml: is not a file",
    ]);
    rmSync(file);
  });

  it("is shown as seen from the working directory", () => {
    const error = caught(() => loadEnvironment(join(process.cwd(), "environments", "none.yaml"), {}));
    expect(error.render()).toMatch(/^environments\/none\.yaml: does not exist/);
  });
});

describe("a directory of environments", () => {
  const sites = testDirectory();

  it("is loaded in the order of names, hidden and other files left out", () => {
    sites.write("b-2.yaml", SITE);
    sites.write("a.yaml", SITE);
    sites.write(".a.yaml.swp", "x");
    sites.write(".hidden.yaml", "x");
    sites.write("schema.json", "{}");
    const names = loadEnvironments(sites.path, {}).map(({ environment }) => environment.name);
    expect(names).toStrictEqual(["a", "b-2"]);
  });

  it("shows the faults of all files in one go", () => {
    sites.write("b-2.yaml", `${SITE}rtp: 1\n`);
    sites.write("c.yaml", "");
    sites.write("d.yml", SITE);
    expect(
      faultLines(sites.path, () => loadEnvironments(sites.path, { FORWARDING_MODE: "x" })),
    ).toStrictEqual([
      "FORWARDING_MODE: 'x' is not a mode: static or proxy (an environment variable, which overrides the files)",
      "b-2.yaml:3:6 rtp: 1 is not a range of ports such as 10000-20000 (put it in quotes)",
      "c.yaml:1:1: is empty: an environment needs at least host: and genesys:",
      "d.yml: is not read: rename it to d.yaml",
    ]);
  });

  it("must exist and hold one", () => {
    const nowhere = join(sites.path, "nowhere");
    expect(faultLines(sites.path, () => loadEnvironments(nowhere, {}))).toStrictEqual([
      "nowhere: cannot be read (ENOENT): name the directory of the environments",
    ]);
    const empty = join(sites.path, "empty");
    mkdirSync(empty);
    expect(faultLines(sites.path, () => loadEnvironments(empty, {}))).toStrictEqual([
      "empty: has no environment: write one, such as local.yaml",
    ]);
  });
});

describe("EnvironmentError", () => {
  it("is an Error whose message is the rendered list", () => {
    const error = caught(() => load("dns: [x]\n"));
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe("EnvironmentError");
    expect(error.message).toBe(error.render());
    expect(error.faults.map(({ line, column, path }) => ({ line, column, path }))).toStrictEqual([
      { line: 1, column: 1, path: "host" },
      { line: 1, column: 1, path: "genesys" },
      { line: 1, column: 7, path: "dns[0]" },
    ]);
  });

  it("shows 100 lines at most", () => {
    const lines = faults(`${SITE}dns: [${Array(150).fill("x").join(", ")}]\n`);
    expect(lines).toHaveLength(101);
    expect(lines.at(-1)).toBe("... and 50 more");
  });
});

function caught(run: () => unknown): EnvironmentError {
  try {
    run();
  } catch (error) {
    if (error instanceof EnvironmentError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
