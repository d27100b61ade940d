import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { baseImages } from "../../../constructs/service/base-images";
import { engineOf } from "../../../tools/engine";
import { requireState } from "../../../tools/state";
import { localEnvironment } from "../../e2e/support";

const name = `state-test-${randomBytes(4).toString("hex")}`;
const directory = mkdtempSync(join(tmpdir(), "state-test-"));
const path = join(directory, "site.tfstate");
const environment = {
  ...localEnvironment("static"),
  name,
  state: { backend: "local" as const, options: { path } },
};
const engine = engineOf(environment);

afterAll(() => {
  execFileSync("docker", ["rm", "--force", name], { stdio: "ignore" });
  rmSync(directory, { recursive: true });
});

it("asks for the state of what runs already, and for none before that", async () => {
  await expect(requireState(environment, engine)).resolves.toBeUndefined();
  const label = `webrtc-genesys.environment=${name}`;
  execFileSync("docker", ["create", "--name", name, "--label", label, baseImages.trixie.reference, "true"]);
  await expect(requireState(environment, engine)).rejects.toThrow(
    `'${name}' runs on unix:///var/run/docker.sock already, and its Terraform state ${path} is not here: copy it from`,
  );
  writeFileSync(path, "{}");
  await expect(requireState(environment, engine)).resolves.toBeUndefined();
  // A state that others keep is theirs to find.
  const shared = { ...environment, state: { backend: "pg" as const, options: {} } };
  await expect(requireState(shared, engine)).resolves.toBeUndefined();
});
