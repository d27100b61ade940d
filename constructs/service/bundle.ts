import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";

const root = join(__dirname, "..", "..");

/** Makes one file for Node.js of a service's sources. */
export function bundleService(entry: string, outfile: string): void {
  esbuild().buildSync({
    entryPoints: [entry],
    absWorkingDir: root,
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    // Optional native accelerators; every library that asks for one works without it.
    external: ["pg-native", "bufferutil", "utf-8-validate", "cpu-features"],
    logLevel: "warning",
  });
}

/** A file of the page itself, as `src` or `href` names it: no scheme, no host, no path from the root. */
const OWN_FILE = /\b(src|href)="([A-Za-z0-9_-]+(?:[./][A-Za-z0-9_-]+)*)"/g;

/**
 * Makes a browser page: each file that `index.html` names by a relative `src` or `href` (`main.ts`, `styles.css`,
 * `icon.svg`) is bundled with what it imports, minified, and gets the hash of its content into its name, so that a
 * browser may keep it for good. `index.html` names the results, and is the only file to be asked for again.
 */
export function bundlePage(source: string, destination: string): void {
  const html = readFileSync(join(source, "index.html"), "utf8");
  const named = [...new Set([...html.matchAll(OWN_FILE)].map((match) => match[2] ?? ""))];
  const missing = named.find((name) => !existsSync(join(source, name)));
  if (missing !== undefined) {
    throw new Error(`${relative(root, join(source, "index.html"))}: ${missing} is not in its folder`);
  }
  const { metafile } = esbuild().buildSync({
    entryPoints: named.map((name) => join(source, name)),
    // Paths from here are part of what is hashed: they must not depend on where the project lies.
    absWorkingDir: source,
    outdir: destination,
    outbase: source,
    entryNames: "[name]-[hash]",
    bundle: true,
    minify: true,
    metafile: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    loader: { ".svg": "copy" },
    logLevel: "warning",
  });
  const results = new Map<string, string>();
  for (const [output, { entryPoint, inputs }] of Object.entries(metafile.outputs)) {
    // A file that is only copied is no entry point to esbuild, but its one input.
    const from = entryPoint ?? Object.keys(inputs)[0] ?? "";
    results.set(resolve(source, from), basename(output));
  }
  const result = (attribute: string, name: string) => `${attribute}="${results.get(join(source, name))}"`;
  writeFileSync(
    join(destination, "index.html"),
    html.replace(OWN_FILE, (_, attribute: string, name: string) => result(attribute, name)),
  );
}

/** Loaded only when there is something to bundle: most synths have nothing. */
function esbuild(): typeof import("esbuild") {
  return require("esbuild") as typeof import("esbuild");
}
