import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { parse } from "yaml";
import { root } from "../../../../tools/arguments";
import { checkedEnvironment, type DnItem, withDns } from "../../../../tools/dn/import/environment-file";

const items: DnItem[] = [
  { from: "1004", to: "1004", displayName: "Zoë: 'x' # y" },
  { from: "0100", to: "0100" },
  { from: "5001", to: "5020" },
];
const withItems = (text: string, list = items) => withDns("site.yaml", text, [{ key: "dns", items: list }]);
const block = (indent: string) =>
  ["- number: 1004", "  displayName: \"Zoë: 'x' # y\"", '- "0100"', "- 5001-5020"]
    .map((line) => `${indent}${line}\n`)
    .join("");

describe("DNs are put behind those of a list", () => {
  it.each([
    [
      "with its own indentation",
      "dns:\n    - 1002\n    - 1003 # Bob\n\n# next\nrtp: 1\n",
      `dns:\n    - 1002\n    - 1003 # Bob\n${block("    ")}\n# next\nrtp: 1\n`,
    ],
    [
      "without any",
      "dns:\n- 1002\n- number: 1003\n  displayName: x\nrtp: 1\n",
      `dns:\n- 1002\n- number: 1003\n  displayName: x\n${block("")}rtp: 1\n`,
    ],
    ["at the end of the file", "dns:\n  - 1002", `dns:\n  - 1002\n${block("  ")}`],
    [
      "which has a comment behind it",
      "dns:\n  - 1002\n  # - 1003\nx: 1\n",
      `dns:\n  - 1002\n${block("  ")}  # - 1003\nx: 1\n`,
    ],
    ["which is not there", "x: 1", `x: 1\n\ndns:\n${block("  ")}`],
    ["which is empty", "dns: # none yet\nx: 1\n", `dns: # none yet\n${block("  ")}x: 1\n`],
  ])("%s", (_, before, after) => {
    expect(withItems(before)).toBe(after);
  });

  it("in brackets", () => {
    const list = '{number: 1004, displayName: "Zoë: \'x\' # y"}, "0100", 5001-5020';
    expect(withItems("dns: [1002, 1003] # two\n")).toBe(`dns: [1002, 1003, ${list}] # two\n`);
    expect(withItems("dns: []\n")).toBe(`dns: [${list}]\n`);
    expect(withItems("dns: [1002,]\n")).toBe(`dns: [1002,${list}]\n`);
  });

  it("with the line breaks of the file", () => {
    expect(withItems("dns:\r\n  - 1002\r\nx: 1\r\n")).toBe(
      `dns:\r\n  - 1002\r\n${block("  ").replaceAll("\n", "\r\n")}x: 1\r\n`,
    );
  });
});

it.each(["dns: &a [1]\nx: *a\ndns2: 1\n", "x: &a\n  - 1\ndns: *a\n", "dns: 1002\n", "- 1\n"])(
  "refuses a list that lines can't be added to, or adds to it rightly: %j",
  (text) => {
    const result = () => withItems(text, [{ from: "5", to: "5" }]);
    if (text.startsWith("dns: &a")) expect(result).toThrow("site.yaml: 'dns' is written in a way");
    else expect(result).toThrow("write it as a list, an item to a line");
  },
);

it("changes nothing but the lists of the files that are there, and they still deploy", () => {
  for (const name of ["local", "production"]) {
    const file = join(root, "environments", `${name}.yaml`);
    const before = readFileSync(file, "utf8");
    const after = withDns(file, before, [
      { key: "dns", items },
      { key: "allowedDns", items: [{ from: "1000", to: "5020" }] },
    ]);
    const kept = new Set(after.split("\n"));
    expect(before.split("\n").filter((line) => !kept.has(line))).toStrictEqual([]);
    const { environment, warnings } = checkedEnvironment(file, after);
    expect(environment.dns).toHaveLength(2 + 22);
    expect(warnings).toContain(`environments/${name}.yaml:`);
  }
});

it("says what a deploy would say to the result, by the name of the file", () => {
  const file = join(root, "environments/local.yaml");
  const text = `${readFileSync(file, "utf8")}\nallowedDns: [9999]\n`;
  expect(() => checkedEnvironment(file, text)).toThrow(
    /^with these DNs, environments\/local\.yaml would have faults:\nenvironments\/local\.yaml:\d+:\d+ .*9999/,
  );
});

it("writes whatever a name may be, so that it is read as it was", () => {
  const name = fc
    .string({ unit: "grapheme", minLength: 1, maxLength: 30 })
    .filter((text) => !/["<>\\]|\p{C}/u.test(text));
  fc.assert(
    fc.property(name, fc.constantFrom("dns:\n  - 1\n", "dns: [1]\n"), (displayName, text) => {
      const after = withItems(text, [{ from: "2", to: "2", displayName }]);
      expect(parse(after)).toStrictEqual({ dns: [1, { number: 2, displayName }] });
    }),
  );
});
