import fc from "fast-check";
import {
  type Conf,
  type ConfText,
  ConfTooLarge,
  IncludeRefused,
  parseConf,
} from "../../../../tools/dn/import/asterisk-conf";

const none = () => [];

function parse(text: string, files: Record<string, string> = {}): Conf {
  return parseConf({ file: "pjsip.conf", text }, (pattern): ConfText[] =>
    files[pattern] === undefined ? [] : [{ file: pattern, text: files[pattern] }],
  );
}

/** `name: a=1 b=2`, with (!) for a template. */
const summary = ({ sections }: Conf) =>
  sections.map(({ name, template, options }) =>
    [`${name}${template ? "(!)" : ""}:`, ...options.map((option) => `${option.name}=${option.value}`)].join(
      " ",
    ),
  );

const faults = ({ faults: found }: Conf) => found.map(({ place, message }) => `${place.line}: ${message}`);

describe("options", () => {
  it("are names and values, stripped, with = or =>", () => {
    expect(
      summary(parse('[a]\n x = 1 \n\ty=>2\nz = > 3\n  empty =\nquoted = "x y"\nb=c=d\r\n')),
    ).toStrictEqual(['a: x=1 y=2 z=> 3 empty= quoted="x y" b=c=d']);
  });

  it("may be repeated, and are kept in their order with their places", () => {
    const [section] = parse("[a]\nallow=ulaw\nmatch=1\nallow=alaw\n").sections;
    expect(section?.options.map(({ name, value, place }) => [name, value, place.line])).toStrictEqual([
      ["allow", "ulaw", 2],
      ["match", "1", 3],
      ["allow", "alaw", 4],
    ]);
  });

  it("are extended by +=, the last of the name, as it is written", () => {
    const text = "[t](!)\nallow=ulaw\n[a](t)\nallow += ,alaw\nallow+=,g722\nnew += x\nset=1\nset=2\nset+=3\n";
    expect(summary(parse(text))[1]).toBe("a: allow=ulaw ,alaw,g722 new=x set=1 set=23");
  });

  it("may have names that start with what is something else, behind a backslash", () => {
    expect(summary(parse("[a]\n\\[x]=1\n\\#y=2\n\\==3\n"))).toStrictEqual(["a: [x]=1 #y=2 ==3"]);
  });
});

describe("comments", () => {
  it("start with a semicolon that no backslash precedes", () => {
    expect(summary(parse("; x\n[a] ; [b]\nx=1;2\npassword = a\\;b\\;;c\n;y=1\n"))).toStrictEqual([
      "a: x=1 password=a;b;",
    ]);
  });

  it("may span lines, start behind a value, end before one, and nest", () => {
    const text = [
      "[a]",
      "x=1 ;-- a",
      "y=2",
      ";-- nested --;",
      "z=3 --; w=4",
      "v=5;-- in between --;6",
      ";---- no block",
      "u=7",
      ";--;",
      "t=8 --;s=9",
    ].join("\n");
    expect(summary(parse(text))).toStrictEqual(["a: x=1 w=4 v=56 u=7 s=9"]);
    expect(faults(parse(text))).toStrictEqual([]);
  });

  it("that end without a beginning are a fault", () => {
    const conf = parse("[a]\nx=1 --; y\nz=1\n");
    expect(summary(conf)).toStrictEqual(["a: x=1 -- z=1"]);
    expect(faults(conf)).toStrictEqual([
      "2: '--;' ends a comment that nothing began: Asterisk reads nothing behind it, and we do",
    ]);
  });

  it("that do not end are a fault where they start", () => {
    expect(faults(parse("[a]\nx=1\n;-- y\nz=1\n"))).toStrictEqual([
      "3: a comment starts (;--) and does not end",
    ]);
  });
});

