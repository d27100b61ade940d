import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { site } from "./support/deployments";
import { Project } from "./support/project";

let project: Project;
let directory: string;
beforeAll(async () => {
  project = await Project.create();
  const state = { backend: "pg", options: { schema_name: "site" } };
  project.write("environments/site.yaml", site({ state }));
  project.write("environments/file.yaml", site());
  // bin/with-provider runs Terraform.
  project.write("bin/with-provider", readFileSync(join(process.cwd(), "bin", "with-provider"), "utf8"));
  chmodSync(join(project.directory, "bin", "with-provider"), 0o755);
}, 60_000);
afterAll(() => project.destroy());
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "webrtc-genesys-review-test-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));
jest.setTimeout(60_000);

/** A Terraform that plans what the test says, and writes down what it is told to do. */
function terraform(env: string): void {
  const change = { actions: ["create"], before: null, after: { name: "site-nginx", env } };
  const resource_changes = [{ address: "docker_container.nginx", type: "docker_container", change }];
  writeFileSync(join(directory, "plan.json"), JSON.stringify({ format_version: "1.2", resource_changes }));
  const script = `#!/bin/sh\necho "$1" >> ${directory}/calls\n[ "$1" != show ] || cat ${directory}/plan.json\n`;
  mkdirSync(join(directory, "bin"), { recursive: true });
  writeFileSync(join(directory, "bin", "terraform"), script);
  chmodSync(join(directory, "bin", "terraform"), 0o755);
}

const calls = () => readFileSync(join(directory, "calls"), "utf8").trim().split("\n");

function deploy(args: readonly string[], more: NodeJS.ProcessEnv = {}) {
  const script = join(project.directory, "tools", "review", "deploy.ts");
  const env = {
    ...process.env,
    CI: "true",
    PATH: `${join(directory, "bin")}:${process.env.PATH}`,
    TMPDIR: project.temporary,
    WEBRTC_GENESYS_PROVIDER: "registry",
    GITHUB_STEP_SUMMARY: "",
    ...more,
  };
  const child = spawn("node", ["--require", "tsx/cjs", script, ...args], { cwd: project.directory, env });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  return new Promise<{ status: number | null; output: string }>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, output }));
  });
}

const plan = () => deploy(["plan", "site", "--directory", join(directory, "reviewed")]);
const apply = () => deploy(["apply", "site", "--directory", join(directory, "reviewed")]);

describe("a deploy", () => {
  it("applies the plan that was reviewed", async () => {
    terraform("A=1");
    expect((await plan()).status).toBe(0);
    expect(readFileSync(join(directory, "reviewed", "plan.md"), "utf8")).toContain(
      "- `site-nginx` (docker_container)",
    );
    expect(calls()).toStrictEqual(["init", "plan", "show"]);
    expect((await apply()).status).toBe(0);
    expect(calls().slice(3)).toStrictEqual(["init", "plan", "show", "apply"]);
  });

  it("is refused when the plan differs from the reviewed one", async () => {
    terraform("A=1");
    await plan();
    terraform("A=2");
    const { status, output } = await apply();
    expect(status).toBe(1);
    expect(output).toContain("the plan differs from the reviewed one, so nothing was deployed");
    expect(output).toContain("docker_container.nginx: becomes something else than what was reviewed");
    expect(calls()).not.toContain("apply");
  });

  it("is refused without a reviewed plan", async () => {
    terraform("A=1");
    const { status, output } = await apply();
    expect([status, calls().includes("apply")]).toStrictEqual([1, false]);
    expect(output).toContain("plan.json of the reviewed plan can't be read");
  });

  it("tells the approver, and keeps values out of what it leaves", async () => {
    terraform("A=value that nobody needs to see");
    const summary = join(directory, "summary");
    await deploy(["plan", "site", "--directory", join(directory, "reviewed")], {
      GITHUB_STEP_SUMMARY: summary,
    });
    const left = ["summary", "reviewed/plan.md", "reviewed/plan.json"].map((name) =>
      readFileSync(join(directory, name), "utf8"),
    );
    expect(left[0]).toContain("## Plan of site");
    expect(left.join()).not.toContain("nobody needs to see");
    expect(project.leftovers()).toStrictEqual([]);
  });

  it("in CI needs a state that outlives the checkout", async () => {
    terraform("A=1");
    const { status, output } = await deploy(["plan", "file", "--directory", join(directory, "reviewed")]);
    expect(status).toBe(1);
    expect(output).toContain("environments/file.yaml keeps Terraform's state in a file of this checkout");
    expect(existsSync(join(directory, "calls"))).toBe(false);
  });
});
