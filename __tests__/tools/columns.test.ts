import { renderColumns } from "../../tools/columns";

interface Row {
  readonly a: string;
  readonly b: string;
}

it("makes each column as wide as its widest text, and leaves no blanks at the ends of lines", () => {
  const columns = [
    { title: "A", text: ({ a }: Row) => a },
    { title: "Title", text: ({ b }: Row) => b, paint: () => (text: string) => `<${text}>` },
    { title: "C", text: () => "" },
  ];
  const rows = [
    { a: "long text", b: "x" },
    { a: "s", b: "y" },
  ];
  expect(renderColumns(columns, rows)).toBe(
    ["A          Title  C", "long text  <x    >", "s          <y    >"].join("\n"),
  );
  expect(renderColumns(columns, [])).toBe("A  Title  C");
});
