// Three suites: `unit` is pure or talks to loopback only; `integration` needs a Docker engine;
// `e2e` needs the whole environment that bin/up makes.
const swc = ["@swc/jest", { jsc: { target: "es2022" }, module: { type: "commonjs" } }];
// Packages that are ES modules only, which jest can't load as they are.
const modules = "(age-encryption|@noble|@scure)/";
const common = {
  testEnvironment: "node",
  transform: { "^.+\\.ts$": swc, [`/node_modules/${modules}.+\\.js$`]: swc },
  transformIgnorePatterns: [`/node_modules/(?!${modules})`],
  modulePathIgnorePatterns: ["<rootDir>/cdktf.out"],
};

module.exports = {
  projects: [
    {
      ...common,
      displayName: "unit",
      testMatch: ["<rootDir>/__tests__/**/*.test.ts"],
      testPathIgnorePatterns: ["<rootDir>/__tests__/(integration|e2e)/"],
    },
    { ...common, displayName: "integration", testMatch: ["<rootDir>/__tests__/integration/**/*.test.ts"] },
    { ...common, displayName: "e2e", testMatch: ["<rootDir>/__tests__/e2e/**/*.test.ts"] },
  ],
};
