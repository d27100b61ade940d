import { DockerIgnore } from "../../../tools/docker-provider/resources/image/dockerignore";

describe("DockerIgnore", () => {
  it.each([
    ["a", "a", true],
    ["a", "a/b", true],
    ["a", "b/a", false],
    ["/a", "a", true],
    ["a/", "a/b", true],
    ["./a", "a", true],
    ["a/../b", "b", true],
    ["*.md", "x.md", true],
    ["*.md", "d/x.md", false],
    ["*/*.md", "d/x.md", true],
    ["**/*.md", "x.md", true],
    ["**/*.md", "d/e/x.md", true],
    ["d/**", "d/e/f", true],
    ["d/**/f", "d/f", true],
    ["d/**/f", "d/e/g/f", true],
    ["?.txt", "a.txt", true],
    ["?.txt", "ab.txt", false],
    ["[a-c].txt", "b.txt", true],
    ["[^a].txt", "a.txt", false],
    ["\\*.txt", "*.txt", true],
    ["\\*.txt", "a.txt", false],
    ["a.b", "axb", false],
    ["a+(b)", "a+(b)", true],
    ["# a", "# a", false],
    ["  a  ", "a", true],
    ["a\n!a/b", "a/b", false],
    ["a\n!a/b", "a/c", true],
    ["!a\na", "a", true],
    ["*\n!a", "a/b", false],
  ])("%j and %s: %p", (text, path, excluded) => {
    expect(new DockerIgnore(text).excludes(path)).toBe(excluded);
  });
});
