/** Installs the npm packages from the bundle in `offline/`, after a check of all of it: node tools/offline/install.js */
const { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { run, script } = require("./command");
const { NPM_CACHE, checkManifest, checkParts, readManifest, sha256 } = require("./parts");

const root = join(__dirname, "..", "..");
const LOCK = "package-lock.json";

script(async (temporary) => {
  const offline = join(root, "offline");
  await checkParts(offline);
  const manifest = readManifest(offline);
  checkManifest(manifest, manifest.environment);
  if ((await sha256(join(root, LOCK))) !== manifest.project[LOCK])
    throw new Error(
      `${LOCK} is not that of the bundle in offline/, which was made of commit ${manifest.commit.slice(0, 12)}: take a bundle of this commit, or remove offline/ to install from npm's registry`,
    );
  mkdirSync(join(root, ".cache"), { recursive: true });
  const staging = temporary(join(root, ".cache", "offline-npm-"));
  await run("tar", ["--extract", `--file=${join(offline, NPM_CACHE)}`, `--directory=${staging}`]);
  copyFileSync(join(root, "package.json"), join(staging, "package.json"));
  const registry = (await run("npm", ["config", "get", "registry"])).trim().replace(/\/*$/, "");
  writeFileSync(join(staging, LOCK), located(readFileSync(join(root, LOCK), "utf8"), registry));
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error", "--no-update-notifier"];
  // Scripts of packages would look for something to download; the project needs none of them.
  await run("npm", ["ci", "--offline", "--ignore-scripts", `--cache=${staging}`, ...quiet], { cwd: staging });
  rmSync(join(root, "node_modules"), { recursive: true, force: true });
  renameSync(join(staging, "node_modules"), join(root, "node_modules"));
});

/**
 * The lock file with an address for each package. npm looks a package up in its cache by its hash only when it has an
 * address too; without one it would ask the registry first. Nothing is fetched from these.
 *
 * @param {string} text
 * @param {string} registry
 */
function located(text, registry) {
  const lock = JSON.parse(text);
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (!entry.integrity) continue;
    const name = entry.name ?? path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    entry.resolved = `${registry}/${name}/-/${name.split("/").pop()}-${entry.version}.tgz`;
  }
  return JSON.stringify(lock);
}
