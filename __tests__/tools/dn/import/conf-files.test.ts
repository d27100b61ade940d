import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { IncludeRefused } from "../../../../tools/dn/import/asterisk-conf";
import { ConfFiles } from "../../../../tools/dn/import/conf-files";
import { OperatorError } from "../../../../tools/progress";

let directory: string;

function write(name: string, content: string | Buffer = name): void {
  mkdirSync(dirname(join(directory, name)), { recursive: true });
  writeFileSync(join(directory, name), content);
}

const files = () => new ConfFiles(join(directory, "old/pjsip.conf"));
const included = (pattern: string) =>
  files()
    .include(pattern)
    .map(({ text }) => text);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "conf-files-"));
  for (const name of [
    "pjsip.conf",
    "a.conf",
    "b.conf",
    ".hidden.conf",
    "d/1002.conf",
    "d/1003.conf",
    "d/x.txt",
    "e/1002.conf",
  ])
    write(`old/${name}`);
  write("outside.conf");
});
afterEach(() => rmSync(directory, { recursive: true }));

it("reads the file, and what it includes, from its directory", () => {
  expect(files().main.text).toBe("old/pjsip.conf");
  expect(included("a.conf")).toStrictEqual(["old/a.conf"]);
  expect(included("./d/../a.conf")).toStrictEqual(["old/a.conf"]);
  expect(included("gone.conf")).toStrictEqual([]);
  expect(included("d")).toStrictEqual([]);
});

it("takes what lies in /etc/asterisk from there too: the import has a copy of that", () => {
  expect(included("/etc/asterisk/d/1002.conf")).toStrictEqual(["old/d/1002.conf"]);
  expect(included(join(directory, "old/a.conf"))).toStrictEqual(["old/a.conf"]);
});

it("takes patterns, sorted, and no hidden files by them", () => {
  expect(included("d/*.conf")).toStrictEqual(["old/d/1002.conf", "old/d/1003.conf"]);
  expect(included("*.conf")).toStrictEqual(["old/a.conf", "old/b.conf", "old/pjsip.conf"]);
  expect(included("?/100[3-9].conf")).toStrictEqual(["old/d/1003.conf"]);
  expect(included("[!d]/1002.c*")).toStrictEqual(["old/e/1002.conf"]);
  expect(included("{b,a,gone}.conf")).toStrictEqual(["old/b.conf", "old/a.conf"]);
  expect(included(".h*")).toStrictEqual(["old/.hidden.conf"]);
  expect(included("x(+.conf")).toStrictEqual([]);
});

it.each([
  "../outside.conf",
  "/etc/passwd",
  "d/../../outside.conf",
  "/etc/asterisk/../passwd",
  "{a,../outside}.conf",
  ".",
])("refuses %s, which lies outside", (pattern) => {
  expect(() => included(pattern)).toThrow(IncludeRefused);
  expect(() => included(pattern)).toThrow("copy it there, and include it from there");
});

it("follows links, as FreePBX has them", () => {
  symlinkSync("../outside.conf", join(directory, "old/link.conf"));
  expect(included("link.conf")).toStrictEqual(["outside.conf"]);
});

it("refuses to include what is no text, by its name", () => {
  write("old/bad.conf", Buffer.from([0xff, 0xfe, 0x41]));
  expect(() => included("bad.conf")).toThrow(IncludeRefused);
  expect(() => included("bad.conf")).toThrow(/bad\.conf is not UTF-8: convert it/);
});

it.each<[string, Buffer, string]>([
  ["gzip", Buffer.from([0x1f, 0x8b, 0, 0]), "is compressed: gunzip it"],
  [
    "pg_dump -Fc",
    Buffer.from("PGDMP\0"),
    "is a dump in pg_dump's own format: make SQL of it, with pg_restore -f",
  ],
  ["UTF-16", Buffer.from("a\0b\0"), "is no text in UTF-8: it has NUL bytes"],
])("says what is wrong with a file in %s", (_, content, message) => {
  write("old/pjsip.conf", content);
  expect(files).toThrow(OperatorError);
  expect(files).toThrow(message);
});

it("says when the file is none, or is not there", () => {
  expect(() => new ConfFiles(directory)).toThrow("is not a file");
  expect(() => new ConfFiles(join(directory, "gone.conf"))).toThrow(/gone\.conf does not exist/);
  execFileSync("mkfifo", [join(directory, "pipe")]);
  expect(() => new ConfFiles(join(directory, "pipe"))).toThrow("is not a file");
});

it("bounds how much is read, however often a file is included", () => {
  write("old/big.conf", "x".repeat(30 << 20));
  const all = files();
  all.include("big.conf");
  all.include("big.conf");
  expect(() => all.include("big.conf")).toThrow(/big\.conf has 30 MiB, and at most/);
  const many = files();
  expect(() => {
    for (let count = 0; count < 3000; count++) many.include("a.conf");
  }).toThrow("more than 2000 files are included");
});
