const { buildSync } = require("esbuild");

/**
 * Makes what jest can load of a package that is an ES module only: one file, with all that it imports. Transformed file by
 * file, every call from one into another looks its function up anew, and a passphrase takes ten times as long.
 */
module.exports = {
  process(_text, path) {
    const { outputFiles } = buildSync({
      entryPoints: [path],
      bundle: true,
      platform: "node",
      format: "cjs",
      target: "node20",
      write: false,
    });
    return { code: outputFiles[0].text };
  },
};
