import { ended, root } from "./bundles";

const bundle = (...args: string[]) =>
  ended("node", ["--require", "tsx/cjs", "tools/offline/bundle.ts", ...args], root);
const USAGE = "usage: npm run bundle -- <environment> [--build]\nEnvironments: local, production\n";

describe("npm run bundle", () => {
  it.each([
    ["no environment", [], USAGE],
    ["two", ["local", "production"], USAGE],
    ["one that there is not", ["nowhere"], `there is no environment 'nowhere'\n${USAGE}`],
    ["a path", ["../local"], `there is no environment '../local'\n${USAGE}`],
  ])("lists the environments for %s", async (_, args, message) => {
    expect(await bundle(...args)).toStrictEqual({ status: 1, stdout: "", stderr: message });
  });

  it("refuses an option that it has not", async () => {
    const { status, stderr } = await bundle("local", "--fast");
    expect(status).toBe(1);
    expect(stderr).toContain("'--fast'");
    expect(stderr).toContain(USAGE);
  });
});
