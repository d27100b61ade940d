import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fromBundle, mirrorProvider, providerOfBundle } from "../../../tools/offline/provider";
import { contents, writeParts } from "./bundles";

const ZIP =
  "providers/registry.terraform.io/kreuzwerker/docker/terraform-provider-docker_3.6.2_linux_amd64.zip";

let directory: string;
const { PATH } = process.env;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "offline-test-"));
});
afterEach(() => {
  process.env.PATH = PATH;
  rmSync(directory, { recursive: true });
});

describe("the provider of a bundle", () => {
  it("is what its manifest says", () => {
    const offline = join(directory, "offline");
    expect(providerOfBundle(offline)).toBeUndefined();
    writeParts(offline);
    expect(providerOfBundle(offline)).toBe("builtin");
    writeParts(offline, { provider: "registry" }, { [ZIP]: "zip" });
    expect(providerOfBundle(offline)).toBe("registry");
  });

  it("is all that terraform init may use, beside what it was told already", async () => {
    const offline = join(directory, "off line");
    writeParts(offline, { provider: "registry" }, { [ZIP]: "zip" });
    const flag = `-plugin-dir='${offline}/providers'`;
    await expect(fromBundle(offline, {})).resolves.toStrictEqual({ TF_CLI_ARGS_init: flag });
    await expect(fromBundle(offline, { TF_CLI_ARGS_init: "-no-color" })).resolves.toStrictEqual({
      TF_CLI_ARGS_init: `-no-color ${flag}`,
    });
  });

  it("is not used when it was changed", async () => {
    const offline = join(directory, "offline");
    writeParts(offline, { provider: "registry" }, { [ZIP]: "zip" });
    appendFileSync(join(offline, ZIP), "x");
    await expect(fromBundle(offline, {})).rejects.toThrow(
      `offline/${ZIP} is not what the bundle was made with`,
    );
  });
});

describe("mirrorProvider", () => {
  const wanted = { source: "kreuzwerker/docker", version: "3.6.2" };

  /** Stands in for a Terraform that reaches the registry, or does not. */
  async function mirror(script: string) {
    mkdirSync(join(directory, "bin"));
    mkdirSync(join(directory, "workspace"));
    writeFileSync(join(directory, "bin/terraform"), `#!/bin/sh\necho "$@" > ${directory}/call\n${script}\n`);
    chmodSync(join(directory, "bin/terraform"), 0o755);
    process.env.PATH = [join(directory, "bin"), PATH].join(delimiter);
    await mirrorProvider(wanted, join(directory, "out"), join(directory, "workspace"), () => undefined);
  }

  it("has Terraform fetch the very version that the stack names", async () => {
    await mirror('echo "$3" > /dev/null; for last; do :; done; echo zip > "$last/zip"');
    expect(contents(join(directory, "out"))).toStrictEqual({ zip: "zip\n" });
    expect(readFileSync(join(directory, "call"), "utf8")).toMatch(
      /^providers mirror -platform=linux_(amd64|arm64) \S+\/out\n$/,
    );
    expect(JSON.parse(readFileSync(join(directory, "workspace/main.tf.json"), "utf8"))).toStrictEqual({
      terraform: { required_providers: { docker: wanted } },
    });
  });

  it("fails when Terraform does, or brings nothing", async () => {
    await expect(mirror("echo unreachable; exit 1")).rejects.toThrow("unreachable");
    rmSync(join(directory, "bin"), { recursive: true });
    rmSync(join(directory, "workspace"), { recursive: true });
    await expect(mirror("exit 0")).rejects.toThrow("terraform has put nothing into");
  });
});
