import fc from "fast-check";
import { isDn, readCaller, readNumber, trunkFor } from "../../../assets/call-control/src/numbers";
import { config } from "./support/world";

const rules = config({ allowedPrefixes: ["+31", "+1212", "+49"] });

describe("what is dialled", () => {
  it.each([
    ["1002", "1002"],
    [" 10-02 ", "1002"],
    ["+31612345678", "+31612345678"],
    ["+31 (0)6 12.34-56 78", "+31612345678"],
    ["0031612345678", "+31612345678"],
    ["0612345678", "+31612345678"],
    ["001 (212) 555-0100", "+12125550100"],
  ])("%j is %s", (text, wanted) => {
    const to = readNumber(text, rules);
    expect(to.kind === "dn" ? to.dn : to.kind === "external" ? to.e164 : to).toBe(wanted);
  });

  it.each([
    ["", "NUMBER_INVALID"],
    ["+", "NUMBER_INVALID"],
    ["1002;phone=x", "NUMBER_INVALID"],
    ["sip:1002", "NUMBER_INVALID"],
    ["1002@trunk-provider", "NUMBER_INVALID"],
    ["٣١٦", "NUMBER_INVALID"],
    ["10+02", "NUMBER_INVALID"],
    ["+0612345678", "NUMBER_INVALID"],
    ["+123", "NUMBER_INVALID"],
    ["+1234567890123456", "NUMBER_INVALID"],
    ["55", "NUMBER_INVALID"],
    ["2001", "NUMBER_INVALID"],
    ["1".repeat(41), "NUMBER_INVALID"],
    ["+442012345678", "NUMBER_FORBIDDEN"],
    ["0014155550100", "NUMBER_FORBIDDEN"],
  ])("%j is refused: %s", (text, code) => {
    expect(readNumber(text, rules)).toMatchObject({ kind: "refused", code });
  });

  it("is refused with a way out", () => {
    expect(readNumber("55", rules)).toMatchObject({
      message:
        '"55" is neither a DN nor a number outside: numbers outside begin with + or 00 and the country\'s code, or 0 and the national number',
    });
    expect(readNumber("+442012345678", rules)).toMatchObject({
      message: "+442012345678 may not be called: of the prefixes outside, +31, +1212, +49 are allowed",
    });
  });

  it("needs a trunk", () => {
    const some = rules.trunks.filter(({ prefixes }) => prefixes.length > 0);
    expect(readNumber("+31612345678", { ...rules, trunks: some })).toMatchObject({
      code: "UNAVAILABLE",
      message: "no trunk leads to +31612345678",
    });
  });

  it("without a national prefix takes the number as it is", () => {
    const dialing = { international: "011", national: "", country: "1" };
    expect(readNumber("2125550100", { ...rules, dialing })).toMatchObject({ e164: "+12125550100" });
    expect(readNumber("01131612345678", { ...rules, dialing })).toMatchObject({ e164: "+31612345678" });
  });

  it("between DNs goes by Genesys, or straight to the phone", () => {
    expect(readNumber("1002", rules)).toMatchObject({ endpoint: "PJSIP/1002" });
    expect(readNumber("1002", { ...rules, internalCalls: "genesys" })).toMatchObject({
      endpoint: "PJSIP/1002@genesys_sip_server",
    });
  });

  it("never becomes an endpoint with anything but digits and an allowed prefix in it", () => {
    const text = fc.oneof(
      fc.string({ maxLength: 50 }),
      fc.stringMatching(/^[+0-9 .()@;,&/-]{1,42}$/),
      fc
        .tuple(fc.constantFrom("+31", "0031", "0", "+1212", ""), fc.stringMatching(/^[0-9]{1,16}$/))
        .map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(text, (dialled) => {
        const to = readNumber(dialled, rules);
        if (to.kind === "refused") return;
        expect(to.endpoint).toMatch(/^PJSIP\/(1[0-9]{3}|\+[1-9][0-9]{3,14}@trunk-(provider|america))$/);
        if (to.kind === "dn") expect(isDn(to.dn, rules)).toBe(true);
        else expect(rules.allowedPrefixes.some((prefix) => to.e164.startsWith(prefix))).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });

  it("is the same number in every way in which it can be written", () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[1-9][0-9]{8}$/),
        fc.constantFrom(" ", "-", ".", ""),
        (national, between) => {
          const written = [...national].join(between);
          for (const prefix of ["+31", "0031", "0"]) {
            expect(readNumber(`${prefix}${between}${written}`, rules)).toMatchObject({
              e164: `+31${national}`,
            });
          }
        },
      ),
    );
  });
});

describe("a trunk", () => {
  const trunk = (name: string, ...prefixes: string[]) => ({ name, endpoint: `trunk-${name}`, prefixes });

  it("is the one with the longest prefix of the number; of equals the first; one without takes what is left", () => {
    const trunks = [trunk("all"), trunk("nl", "+31"), trunk("mobile", "+316", "+49"), trunk("second", "+31")];
    const name = (e164: string) => trunkFor(e164, trunks)?.name;
    expect([
      name("+31612345678"),
      name("+31201234567"),
      name("+4930123456"),
      name("+442012345"),
    ]).toStrictEqual([...["mobile", "nl", "mobile", "all"]]);
    expect(trunkFor("+442012345", [trunk("nl", "+31")])).toBeUndefined();
  });
});

describe("who calls in", () => {
  it.each([
    ["0612345678", "+31612345678"],
    ["+442012345678", "+442012345678"],
    ["1002", "1002"],
    ["12345", "12345"],
    ["", "anonymous"],
    ["<script>", "anonymous"],
    ["9".repeat(40), "anonymous"],
  ])("%j is %s", (text, wanted) => {
    expect(readCaller(text, rules)).toBe(wanted);
  });
});
