import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { bundlePage } from "../../../constructs/service/bundle";
import { buildContext } from "../../../constructs/service/context";

const page = {
  "index.html": `<link rel="stylesheet" href="styles.css"><link rel="icon" href="icon.svg">
<script type="module" src="main.ts"></script><a href="https://example.com/main.ts">elsewhere</a>`,
  "main.ts": 'import { text } from "./text"; const shown: string = text; document.title = shown;',
  "text.ts": 'export const text = "a page";',
  "styles.css": '@import "./colors.css"; body { margin: 0 }',
  "colors.css": ":root { --ink: #111111 }",
  "icon.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>',
};

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "bundle-test-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** The bundled files of a page, by name. */
function bundle(files: Record<string, string>, folder = "page"): Record<string, string> {
  const [source, destination] = [join(directory, folder), join(directory, `${folder}-out`)];
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(source, name)), { recursive: true });
    writeFileSync(join(source, name), text);
  }
  bundlePage(source, destination);
  return Object.fromEntries(
    readdirSync(destination).map((name) => [name, readFileSync(join(destination, name), "utf8")]),
  );
}

describe("bundlePage", () => {
  it("makes one file of each that the page names, and no other", () => {
    expect(Object.keys(bundle(page)).sort()).toStrictEqual([
      expect.stringMatching(/^icon-[A-Z0-9]{8}\.svg$/),
      "index.html",
      expect.stringMatching(/^main-[A-Z0-9]{8}\.js$/),
      expect.stringMatching(/^styles-[A-Z0-9]{8}\.css$/),
    ]);
  });

  it("names the results in index.html, and leaves other links alone", () => {
    const files = bundle(page);
    for (const name of Object.keys(files).filter((name) => name !== "index.html")) {
      expect(files["index.html"]).toContain(`="${name}"`);
    }
    expect(files["index.html"]).toContain('href="https://example.com/main.ts"');
    expect(files["index.html"]).not.toMatch(/"(main\.ts|styles\.css|icon\.svg)"/);
  });

  it("bundles what is imported", () => {
    const text = Object.values(bundle(page)).join("\n");
    expect(text).toContain("a page");
    expect(text).toContain("--ink");
    expect(text).not.toMatch(/@import|import\s*\{/);
  });

  it("gives the same names and contents wherever the page lies", () => {
    expect(bundle(page, "one")).toStrictEqual(bundle(page, "two"));
  });

  it("gives another name to another content", () => {
    const before = Object.keys(bundle(page, "one"));
    const after = Object.keys(bundle({ ...page, "text.ts": 'export const text = "news";' }, "two"));
    expect(after.filter((name) => !before.includes(name))).toStrictEqual([expect.stringMatching(/^main-/)]);
  });

  it("says which file is missing", () => {
    expect(() => bundle({ "index.html": '<script src="gone.ts"></script>' })).toThrow(
      /index\.html: gone\.ts is not in its folder$/,
    );
  });
});

describe("the build context of a service with a page", () => {
  it("has the bundle, the service's other files, and no source", () => {
    const { directory } = buildContext("nginx", "");
    const files = readdirSync(directory, { recursive: true }).map(String).sort();
    expect(files).toEqual(expect.arrayContaining(["Dockerfile", "entrypoint", "phone/index.html"]));
    expect(files.filter((file) => /\.ts$|tsconfig|phone\/(logic|ui)/.test(file))).toStrictEqual([]);
  });

  it("is another one with another recipe only", () => {
    expect(buildContext("nginx", "a")).toStrictEqual(buildContext("nginx", "a"));
    expect(buildContext("nginx", "a").hash).not.toBe(buildContext("nginx", "b").hash);
  });
});
