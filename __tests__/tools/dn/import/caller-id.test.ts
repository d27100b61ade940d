import { readCallerId } from "../../../../tools/dn/import/caller-id";

it.each([
  ['"Alice Smith" <1002>', "Alice Smith"],
  ["Alice Smith <1002>", "Alice Smith"],
  ["Alice", "Alice"],
  ["  Zoë   ", "Zoë"],
  ['"A, \\\\ B" <1002>', undefined],
  ['"Alice" <+49 30 1234>', "Alice"],
  ['"Alice"', "Alice"],
])("reads the name in %s", (value, displayName) => {
  expect(readCallerId(value, "1002").displayName).toBe(displayName);
});

it.each([
  "",
  "<1002>",
  "1002",
  "+49301234",
  "device <1002>",
  '"" <1002>',
  '"Agent 1002" <1002>',
  "Anonymous",
])("finds no name in %j", (value) => {
  expect(readCallerId(value, "1002")).toStrictEqual({});
});

it.each(['"A \\"B\\" C" <1002>', `"${"x".repeat(65)}" <1002>`, 'Al"ice <1002>', "a\nb"])(
  "says why the name in %j is not taken over",
  (value) => {
    expect(readCallerId(value, "1002")).toStrictEqual({
      fault: expect.stringContaining("is not a name: 1 to 64"),
    });
  },
);
