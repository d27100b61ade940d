import { generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import type { Environment } from "../config";
import { root } from "./arguments";
import { run } from "./run";
import { StagedFiles } from "./staged-files";

/** Who may see the status page: lines of name and hash, as nginx reads them. */
const STATUS_USERS = "status-users";

/** Names of the secret files that the containers of an environment are given. */
export function requiredSecrets(environment: Environment): string[] {
  const dns = [...environment.dns.map((dn) => dn.number), environment.probeDn];
  const { credentials } = environment.genesys;
  const hepSecret = environment.hep?.secret;
  return [
    "ami-monitor",
    "ami-proxy",
    "ari",
    "postgres-asterisk",
    "postgres-monitor",
    "sip-proxy-api",
    "sip-proxy-api-read",
    STATUS_USERS,
    "tls/certificate.pem",
    "tls/key.pem",
    ...(credentials ? [credentials.secret] : []),
    ...(hepSecret ? [hepSecret] : []),
    ...callControlSecrets(environment),
    ...dns.map((dn) => `dn/${dn}`),
  ];
}

function callControlSecrets({ callControl }: Environment): string[] {
  if (callControl === undefined) return [];
  const { trunks, webhooks, jwt } = callControl;
  return [
    "postgres-call-control",
    "call-control-signing",
    ...trunks.flatMap(({ credentials }) => (credentials ? [credentials.secret] : [])),
    ...webhooks.map(({ secret }) => secret),
    ...(jwt ? [jwt.secret] : []),
  ];
}

/** Absolute path of a secret file that lies on this machine; undefined where secrets are on another host. */
export function secretPath(environment: Environment, name: string): string | undefined {
  const { directory } = environment.secrets;
  if (isAbsolute(directory)) return undefined;
  return join(root, directory, name);
}

/** Absolute path of the directory of secrets, where the engine and so the directory are on this machine. */
export function secretsDirectoryHere({ docker, secrets }: Environment): string | undefined {
  if (!isAbsolute(secrets.directory)) return join(root, secrets.directory);
  return docker.host.startsWith("unix:") ? secrets.directory : undefined;
}

/** 32 characters that nobody guesses. */
export function newPassword(): string {
  return randomBytes(24).toString("base64url");
}

/**
 * Makes the secrets that a local environment lacks: random passwords, and a self-signed certificate where the
 * environment asks for one. What is there stays. Environments with an absolute `secrets.directory` have theirs on
 * the Docker host, put there by whoever keeps them.
 *
 * @returns the names of those that were made
 */
export async function ensureSecrets(environment: Environment): Promise<string[]> {
  const made: string[] = [];
  for (const name of requiredSecrets(environment)) {
    const path = secretPath(environment, name);
    if (path === undefined || existsSync(path) || name.startsWith("tls/")) continue;
    if (name === STATUS_USERS) made.push(...(await makeStatusUser(environment, path)));
    else if (name === environment.callControl?.jwt?.secret) made.push(...makeTokenKeys(path, name));
    else made.push(makePassword(path, name));
  }
  const certificate = secretPath(environment, "tls/certificate.pem");
  if (certificate && environment.nginx.tls.selfSigned && !existsSync(certificate)) {
    await selfSign(dirname(certificate), environment);
    made.push("tls/certificate.pem", "tls/key.pem");
  }
  return made;
}

function makePassword(path: string, name: string): string {
  writeSecret(path, `${newPassword()}\n`);
  return name;
}

/** The user `operator` of a local environment's status page, with the password in the secret `status-password`. */
async function makeStatusUser(environment: Environment, path: string): Promise<string[]> {
  const passwordFile = secretPath(environment, "status-password") as string;
  const made = existsSync(passwordFile) ? [] : [makePassword(passwordFile, "status-password")];
  // By its file: every user of the machine can see a command line.
  const hash = await run("openssl", ["passwd", "-6", "-in", passwordFile], { deadline: 10_000 });
  writeSecret(path, `operator:${hash.trim()}\n`);
  return [...made, STATUS_USERS];
}

/** The key set of a local environment's issuer, and beside it, in `<name>-private`, the key that tokens are signed with. */
function makeTokenKeys(path: string, name: string): string[] {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const jwk = (key: KeyObject) => ({
    ...key.export({ format: "jwk" }),
    kid: "local",
    alg: "ES256",
    use: "sig",
  });
  writeSecret(`${path}-private`, `${JSON.stringify(jwk(privateKey))}\n`);
  writeSecret(path, `${JSON.stringify({ keys: [jwk(publicKey)] })}\n`);
  return [`${name}-private`, name];
}

function writeSecret(path: string, text: string): void {
  const files = new StagedFiles();
  files.stage(path, text, 0o600);
  files.commit();
}

/** A certificate for the environment's addresses, valid for ten years, which only browsers told to trust it accept. */
async function selfSign(directory: string, environment: Environment): Promise<void> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const staging = mkdtempSync(join(directory, "staging-"));
  try {
    const addresses = [environment.nginx.address, environment.host.publicAddress].filter(
      (a) => a !== undefined,
    );
    const names = ["DNS:localhost", ...[...new Set(addresses)].map((address) => `IP:${address}`)];
    await run(
      "openssl",
      [
        ...[
          "req",
          "-x509",
          "-newkey",
          "ec",
          "-pkeyopt",
          "ec_paramgen_curve:prime256v1",
          "-nodes",
          "-days",
          "3650",
        ],
        ...[
          "-subj",
          `/CN=webrtc-genesys ${environment.name}`,
          "-addext",
          `subjectAltName=${names.join(",")}`,
        ],
        ...["-keyout", join(staging, "key.pem"), "-out", join(staging, "certificate.pem")],
      ],
      { deadline: 30_000 },
    );
    // The key first: a certificate that is there means that both are.
    for (const file of ["key.pem", "certificate.pem"]) renameSync(join(staging, file), join(directory, file));
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}
