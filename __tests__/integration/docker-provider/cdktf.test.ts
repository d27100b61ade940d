import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { TEST_IMAGE, Workspace } from "./workspace";

jest.setTimeout(240_000);

const ROOT = join(__dirname, "../../..");
const space = new Workspace({ CI: "1" });
afterAll(() => space.remove());

const APP = `
const { App, TerraformAsset, TerraformSelf, TerraformStack } = require("cdktf");
const { DockerProvider } = require("@cdktf/provider-docker/lib/provider");
const { Image } = require("@cdktf/provider-docker/lib/image");
const { Container } = require("@cdktf/provider-docker/lib/container");
const prefix = ${JSON.stringify(space.prefix)};
const app = new App();
const stack = new TerraformStack(app, "one");
new DockerProvider(stack, "docker", {});
const context = new TerraformAsset(stack, "context", { path: __dirname + "/context" });
const image = new Image(stack, "image", {
  name: prefix + "-image:1",
  buildAttribute: { context: context.path, buildArgs: { BASE: ${JSON.stringify(TEST_IMAGE)} } },
});
new Container(stack, "release", {
  name: prefix + "-release",
  image: image.imageId,
  command: ["cat", "/baked", "/uploaded"],
  upload: [{ file: "/uploaded", content: "uploaded\\n" }],
  attach: true,
  mustRun: false,
  logs: true,
  tty: true,
  provisioners: [{
    type: "local-exec",
    command: 'printf "%s" "$LOGS"; test "$STATUS" = 0',
    environment: { STATUS: TerraformSelf.getString("exit_code"), LOGS: TerraformSelf.getString("container_logs") },
  }],
});
app.synth();
`;

describe("cdktf", () => {
  const cdktf = (...args: string[]) => space.run("npx", "cdktf", ...args);

  it("deploys, sees no difference afterwards, and destroys", async () => {
    symlinkSync(join(ROOT, "node_modules"), join(space.directory, "node_modules"));
    mkdirSync(join(space.directory, "context"));
    space.write("context/Dockerfile", "ARG BASE\nFROM ${BASE}\nRUN echo baked > /baked\n");
    space.write("main.js", APP);
    space.write(
      "cdktf.json",
      JSON.stringify({
        language: "typescript",
        app: "node main.js",
        projectId: "test",
        sendCrashReports: "false",
      }),
    );

    const deployed = await cdktf("deploy", "one", "--auto-approve");
    expect(deployed).toMatchObject({ status: 0 });
    expect(deployed.output).toMatch(/\(local-exec\):.*baked/);
    expect(deployed.output).toMatch(/2 added, 0 changed, 0 destroyed/);

    const again = await cdktf("diff", "one");
    expect(again).toMatchObject({ status: 0 });
    expect(again.output).toContain("found no differences");

    expect(await cdktf("destroy", "one", "--auto-approve")).toMatchObject({ status: 0 });
    await expect(space.leftovers()).resolves.toStrictEqual([]);
  });
});
