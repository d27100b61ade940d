import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { connect } from "node:tls";
import type { Environment } from "../../config";
import type { Phone } from "../../lib/phone";
import { ensureSecrets } from "../../tools/secrets";
import { Phones } from "../../tools/verify/phones";
import { command, docker, eventually, localEnvironment, MINUTE, root, up } from "./support";

/** A certificate that is renewed on the Docker host, while a phone is signed in. */

let environment: Environment;
let phone: Phone;
const installed = join(root, ".secrets", "local", "tls");

const fingerprint = (file: string) => new X509Certificate(readFileSync(file)).fingerprint256;

async function served(): Promise<string | undefined> {
  const { address, port } = environment.nginx;
  const socket = connect({ host: address, port, rejectUnauthorized: false });
  try {
    await once(socket, "secureConnect", { signal: AbortSignal.timeout(5000) });
    return socket.getPeerX509Certificate()?.fingerprint256;
  } finally {
    socket.destroy();
  }
}

/** Makes another pair like the one that `bin/up` made. */
async function another(): Promise<string> {
  const directory = mkdtempSync(join(root, ".cache", "certificate-"));
  await ensureSecrets({ ...environment, secrets: { directory: relative(root, directory) } });
  return directory;
}

beforeAll(async () => {
  up("static");
  environment = localEnvironment("static");
  phone = await new Phones(environment).connect("1002");
  await phone.register();
}, 20 * MINUTE);

afterAll(async () => {
  await phone?.unregister().catch(() => undefined);
  await phone?.close();
});

describe("a certificate that is renewed on the Docker host", () => {
  it(
    "is served without a deploy, while a phone's socket goes on",
    async () => {
      const before = await served();
      const directory = await another();
      try {
        const renewed = fingerprint(join(directory, "tls", "certificate.pem"));
        for (const file of ["certificate.pem", "key.pem"])
          renameSync(join(directory, "tls", file), join(installed, file));
        await eventually(40_000, async () => expect(await served()).toBe(renewed));
        expect(renewed).not.toBe(before);
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
      // On the connection that it opened before.
      await phone.register();
    },
    2 * MINUTE,
  );

  it(
    "stays with the next deploy, which finds nothing to do",
    async () => {
      const ids = () =>
        docker("ps", "-aq", "--no-trunc", "--filter", "label=webrtc-genesys.environment=local");
      const before = ids();
      up("static");
      expect(ids()).toBe(before);
      docker("restart", "local-nginx");
      await eventually(20_000, async () =>
        expect(await served()).toBe(fingerprint(join(installed, "certificate.pem"))),
      );
    },
    5 * MINUTE,
  );

  it(
    "is a red line of verify until it fits its key",
    async () => {
      const directory = await another();
      const [mine, kept] = [join(installed, "certificate.pem"), join(directory, "kept.pem")];
      try {
        renameSync(mine, kept);
        renameSync(join(directory, "tls", "certificate.pem"), mine);
        const { status, output } = command("npm", ["run", "--silent", "verify", "--", "local"]);
        expect(output).toMatch(
          /✗ certificate .*serves CN=webrtc-genesys local until .* and secrets.directory has/,
        );
        expect(output).toContain("docker logs local-nginx-certificate says why it is not taken");
        expect(status).toBe(1);
        expect(docker("logs", "local-nginx-certificate")).toContain(
          "tls/key.pem is not the key of the first certificate in tls/certificate.pem",
        );
      } finally {
        renameSync(kept, mine);
        rmSync(directory, { recursive: true, force: true });
      }
    },
    3 * MINUTE,
  );
});
