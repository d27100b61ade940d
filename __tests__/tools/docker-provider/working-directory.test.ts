import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resolvePath } from "../../../tools/docker-provider/working-directory";

let directory: string;
let socketPath: string;
let processes: ChildProcess[];
beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), "working-directory-test-")));
  socketPath = join(directory, "provider.sock");
  processes = [];
  copyFileSync("/bin/sleep", join(directory, "terraform"));
});
afterEach(async () => {
  for (const child of processes) {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill();
    await ended;
  }
  rmSync(directory, { recursive: true, force: true });
});

/** A process by the name of terraform that works in a directory of its own and has the provider's address. */
async function terraform(name: string, address = socketPath): Promise<string> {
  const cwd = join(directory, name);
  mkdirSync(cwd);
  const child = spawn(join(directory, "terraform"), ["20"], {
    cwd,
    env: { TF_REATTACH_PROVIDERS: `{"String":"${address}"}` },
  });
  processes.push(child);
  await new Promise((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  return cwd;
}

describe("resolvePath", () => {
  it("leaves an absolute path alone", async () => {
    await expect(resolvePath("/x", { env: {}, socketPath }, [])).resolves.toBe("/x");
  });

  it("takes a relative one from the working directory of the Terraform that uses the provider", async () => {
    const cwd = await terraform("one");
    writeFileSync(join(cwd, "file"), "");
    writeFileSync(join(await terraform("other", "/another.sock"), "file"), "");
    await expect(resolvePath("./file", { env: {}, socketPath }, [])).resolves.toBe(join(cwd, "file"));
  });

  it("doesn't choose between two", async () => {
    for (const name of ["one", "two"]) writeFileSync(join(await terraform(name), "file"), "");
    await expect(resolvePath("file", { env: {}, socketPath }, ["build"])).rejects.toMatchObject({
      summary: "A relative path has two meanings",
      path: ["build"],
    });
  });

  it("takes it from its own when nobody else has it", async () => {
    await expect(resolvePath("package.json", { env: {}, socketPath }, [])).resolves.toBe(
      join(process.cwd(), "package.json"),
    );
  });
});
