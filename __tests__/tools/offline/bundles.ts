import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { architecture, type Manifest } from "../../../tools/offline/parts";

export const root = join(__dirname, "..", "..", "..");

export const sha256 = (content: string | Buffer) => createHash("sha256").update(content).digest("hex");

/** The parts of a small bundle, and their checksums. */
export function writeParts(
  offline: string,
  manifest: Partial<Manifest> = {},
  more: Record<string, string | Buffer> = {},
): void {
  const whole: Manifest = {
    ...{
      format: 1,
      environment: "site",
      version: "1.0.0",
      commit: "0123456789abcdef0123456789abcdef01234567",
    },
    ...{ architecture, provider: "builtin", images: [], project: {} },
    ...manifest,
  };
  const parts = {
    ...{ "images.tar.gz": "images", "npm-cache.tar": "packages", "manifest.json": JSON.stringify(whole) },
    ...more,
  };
  for (const [part, content] of Object.entries(parts)) {
    mkdirSync(dirname(join(offline, part)), { recursive: true });
    writeFileSync(join(offline, part), content);
  }
  const sums = Object.entries(parts).map(([part, content]) => `${sha256(content)}  ${part}\n`);
  writeFileSync(join(offline, "SHA256SUMS"), sums.join(""));
}

/** As much of a project as takes a bundle: bin/ and tools/offline/, which need no packages. */
export function writeProject(project: string): void {
  for (const path of ["bin/install", ...offlineScripts()]) {
    cpSync(join(root, path), join(project, path), { recursive: true });
  }
  chmodSync(join(project, "bin/install"), 0o755);
  mkdirSync(join(project, "environments"), { recursive: true });
}

function offlineScripts(): string[] {
  const scripts = readdirSync(join(root, "tools/offline")).filter((name) => name.endsWith(".js"));
  return scripts.map((name) => join("tools/offline", name));
}

export interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end, whatever that is. */
export function ended(
  command: string,
  args: readonly string[],
  cwd: string,
  env = process.env,
): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(command, args, { cwd, env, timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ status: error ? Number(error.code ?? -1) : 0, stdout, stderr }),
    );
  });
}

/** Every file below a directory with its content. */
export function contents(directory: string): Record<string, string> {
  const files = readdirSync(directory, { withFileTypes: true, recursive: true }).filter((entry) =>
    entry.isFile(),
  );
  return Object.fromEntries(
    files
      .map((entry) => join(entry.parentPath, entry.name))
      .map((file) => [file.slice(directory.length + 1), readFileSync(file, "utf8")]),
  );
}
