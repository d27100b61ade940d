import { code, escaped, fenced } from "../../../../tools/review/render/markdown";

describe("text of others in Markdown", () => {
  it("is no HTML, no table, no link and no emphasis", () => {
    expect(escaped("<b>a|b</b> [x](y) *z* `c` _d_ a_b")).toBe(
      "&lt;b&gt;a\\|b&lt;/b&gt; \\[x\\](y) \\*z\\* \\`c\\` \\_d\\_ a_b",
    );
  });

  it("mentions nobody and links no issue", () => {
    expect(escaped("@octocat #12 root@192.0.2.1")).toBe("@\u200doctocat #\u200d12 root@192.0.2.1");
  });

  it("has no control characters", () => {
    expect(escaped("a\nb\u202e")).toBe("a\\\\u000ab\\\\u202e");
  });

  it("stays code whatever it holds", () => {
    expect(code("a")).toBe("`a`");
    expect(code("``` x `")).toBe("```` ``` x ` ````");
  });

  it("can't close its fence", () => {
    expect(fenced("diff", ["+ ````", "- x"])).toBe("`````diff\n+ ````\n- x\n`````");
  });
});
