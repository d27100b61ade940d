import { join } from "node:path";
import { buildSync } from "esbuild";

/** The script that makes a page one of many phones (page/api.ts), with its worker in it. */
export function agentsScript(): string {
  return bundle("main", { ARRIVALS_WORKER: bundle("arrivals-worker") });
}

/** @param texts names in the source to the texts that they stand for */
function bundle(name: string, texts: Readonly<Record<string, string>> = {}): string {
  const { outputFiles } = buildSync({
    entryPoints: [join(__dirname, "page", `${name}.ts`)],
    define: Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, JSON.stringify(text)])),
    bundle: true,
    write: false,
    format: "iife",
    platform: "browser",
    target: "es2022",
  });
  return outputFiles[0]?.text ?? "";
}
