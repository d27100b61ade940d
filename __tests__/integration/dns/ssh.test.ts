import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Server } from "ssh2";
import { credentialOfPassword } from "../../../assets/database/src/credential";
import { loadEnvironment } from "../../../config";
import { DnDatabase } from "../../../tools/dn/database";
import { engineOf } from "../../../tools/engine";
import { DockerHost } from "../../../tools/verify/host";
import { addresses, dnsJson, Stand } from "../asterisk/stand";

/** An engine behind ssh, as a site's is: what the client sends there goes through `docker system dial-stdio`. */

jest.setTimeout(60_000);

const stand = new Stand("asterisk-test-ssh", addresses.database);
const directory = mkdtempSync(join(tmpdir(), "ssh-test-"));
const key = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs1", format: "pem" },
  publicKeyEncoding: { type: "pkcs1", format: "pem" },
});
const server = new Server({ hostKeys: [key.privateKey] }, (client) => {
  client.on("authentication", (context) => context.accept());
  client.on("error", () => undefined);
  client.on("session", (accept) => {
    accept().on("exec", (acceptExec, reject, { command }) => {
      if (command !== "docker system dial-stdio") return reject();
      const stream = acceptExec();
      const engine = connect("/var/run/docker.sock");
      stream.pipe(engine);
      engine.pipe(stream, { end: false });
      engine.on("error", () => engine.destroy());
      // Without a status of the command, ssh takes its end for one of the line.
      engine.on("close", () => {
        stream.exit(0);
        stream.end();
      });
      stream.on("error", () => engine.destroy());
      stream.on("close", () => engine.destroy());
    });
  });
});

function environmentBehindSsh() {
  const { environment } = loadEnvironment(join(__dirname, "../../../environments/local.yaml"), {});
  const { port } = server.address() as AddressInfo;
  // Nothing of the ssh of whoever runs this: neither its configuration nor the hosts that it knows.
  const sshOptions = [
    ...["-F", "/dev/null", "-o", "StrictHostKeyChecking=accept-new"],
    ...["-o", `UserKnownHostsFile=${join(directory, "known_hosts")}`],
  ];
  return { ...environment, name: stand.name, docker: { host: `ssh://root@127.0.0.1:${port}`, sshOptions } };
}

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  await stand.prepare("postgres", "database");
  await stand.startPostgres();
  expect((await stand.releaseDatabase()).status).toBe(0);
  await stand.leaveDatabaseRelease();
}, 300_000);

afterAll(async () => {
  server.close();
  rmSync(directory, { recursive: true });
  await stand.remove();
});

it("carries requests out, long ones too", async () => {
  const database = new DnDatabase(engineOf(environmentBehindSsh()), stand.name);
  const { realm, context, codecs } = dnsJson;
  const settings = { realm, context, codecs };
  const phones = Array.from({ length: 5000 }, (_, at) => ({
    number: String(30_000 + at),
    credential: credentialOfPassword(String(at), realm, "x"),
  }));
  expect(await database.ask<"adopt">({ what: "adopt", settings, phones })).toMatchObject({ added: 5000 });
  expect((await database.ask<"list">({ what: "list" })).dns).toHaveLength(5003);
});

it("runs commands in containers", async () => {
  const environment = environmentBehindSsh();
  const host = new DockerHost(engineOf(environment), environment);
  expect(await host.exec("postgres", ["echo", "here"])).toBe("here\n");
  await expect(host.exec("nginx", ["true"])).rejects.toThrow("there is no container asterisk-test-ssh-nginx");
});
