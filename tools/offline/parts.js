/**
 * The parts of an offline bundle, in a directory `offline/`, and whether they may be used (docs/offline.md).
 *
 * Plain JavaScript without packages, because it runs before the npm packages are there: the bundle brings them.
 */
const { createHash } = require("node:crypto");
const { createReadStream, existsSync, lstatSync, readdirSync, readFileSync } = require("node:fs");
const { basename, join } = require("node:path");

/**
 * @typedef {object} Manifest
 * @property {1} format
 * @property {string} environment
 * @property {string} version Of package.json.
 * @property {string} commit All 40 digits.
 * @property {string} architecture Of packages and images, as Docker names it: amd64, arm64.
 * @property {"registry" | "builtin"} provider Where Terraform's provider was had: it is in `providers/`, or in the project.
 * @property {{ name: string, layers: string }[]} images What `images.tar.gz` brings; `layers` is a hash over them.
 * @property {Record<string, string>} project SHA-256 of each of the project's files, but environments/, by path.
 */

/** Names of parts; what else is in a bundle is the provider, in `providers/`. */
const SUMS = "SHA256SUMS";
const MANIFEST = "manifest.json";
const IMAGES = "images.tar.gz";
const NPM_CACHE = "npm-cache.tar";
const PROVIDERS = "providers";

const FORMAT = 1;
const MAX_SUMS = 64 * 1024;
const MAX_MANIFEST = 4 * 1024 * 1024;
const PART = /^[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*){0,5}$/;

const AGAIN =
  "Copy the bundle again, and compare its sha256sum with the one that `npm run bundle` printed: nothing was changed here.";

/** This machine's architecture, as Docker names it. */
const architecture = process.arch === "x64" ? "amd64" : process.arch;

/**
 * Which parts there are, by SHA256SUMS: path to SHA-256.
 *
 * @param {string} directory
 * @returns {Map<string, string>}
 */
function partsOf(directory) {
  const text = readPart(directory, SUMS, MAX_SUMS);
  const parts = new Map();
  for (const line of text.split("\n").filter(Boolean)) {
    const [, sum, path] = /^([0-9a-f]{64}) {2}(\S+)$/.exec(line) ?? [];
    if (sum === undefined || path === undefined || !PART.test(path))
      throw new Error(`${show(directory, SUMS)}: '${line.slice(0, 100)}' names no part. ${AGAIN}`);
    parts.set(path, sum);
  }
  for (const part of [MANIFEST, IMAGES, NPM_CACHE])
    if (!parts.has(part)) throw new Error(`${show(directory, SUMS)} does not name ${part}. ${AGAIN}`);
  return parts;
}

/**
 * Checks one part before it is used.
 *
 * @param {string} directory
 * @param {string} part
 * @param {string | undefined} [sum]
 */
async function checkPart(directory, part, sum = partsOf(directory).get(part)) {
  const file = join(directory, part);
  if (!existsSync(file)) throw new Error(`${show(directory, part)} is missing. ${AGAIN}`);
  // A link would lead to what is no part of the bundle.
  if (!lstatSync(file).isFile()) throw new Error(`${show(directory, part)} is no plain file. ${AGAIN}`);
  if ((await sha256(file)) !== sum)
    throw new Error(`${show(directory, part)} is not what the bundle was made with. ${AGAIN}`);
}

/**
 * Checks all of them, and that there is nothing else.
 *
 * @param {string} directory
 */
async function checkParts(directory) {
  const parts = partsOf(directory);
  for (const [part, sum] of parts) await checkPart(directory, part, sum);
  for (const entry of readdirSync(directory, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name).slice(directory.length + 1);
    if (!entry.isDirectory() && path !== SUMS && !parts.has(path))
      throw new Error(`${show(directory, path)} is no part of the bundle. ${AGAIN}`);
  }
}

/**
 * @param {string} directory
 * @returns {Manifest}
 */
function readManifest(directory) {
  const manifest = JSON.parse(readPart(directory, MANIFEST, MAX_MANIFEST));
  if (manifest.format !== FORMAT)
    throw new Error(
      `${show(directory, MANIFEST)}: format ${manifest.format} is not the one of this project, ${FORMAT}: make the bundle with the same commit`,
    );
  return manifest;
}

/**
 * Refuses a bundle that was made for something else than what is here.
 *
 * @param {Manifest} manifest
 * @param {string} environment
 */
function checkManifest(manifest, environment) {
  if (manifest.environment !== environment)
    throw new Error(
      `the bundle was made for environment '${manifest.environment}', not for '${environment}': ./bin/up ${manifest.environment}`,
    );
  if (process.platform !== "linux" || manifest.architecture !== architecture)
    throw new Error(
      `the bundle was made for linux ${manifest.architecture}, and this is ${process.platform} ${architecture}: make it on a machine such as this one`,
    );
}

/**
 * Refuses a bundle of another commit than that of the project here.
 *
 * @param {Manifest} manifest
 * @param {string} project its root
 */
async function checkProject(manifest, project) {
  for (const [path, sum] of Object.entries(manifest.project)) {
    const file = join(project, path);
    const found = existsSync(file) ? await sha256(file) : "missing";
    if (found !== sum)
      throw new Error(
        `the bundle was made of commit ${manifest.commit.slice(0, 12)}, which this project is not: ${path} ${found === "missing" ? "is missing" : "differs"}. Unpack the bundle in a directory of its own, or check out that commit`,
      );
  }
}

/**
 * @param {string} file
 * @returns {Promise<string>} hexadecimal
 */
async function sha256(file) {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) hash.update(chunk);
  return hash.digest("hex");
}

/**
 * @param {string} directory
 * @param {string} part
 * @param {number} limit bytes
 */
function readPart(directory, part, limit) {
  const file = join(directory, part);
  if (!existsSync(file)) throw new Error(`${show(directory, part)} is missing. ${AGAIN}`);
  const stats = lstatSync(file);
  if (!stats.isFile() || stats.size > limit)
    throw new Error(`${show(directory, part)} is no file of ${limit} bytes or less. ${AGAIN}`);
  return readFileSync(file, "utf8");
}

/**
 * @param {string} directory
 * @param {string} part
 */
function show(directory, part) {
  return `${basename(directory)}/${part}`;
}

module.exports = {
  ...{ SUMS, MANIFEST, IMAGES, NPM_CACHE, PROVIDERS, FORMAT, architecture },
  ...{ partsOf, checkPart, checkParts, readManifest, checkManifest, checkProject, sha256 },
};
