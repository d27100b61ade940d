import fc from "fast-check";
import { type Dialing, outsidePatterns } from "../../../constructs/asterisk/outside-patterns";

/** Asterisk's patterns, as far as these can go: `X`, sets, and digits and `+` for themselves. */
function matcher(pattern: string): RegExp {
  if (!/^_[+0-9X[\]-]+$/.test(pattern)) throw new Error(`${pattern} has something else in it`);
  return new RegExp(`^${pattern.slice(1).replaceAll("+", "\\+").replaceAll("X", "[0-9]")}$`);
}

/** What a dialled number becomes, by every pattern that matches it. */
function dialled(text: string, prefixes: readonly string[], dialing: Dialing): Set<string> {
  const fitting = outsidePatterns(prefixes, dialing).filter(({ pattern }) => matcher(pattern).test(text));
  return new Set(fitting.map(({ skip, country }) => `+${country}${text.slice(skip)}`));
}

/** The rules in words: the international prefix goes before the national one. */
function meant(text: string, prefixes: readonly string[], dialing: Dialing): Set<string> {
  const { international, national, country } = dialing;
  const digits = text.startsWith("+")
    ? text.slice(1)
    : text.startsWith(international)
      ? text.slice(international.length)
      : country !== undefined && text.startsWith(national)
        ? country + text.slice(national.length)
        : "";
  const isNumber = /^[1-9][0-9]{3,14}$/.test(digits);
  return new Set(
    isNumber && prefixes.some((prefix) => `+${digits}`.startsWith(prefix)) ? [`+${digits}`] : [],
  );
}

const dutch: Dialing = { international: "00", national: "0", country: "31" };

describe("outsidePatterns", () => {
  it("has a pattern for each spelling and each length", () => {
    const patterns = outsidePatterns(["+31201234"], dutch);
    expect(patterns.slice(0, 2)).toStrictEqual([
      { pattern: "_+31201234", skip: 1, country: "" },
      { pattern: "_+31201234X", skip: 1, country: "" },
    ]);
    expect(patterns).toContainEqual({ pattern: "_0031201234XXXXXXX", skip: 2, country: "" });
    expect(patterns).toContainEqual({ pattern: "_0201234XXXXXXX", skip: 1, country: "31" });
    expect(patterns).toHaveLength(3 * 8);
  });

  it.each([
    ["+31201234567", ["+31201234567"]],
    ["0031201234567", ["+31201234567"]],
    ["0201234567", ["+31201234567"]],
    ["+442071234567", []],
    ["00442071234567", []],
    // "0" and a national number that begins with 0 would be this one, which is an international number.
    ["0049301234567", []],
    ["201234567", []],
    ["+312", []],
    ["+3120123456789012", []],
    ["+31", []],
    ["112", []],
  ])("takes %s for %j", (text, numbers) => {
    expect([...dialled(text, ["+31"], dutch)]).toStrictEqual(numbers);
  });

  it("has no national spelling without a country", () => {
    expect(dialled("0201234567", ["+31"], { international: "00", national: "0" }).size).toBe(0);
  });

  it("takes a national number that is shorter than the international prefix", () => {
    const dialing: Dialing = { international: "110", national: "", country: "20" };
    expect([...dialled("11", ["+2"], dialing)]).toStrictEqual(["+2011"]);
  });

  it("leaves a prefix out that another one begins, and has none without prefixes", () => {
    expect(outsidePatterns(["+3120", "+31", "+31"], dutch)).toStrictEqual(outsidePatterns(["+31"], dutch));
    expect(outsidePatterns([], dutch)).toStrictEqual([]);
  });

  it("matches what the rules allow and nothing else, whatever is dialled", () => {
    const digits = (min: number, max: number) => fc.stringMatching(new RegExp(`^[0-3]{${min},${max}}$`));
    const settings = fc.record({
      international: digits(1, 3),
      national: digits(0, 2),
      country: fc.option(fc.stringMatching(/^[1-3][0-3]?$/), { nil: undefined }),
    });
    const prefixes = fc.array(fc.stringMatching(/^\+[1-3][0-3]{0,3}$/), { maxLength: 3 });
    fc.assert(
      fc.property(settings, prefixes, fc.stringMatching(/^\+?[0-3]{1,19}$/), (dialing, allowed, text) => {
        expect(dialled(text, allowed, dialing)).toStrictEqual(meant(text, allowed, dialing));
      }),
      { numRuns: 3_000 },
    );
  });
});
