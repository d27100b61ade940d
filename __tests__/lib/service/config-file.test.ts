import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { ConfigError, readConfig } from "../../../lib/service";

const schema = z.strictObject({
  release: z.string(),
  port: z.int("a port is a whole number").max(65_535, "a port is 0 to 65535"),
  ami: z.strictObject({
    secret: z.string().min(8, "8 characters or more"),
    hosts: z.array(z.ipv4()).optional(),
  }),
});

let directory: string;
let file: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "config-file-"));
  file = join(directory, "config.json");
});

afterAll(() => rmSync(directory, { recursive: true }));

function faultsOf(text: string): readonly string[] {
  writeFileSync(file, text);
  try {
    readConfig(file, schema);
  } catch (error) {
    return (error as ConfigError).faults;
  }
  throw new Error("no fault was found");
}

describe("readConfig", () => {
  it("gives the validated configuration", () => {
    const config = { release: "a", port: 8091, ami: { secret: "long enough" } };
    writeFileSync(file, JSON.stringify(config));
    expect(readConfig(file, schema)).toStrictEqual(config);
  });

  it("tells every fault with its path, the value and what would be right, but never a secret", () => {
    const text =
      '{"release":"a","port":70000,"ami":{"secret":"tiny","hosts":["127.0.0.1","nowhere"]},"prot":1}';
    const faults = faultsOf(text);
    expect(faults).toStrictEqual([
      "port: 70000: a port is 0 to 65535",
      "ami.secret: (not shown) 8 characters or more",
      'ami.hosts[1]: "nowhere": Invalid IPv4 address',
      '(root): Unrecognized key: "prot"',
    ]);
  });

  it("cuts long values short", () => {
    expect(faultsOf(`{"release":"a","port":"${"9".repeat(500)}","ami":{"secret":"long enough"}}`)[0]).toBe(
      `port: "${"9".repeat(79)}...: a port is a whole number`,
    );
  });

  it("says where the file is not JSON without quoting what stands around it", () => {
    const faults = faultsOf('{\n  "ami": { "secret": "hush-hush" ]\n}');
    expect(faults).toStrictEqual(["is not JSON at line 2, column 34"]);
    expect(faultsOf("hush-hush").join()).not.toContain("hush");
  });

  it.each([
    ["a file that is not there", () => join(directory, "absent.json"), "cannot be read: ENOENT"],
    ["a directory", () => directory, "is not a regular file"],
  ])("names the fault of %s", (_, path, fault) => {
    expect(() => readConfig(path(), schema)).toThrow(new ConfigError(path(), [fault]));
  });

  it("refuses a file that is too big to be one", () => {
    expect(faultsOf(" ".repeat(4 * 1024 * 1024 + 1))).toStrictEqual([
      "has 4194305 bytes, at most 4194304 are read",
    ]);
  });
});
