import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { architecture } from "../../../tools/offline/parts";
import { fromBundle } from "../../../tools/offline/provider";
import { ended, root, writeParts } from "../../tools/offline/bundles";
import { zip } from "./zip";

jest.setTimeout(120_000);

const FOLDER = "providers/registry.terraform.io/kreuzwerker/docker";
const NAME = `terraform-provider-docker_3.6.2_linux_${architecture}.zip`;

/** Terraform as it is, and a provider that it finds in the bundle, as `terraform providers mirror` puts it there. */
describe("a provider from the registry, in the bundle", () => {
  let directory: string;
  let workspace: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "offline-test-"));
    workspace = join(directory, "workspace");
    mkdirSync(workspace);
    const configuration = {
      terraform: { required_providers: { docker: { source: "kreuzwerker/docker", version: "3.6.2" } } },
      provider: { docker: { host: "unix:///no/such.sock" } },
      resource: { docker_volume: { v: { name: "v" } } },
    };
    writeFileSync(join(workspace, "main.tf.json"), JSON.stringify(configuration));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const terraform = (env: NodeJS.ProcessEnv, ...args: string[]) =>
    ended("terraform", [...args, "-no-color"], workspace, {
      ...{ ...process.env, CHECKPOINT_DISABLE: "1", TF_CLI_CONFIG_FILE: "/dev/null", TMPDIR: directory },
      // Whoever asked the registry would fail.
      ...{ HTTPS_PROXY: "http://127.0.0.1:9", NO_PROXY: "" },
      ...env,
    });

  it("is all that Terraform needs", async () => {
    const plugin = join(root, "__tests__/integration/offline/plugin.ts");
    const script = `#!/bin/sh\nexec node -r ${root}/node_modules/tsx/dist/cjs/index.cjs ${plugin}\n`;
    const offline = join(directory, "offline");
    const content = zip({
      path: "terraform-provider-docker_v3.6.2",
      mode: 0o755,
      content: Buffer.from(script),
    });
    writeParts(offline, { provider: "registry" }, { [`${FOLDER}/${NAME}`]: content });
    const env = await fromBundle(offline, {});

    const without = await terraform({}, "init");
    expect(without.status).toBe(1);
    expect(without.stderr).toContain("registry.terraform.io");

    const init = await terraform(env, "init");
    expect(init).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("Installed kreuzwerker/docker v3.6.2"),
    });
    expect(await terraform(env, "providers", "schema", "-json")).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('"docker_container"'),
    });
    // It is started and asked: the engine that it is to reach is not there.
    const plan = await terraform(env, "plan");
    expect(plan.stderr).toContain("The Docker engine does not answer");
    expect(plan.stderr).toContain("/no/such.sock");
  });
});
