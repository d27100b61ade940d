import type { LoadedEnvironment } from "../../config";
import { environmentNamed } from "../../tools/arguments";

jest.mock("../../config", () => ({
  ...jest.requireActual("../../config"),
  loadEnvironment: (file: string): Partial<LoadedEnvironment> => ({
    warnings: [{ file, line: 17, column: 3, path: "dns", message: "has 7001 outside monitor.range" }],
  }),
}));

afterEach(() => jest.restoreAllMocks());

it("prints what an environment file is warned of, on stderr", () => {
  const lines: string[] = [];
  jest.spyOn(console, "error").mockImplementation((line) => lines.push(line));
  environmentNamed("local");
  expect(lines).toStrictEqual([
    expect.stringContaining("! environments/local.yaml:17:3 dns: has 7001 outside monitor.range"),
  ]);
});

it.each(["gone", "../local", "", "Local"])("says that there is no environment %j", (name) => {
  expect(() => environmentNamed(name)).toThrow("an environment is a file in environments/");
});
