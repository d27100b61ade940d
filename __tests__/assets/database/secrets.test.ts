import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSecrets } from "../../../assets/database/src/secrets";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "secrets-test-"));
  mkdirSync(join(directory, "dn"));
});

afterEach(() => rmSync(directory, { recursive: true }));

const write = (name: string, text: string) => writeFileSync(join(directory, name), text);

describe("readSecrets", () => {
  it("takes one line, without the line break at its end", () => {
    write("dn/1002", "one\n");
    write("dn/1003", "two\r\n");
    write("role", " wide ; 'three' ");
    expect([...readSecrets(directory, ["dn/1002", "dn/1003", "role"])]).toStrictEqual([
      ["dn/1002", "one"],
      ["dn/1003", "two"],
      ["role", " wide ; 'three' "],
    ]);
  });

  it("names every file that can't be used in one go", () => {
    write("dn/1002", "fine");
    write("dn/1003", "\n");
    write("dn/1005", "a\nb\n");
    write("dn/1006", "x".repeat(1025));
    mkdirSync(join(directory, "dn/1007"));
    const names = ["1002", "1003", "1004", "1005", "1006", "1007"].map((dn) => `dn/${dn}`);
    expect(() => readSecrets(directory, names)).toThrow(
      [
        "5 secret files can't be used, and nothing was changed:",
        "  dn/1003: is empty",
        "  dn/1004: is missing: put it into secrets.directory on the Docker host",
        "  dn/1005: has more than one line, or control characters",
        "  dn/1006: is longer than 1024 characters",
        "  dn/1007: can't be read (EISDIR)",
      ].join("\n"),
    );
  });

  it("names those that a check refuses among them", () => {
    write("dn/1002", "fine");
    write("dn/1003", "bad");
    const check = (name: string, text: string) => {
      if (text === "bad") throw new Error(`${name} is bad`);
    };
    expect(() => readSecrets(directory, ["dn/1002", "dn/1003", "dn/1004"], check)).toThrow(
      /^2 secret files.*\n {2}dn\/1003: dn\/1003 is bad\n {2}dn\/1004: is missing/,
    );
  });
});
