// Three suites: `unit` is pure or talks to loopback only; `integration` needs a Docker engine;
// `e2e` needs the whole environment that bin/up makes.
const common = {
  testEnvironment: "node",
  transform: {
    "^.+\\.ts$": ["@swc/jest", { jsc: { target: "es2022" } }],
    "/node_modules/(age-encryption|cookie|jose)/": "<rootDir>/__tests__/es-module.js",
  },
  transformIgnorePatterns: ["/node_modules/(?!(age-encryption|cookie|jose)/)"],
  modulePathIgnorePatterns: ["<rootDir>/cdktf.out"],
};

module.exports = {
  // Some tests wait for seconds by themselves, and a machine that does other things makes tens of them.
  testTimeout: 30_000,
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