describe("templates", () => {
  it("give their options to what inherits from them, in the order of the list", () => {
    const text = "[t1](!)\na=1\nb=1\n[t2](!,t1)\nb=2\n[x](t2,t1)\nc=3\n[y](x)\n";
    expect(summary(parse(text))).toStrictEqual([
      "t1(!): a=1 b=1",
      "t2(!): a=1 b=1 b=2",
      "x: a=1 b=1 b=2 a=1 b=1 c=3",
      "y: a=1 b=1 b=2 a=1 b=1 c=3",
    ]);
  });

  it("keep the places of their options", () => {
    expect(parse("[t](!)\na=1\n[x](t)\n").sections[1]?.options[0]?.place).toStrictEqual({
      file: "pjsip.conf",
      line: 2,
    });
  });

  it("are found whatever their case, the first of a name", () => {
    expect(summary(parse("[T](!)\na=1\n[t](!)\na=2\n[x](t)\n"))[2]).toBe("x: a=1");
  });

  it("that are missing are a fault, and the rest is read", () => {
    const conf = parse("[x](gone)\na=1\n[y](x, x)\nb=2\n");
    expect(summary(conf)).toStrictEqual(["x: a=1", "y: a=1 b=2"]);
    expect(faults(conf)).toStrictEqual([
      "1: [x] inherits from [gone], which is not there before it",
      "3: [y] inherits from [ x], which is not there before it",
    ]);
  });
});

describe("additions", () => {
  it("go to the first section of the name that is no template", () => {
    const text = "[x](!)\nt=1\n[x]\na=1\n[x]\na=2\n[x](+)\nb=1\n[t](!)\nc=1\n[x](+,t)\nd=1\n";
    expect(summary(parse(text))).toStrictEqual(["x(!): t=1", "x: a=1 b=1 c=1 d=1", "x: a=2", "t(!): c=1"]);
  });

  it("go to the section that a filter finds, as FreePBX's do", () => {
    const text = "[1002]\ntype=endpoint\n[1002]\ntype=auth\nusername=1002\n[1002](+type=auth)\npassword=x\n";
    expect(summary(parse(text))[1]).toBe("1002: type=auth username=1002 password=x");
    const two =
      "[1]\na=1\nb=1\n[1]\na=1\nb=2\n[1](+a=1&b=2)\nc=3\n[1](+TEMPLATES=restrict)\nc=4\n[1](+a=^1$)\nd=5\n";
    expect(summary(parse(two))).toStrictEqual(["1: a=1 b=1 d=5", "1: a=1 b=2 c=3", "1: c=4"]);
  });

  it("to a template, where the filter lets it be one", () => {
    expect(summary(parse("[t](!)\na=1\n[t](+TEMPLATES=include)\nb=1\n"))).toStrictEqual(["t(!): a=1 b=1"]);
  });

  it("to nothing, or with a filter that is more than that, are faults", () => {
    expect(faults(parse("[x](+)\na=1\n[x](+a=(1|2)+)\n[x](+a)\n"))).toStrictEqual([
      "1: [x] is to be added to, and there is none before: Asterisk refuses that",
      "3: '+a=(1|2' is a filter that is not understood here: name=value, joined by '&'",
      "4: '+a' is a filter that is not understood here: name=value, joined by '&'",
    ]);
  });
});

describe("#include", () => {
  it("reads files in between, whose lines belong to the section that is open", () => {
    const conf = parse('[a]\nx=1\n#include "more.conf"\nz=3\n#include <last.conf>\n', {
      "more.conf": "y=2\n[b]\nw=1\n",
      "last.conf": "v=4\n",
    });
    // What an included file opens is not what the lines behind the #include belong to, but the next file goes on there.
    expect(summary(conf)).toStrictEqual(["a: x=1 y=2 z=3", "b: w=1 v=4"]);
    expect(conf.sections[1]?.place).toStrictEqual({ file: "more.conf", line: 2 });
  });

  it("of a file that is not there is a fault, and #tryinclude is none", () => {
    expect(faults(parse("#include gone.conf\n#tryinclude gone.conf\n#INCLUDE\n"))).toStrictEqual([
      "1: 'gone.conf' is included and not there: what it holds is not imported",
      "3: #include names no file",
    ]);
  });

  it("that is refused is a fault with its reason", () => {
    const conf = parseConf({ file: "x", text: "#tryinclude /etc/shadow\n" }, () => {
      throw new IncludeRefused("it is outside");
    });
    expect(faults(conf)).toStrictEqual(["1: '/etc/shadow' is included and not read: it is outside"]);
  });

  it("of itself ends", () => {
    const conf = parse("[a]\nx=1\n#include pjsip.conf\n", {
      "pjsip.conf": "[a]\nx=1\n#include pjsip.conf\n",
    });
    expect(conf.sections).toHaveLength(10);
    expect(faults(conf)).toStrictEqual([
      "3: #include is nested deeper than the 10 files that Asterisk takes",
    ]);
  });
});

