import { failuresOf, type JestReport } from "../../tools/test-report";

function report(...testResults: JestReport["testResults"]): JestReport {
  return { numPassedTests: 0, numPendingTests: 0, testResults };
}

const file = { name: "/p/__tests__/a.test.ts", message: "", status: "passed", assertionResults: [] };

it("a failed test is one line, with the first line of its reason and without colours", () => {
  const failureMessages = ["Error: \u001b[2mexpect(\u001b[22mreceived)\n\nExpected: 1\n    at somewhere"];
  const assertionResults = [
    { fullName: "a call is answered", status: "failed", failureMessages },
    { fullName: "a call ends", status: "passed" },
  ];
  expect(failuresOf(report({ ...file, status: "failed", assertionResults }), "/p")).toStrictEqual([
    "__tests__/a.test.ts › a call is answered: Error: expect(received)",
  ]);
});

it("a file that could not run is one failure", () => {
  const message = "  ● Test suite failed to run\n\n    Cannot find module 'x'\n";
  expect(failuresOf(report({ ...file, status: "failed", message }), "/p")).toStrictEqual([
    "__tests__/a.test.ts: Cannot find module 'x'",
  ]);
});

it("a long reason is cut, and a missing one said", () => {
  const assertionResults = [
    { fullName: "long", status: "failed", failureMessages: ["x".repeat(1000)] },
    { fullName: "silent", status: "failed", failureMessages: [] },
  ];
  expect(failuresOf(report({ ...file, status: "failed", assertionResults }), "/p")).toStrictEqual([
    `__tests__/a.test.ts › long: ${"x".repeat(200)}…`,
    "__tests__/a.test.ts › silent: no reason given",
  ]);
});

it("what passed or was skipped is no failure", () => {
  const assertionResults = [
    { fullName: "fine", status: "passed" },
    { fullName: "later", status: "pending" },
  ];
  expect(failuresOf(report({ ...file, assertionResults }), "/p")).toStrictEqual([]);
});
