import { execFileSync } from "node:child_process";
import { createPrivateKey, createPublicKey, type JsonWebKey } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { type Environment, loadEnvironment } from "../../config";
import { root } from "../../tools/arguments";
import { ensureSecrets, requiredSecrets } from "../../tools/secrets";

let directory: string;
let environment: Environment;

const text = (name: string) => readFileSync(join(directory, name), "utf8");

beforeEach(() => {
  mkdirSync(join(root, ".cache"), { recursive: true });
  directory = mkdtempSync(join(root, ".cache", "secrets-"));
  const local = loadEnvironment(join(root, "environments/local.yaml"), {}).environment;
  environment = { ...local, secrets: { directory: relative(root, directory) } };
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe("the secrets of a local environment", () => {
  it("are made, each readable by its owner only", async () => {
    const made = await ensureSecrets(environment);
    expect(made.sort()).toStrictEqual([...requiredSecrets(environment), "status-password"].sort());
    for (const name of made.filter((one) => one !== "tls/certificate.pem"))
      expect([name, statSync(join(directory, name)).mode & 0o777]).toStrictEqual([name, 0o600]);
    expect(await ensureSecrets(environment)).toStrictEqual([]);
  });

  it("have a user of the status page, by the hash of the password beside it", async () => {
    await ensureSecrets(environment);
    const [, salt, hash] = /^operator:\$6\$([^$]+)\$(\S+)\n$/.exec(text("status-users")) ?? [];
    expect(text("status-users")).not.toContain(text("status-password").trim());
    const input = text("status-password");
    const again = execFileSync("openssl", ["passwd", "-6", "-salt", salt as string, "-stdin"], { input });
    expect(again.toString().trim()).toBe(`$6$${salt}$${hash}`);
  });

  it("leave users alone that somebody has made, and make no password for them", async () => {
    writeFileSync(join(directory, "status-users"), "alice:$6$a$b\n");
    expect(await ensureSecrets(environment)).not.toContain("status-password");
    expect(text("status-users")).toBe("alice:$6$a$b\n");
  });

  it("are those of call-control too, where the environment has it", async () => {
    const callControl = {
      trunks: [{ credentials: { secret: "trunk-a" } }, {}],
      webhooks: [{ secret: "webhook-crm" }],
      jwt: { secret: "call-control-jwks" },
    };
    const without = { ...environment, callControl: undefined };
    const extended = { ...environment, callControl } as unknown as Environment;
    const own = [
      "postgres-call-control",
      "call-control-signing",
      "trunk-a",
      "webhook-crm",
      "call-control-jwks",
    ];
    expect(
      requiredSecrets(extended).filter((name) => !requiredSecrets(without).includes(name)),
    ).toStrictEqual(own);
    expect(await ensureSecrets(extended)).toEqual(
      expect.arrayContaining([...own, "call-control-jwks-private"]),
    );
    // A release takes secrets of one line only.
    const set = text("call-control-jwks");
    expect(set.trim()).not.toContain("\n");
    const [key] = (JSON.parse(set) as { keys: JsonWebKey[] }).keys;
    expect(key).not.toHaveProperty("d");
    const signer = createPrivateKey({ key: JSON.parse(text("call-control-jwks-private")), format: "jwk" });
    expect(createPublicKey(signer).export({ format: "jwk" })).toMatchObject({ x: key?.x, y: key?.y });
  });
});
