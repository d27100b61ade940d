/**
 * Takes the parts of a bundle over into `offline/`, for a checkout of the very commit that the bundle was made of:
 * node tools/offline/unpack.js FILE ENVIRONMENT. A bundle that must not be used here is refused, and nothing changes.
 */
const { existsSync, openSync, renameSync, rmSync, statSync } = require("node:fs");
const { join } = require("node:path");
const { run, script } = require("./command");
const { checkManifest, checkParts, checkProject, readManifest } = require("./parts");

const root = join(__dirname, "..", "..");

script(async (temporary) => {
  const [file, environment, ...rest] = process.argv.slice(2);
  if (!file || !environment || rest.length > 0) throw new Error("usage: unpack.js FILE ENVIRONMENT");
  if (!existsSync(file) || !statSync(file).isFile()) throw new Error(`there is no bundle '${file}'`);
  // Below the project: what is right there gets to its place in one rename.
  const staging = temporary(join(root, ".offline-"));
  const options = ["--strip-components=1", "--no-same-owner", "--no-same-permissions", "--wildcards"];
  await run(
    "tar",
    ["--extract", "--file=-", `--directory=${staging}`, ...options, "webrtc-genesys-*/offline/*"],
    // From its input, tar decompresses nothing by itself: what comes out is no larger than the file.
    { input: openSync(file, "r") },
  ).catch((error) => {
    throw new Error(
      `'${file}' is no bundle, or not all of it: compare its sha256sum with the one that \`npm run bundle\` printed. ${error.message}`,
    );
  });
  const parts = join(staging, "offline");
  await checkParts(parts);
  const manifest = readManifest(parts);
  checkManifest(manifest, environment);
  await checkProject(manifest, root);
  rmSync(join(root, "offline"), { recursive: true, force: true });
  renameSync(parts, join(root, "offline"));
});