it("runs nothing", () => {
  expect(faults(parse("#exec /bin/rm\n#foo\n"))).toStrictEqual([
    "1: #exec is not run: put what it prints into a file, and #include that",
    "2: #foo is no directive of Asterisk's, which ignores it",
  ]);
});

it("says where a line is none, without what it says, and lets it into no other section", () => {
  const conf = parse("x=1\n[a]\njust text\n=5\n[b\nsecret=1\n[c](t\nsecret=2\n[d]\ny=1\n");
  expect(summary(conf)).toStrictEqual(["a:", "d: y=1"]);
  expect(faults(conf)).toStrictEqual([
    "1: an option stands before the first section",
    "3: is neither a section nor an option: it has no '='",
    "4: an option has no name",
    "5: a section's name has no closing ']'",
    "7: the list behind a section's name has no closing ')'",
  ]);
});

it("skips lines that Asterisk skips for their length, and says so", () => {
  const conf = parse(`[a]\nx=${"1".repeat(8189)}\ny=${"1".repeat(8188)}\n`);
  expect(conf.sections[0]?.options.map(({ name }) => name)).toStrictEqual(["y"]);
  expect(faults(conf)).toStrictEqual([
    "2: is longer than the 8190 bytes that Asterisk reads, which skips it",
  ]);
});

it("bounds what templates of templates make of a short text", () => {
  const levels = Array.from({ length: 40 }, (_, at) => `[t${at + 1}](t${at},t${at})`);
  expect(() => parse(["[t0]", "a=1", ...levels].join("\n"))).toThrow(ConfTooLarge);
});

it("gives back what was written, whatever the values", () => {
  const name = fc.stringMatching(/^[a-z_]{1,10}$/);
  const value = fc
    .string({ unit: "grapheme", maxLength: 40 })
    .map((text) => text.replace(/[\p{Cc}\\]/gu, "").trim())
    .filter((text) => !text.startsWith(">"));
  const section = fc.record(
    {
      name: fc.stringMatching(/^[\w./ -]{1,12}$/),
      options: fc.array(fc.tuple(name, value), { maxLength: 6 }),
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(fc.array(section, { maxLength: 8 }), (sections) => {
      const text = sections
        .map(({ name: title, options }) =>
          [`[${title}]`, ...options.map(([key, text_]) => `${key} = ${text_.replaceAll(";", "\\;")}`)].join(
            "\n",
          ),
        )
        .join("\n;-- x --;\n");
      const conf = parse(text);
      expect(conf.faults).toStrictEqual([]);
      expect(
        conf.sections.map((each) => ({
          name: each.name,
          options: each.options.map((option) => [option.name, option.value]),
        })),
      ).toStrictEqual(sections);
    }),
  );
});

it("reads anything without failing", () => {
  const piece = fc.constantFrom(
    "[",
    "]",
    "(",
    ")",
    "!",
    "+",
    ";",
    "-",
    "--",
    ";--",
    "--;",
    "\\",
    "=",
    ">",
    "a",
    "#include x",
    "\n",
    " ",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const conf = parseConf({ file: "x", text: pieces.join("") }, none);
      for (const { place } of conf.faults) expect(place.line).toBeGreaterThan(0);
    }),
    { numRuns: 2000 },
  );
});
