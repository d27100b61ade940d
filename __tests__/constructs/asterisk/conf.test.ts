import fc from "fast-check";
import {
  ConfError,
  renderComment,
  renderConf,
  renderValue,
  sectionHeader,
} from "../../../constructs/asterisk/conf";
import { parseAsteriskConf } from "./asterisk-parser";

const render = (value: string) =>
  renderConf([{ name: "1002", options: { callerid: value, context: "safe" } }]);

describe("renderConf", () => {
  it("writes sections, options, booleans, numbers, lists and secrets", () => {
    const text = renderConf([
      {
        name: "general",
        comment: "Why\nso",
        options: { enabled: true, port: 5038, left: undefined, out: false },
      },
      { name: "proxy", options: { secret: { secret: "ami-proxy" }, match: ["127.0.0.2", "127.0.0.3"] } },
    ]);
    expect(text).toBe(
      "; Why\n; so\n[general]\nenabled = yes\nport = 5038\nout = no\n\n" +
        "[proxy]\nsecret = @{secret:ami-proxy}\nmatch = 127.0.0.2\nmatch = 127.0.0.3\n",
    );
  });

  it("reads back as it was written, or is refused: whatever a value holds", () => {
    // Characters that mean something to the parser, much more often than chance would bring them.
    const nasty = fc.string({
      unit: fc.constantFrom(..."[];#=>()\\-+!\"'${}@ \n\r\t\0ab1".split("")),
      maxLength: 24,
    });
    fc.assert(
      fc.property(fc.oneof(nasty, fc.string({ unit: "binary", maxLength: 40 })), (value) => {
        let text: string;
        try {
          text = render(value);
        } catch (error) {
          expect(error).toBeInstanceOf(ConfError);
          expect(value).toMatch(/[\p{Cc}\p{Cs}\u2028\u2029]|^\s|\s$|@\{/u);
          return;
        }
        expect(parseAsteriskConf(text)).toStrictEqual([
          {
            name: "1002",
            options: [
              ["callerid", value],
              ["context", "safe"],
            ],
          },
        ]);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ["a line of its own", "x\ncontext = evil"],
    ["a section of its own", "x\r\n[evil]"],
    ["the end of the text", "x\0y"],
    ["a line break of Unicode", "x\u2028[evil]"],
    ["a tab", "x\ty"],
  ])("refuses %s, and says where", (_what, value) => {
    expect(() => render(value)).toThrow(
      `[1002] callerid: the value ${JSON.stringify(value)} has a line break or another control character`,
    );
  });

  it("escapes semicolons, also behind a backslash and as the start of a block comment", () => {
    expect(render("a;b")).toContain("callerid = a\\;b\n");
    for (const value of ["a;b", "a\\;b", ";--", "--;", ";;", "a;--b--;c"]) {
      expect(parseAsteriskConf(render(value))[0]?.options[0]).toStrictEqual(["callerid", value]);
    }
  });

  it("keeps a bracket and a directive inside their value", () => {
    for (const value of ["[evil]", "#exec rm", "=> x"]) {
      expect(parseAsteriskConf(render(value))[0]?.options).toStrictEqual([
        ["callerid", value],
        ["context", "safe"],
      ]);
    }
  });

  it("refuses text that a release would fill a secret into", () => {
    expect(() => render("@{secret:dn/1003}")).toThrow("looks like a release's placeholder");
    expect(() => render("@{release}")).toThrow("looks like a release's placeholder");
  });

  it("refuses white space that the parser would strip, and what doesn't fit into a line", () => {
    expect(() => render(" x")).toThrow("starts or ends with white space");
    expect(() => render("x".repeat(8001))).toThrow("longer than the 8000 bytes");
    expect(() => renderValue("place", Number.NaN)).toThrow("place: NaN is not a number that a file can hold");
  });

  it("refuses a line that escaping or other characters make too long in bytes", () => {
    expect(() => render(";".repeat(5000))).toThrow("longer than");
    expect(() => render("ü".repeat(5000))).toThrow("longer than");
  });

  it.each(["", "a]", "[a", "a](!)", "a\n", ";a", "a;b", " a", "a "])(
    "refuses %j as a section's name",
    (name) => {
      expect(() => sectionHeader(name)).toThrow(ConfError);
    },
  );

  it.each(["", "a=b", "a;", "a\nb", "#include", "[a]", "a b"])("refuses %j as an option's name", (name) => {
    expect(() => renderConf([{ name: "x", options: { [name]: "y" } }])).toThrow(ConfError);
  });

  it("keeps comments comments", () => {
    expect(renderComment("a\n[evil]\r\n;--\u2028#exec").every((line) => line.startsWith("; "))).toBe(true);
    expect(parseAsteriskConf(renderComment("x\n--; [evil]\nb").join("\n"))).toStrictEqual([]);
  });
});
