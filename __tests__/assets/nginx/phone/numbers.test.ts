import { duration } from "../../../../assets/nginx/phone/logic/duration";
import { dialled, isDn, tonesOf } from "../../../../assets/nginx/phone/logic/numbers";

it.each([
  ["1003", "1003"],
  [" +49 (0)30/123-45.6 ", "+49030123456"],
  ["*21#", "*21#"],
])("dials %j as %s", (text, number) => {
  expect(dialled(text)).toBe(number);
});

it.each(["", "sip:1003@host", "1003@host", "1003;x=y", "10+03", "1".repeat(33), "10%40"])(
  "does not dial %j",
  (text) => {
    expect(dialled(text)).toBeUndefined();
  },
);

it("knows DNs and tones", () => {
  expect(["1002", "0".repeat(20)].every(isDn)).toBe(true);
  expect(["", "1".repeat(21), "10a", "1\n"].some(isDn)).toBe(false);
  expect([tonesOf("12*#d"), tonesOf("E"), tonesOf("1,2"), tonesOf("")]).toStrictEqual([
    "12*#D",
    undefined,
    undefined,
    undefined,
  ]);
});

it.each([
  [0, "0:00"],
  [-5, "0:00"],
  [7_999, "0:07"],
  [754_000, "12:34"],
  [3_723_000, "1:02:03"],
])("writes %d ms as %s", (milliseconds, text) => {
  expect(duration(milliseconds)).toBe(text);
});
