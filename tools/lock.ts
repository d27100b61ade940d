import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./arguments";
import { runCommand } from "./progress";
import { run } from "./run";

interface LockedPackage {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

const systems = [
  "aix",
  "android",
  "darwin",
  "freebsd",
  "linux",
  "netbsd",
  "openbsd",
  "openharmony",
  "sunos",
  "win32",
];
const processors = ["arm64", "arm", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "x64"];

/**
 * Writes package-lock.json anew from package.json.
 *
 * A registry that serves only some platforms' packages makes npm leave the others out, and `npm ci` then refuses
 * the file, everywhere. They are put back here, with the platform that their name says and without a hash that
 * nobody could check: npm skips them on every other platform, and looks them up on their own.
 */
runCommand(async () => {
  const directory = mkdtempSync(join(tmpdir(), "webrtc-genesys-lock-"));
  try {
    // Aside, because npm takes a lock file's contents over from what is installed beside it.
    copyFileSync(join(root, "package.json"), join(directory, "package.json"));
    await run(
      "npm",
      ["install", "--package-lock-only", "--omit-lockfile-registry-resolved", "--no-audit", "--no-fund"],
      {
        cwd: directory,
        deadline: 300_000,
      },
    );
    const lock = JSON.parse(readFileSync(join(directory, "package-lock.json"), "utf8"));
    const packages: Record<string, LockedPackage> = lock.packages;
    const added: string[] = [];
    for (const { dev, optionalDependencies = {} } of Object.values(packages)) {
      for (const [name, version] of Object.entries(optionalDependencies)) {
        const path = `node_modules/${name}`;
        if (Object.keys(packages).some((key) => key.endsWith(path)) || !/^\d/.test(version)) continue;
        packages[path] = { version, ...platformOf(name), ...(dev && { dev }), optional: true };
        added.push(name);
      }
    }
    lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)));
    writeFileSync(join(root, "package-lock.json"), `${JSON.stringify(lock, null, 2)}\n`);
    console.log(
      `package-lock.json: ${Object.keys(packages).length} packages, ${added.length} of other platforms put back`,
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return 0;
});

/** os, cpu and libc from a name such as "resolver-binding-linux-arm-musleabihf". */
function platformOf(name: string): LockedPackage {
  const words = name.split(/[-/]/);
  const os = systems.filter((system) => words.includes(system));
  const cpu = processors.filter((processor) => words.includes(processor));
  const musl = words.some((word) => word.startsWith("musl"));
  return { os, cpu, ...(os[0] === "linux" && { libc: [musl ? "musl" : "glibc"] }) };
}
