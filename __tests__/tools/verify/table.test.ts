import { stripVTControlCharacters } from "node:util";
import { renderTable } from "../../../tools/verify/table";

it("shows a line per check, aligned, with its mark and every line of its reason", () => {
  const table = renderTable([
    { check: "short", passed: true, detail: "fine" },
    { check: "a longer one", passed: false, detail: "first reason\nsecond reason" },
  ]);
  expect(stripVTControlCharacters(table)).toBe(
    ["✓ short         fine", "✗ a longer one  first reason", "                second reason"].join("\n"),
  );
});
