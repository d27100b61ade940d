import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  EnvironmentError,
  type LoadedEnvironment,
  loadEnvironment,
  type ProcessEnvironment,
} from "../../config";

/** Two lines that are an environment; a test's own begin on line 3. */
export const SITE = "host: {address: 192.0.2.1}\ngenesys: {servers: [{host: 192.0.2.2}]}\n";

/** A directory for the tests of a file, removed after them. */
export function testDirectory(): {
  readonly path: string;
  write(name: string, content: string | Buffer): string;
} {
  const path = mkdtempSync(join(tmpdir(), "environments-"));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  return {
    path,
    write(name, content) {
      const file = join(path, name);
      writeFileSync(file, content);
      return file;
    },
  };
}

/** The lines that an operator would read about the file, its directory left out. */
export function faultLines(directory: string, load: () => unknown): string[] {
  try {
    load();
    return [];
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    return error.render().replaceAll(`${directory}/`, "").split("\n");
  }
}

/** Loads text as the environment `site`. */
export function siteLoader(directory: ReturnType<typeof testDirectory>) {
  const load = (text: string, variables: ProcessEnvironment = {}): LoadedEnvironment =>
    loadEnvironment(directory.write("site.yaml", text), variables);
  return {
    load,
    faults: (text: string, variables: ProcessEnvironment = {}) =>
      faultLines(directory.path, () => load(text, variables)),
    warnings: (text: string, variables: ProcessEnvironment = {}) =>
      load(text, variables).warnings.map(
        ({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`,
      ),
  };
}
