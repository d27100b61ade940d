import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Environment, loadEnvironment } from "../../../config";
import { root } from "../../arguments";
import { ensureBaseImages } from "../../base-images";
import { cdktf } from "../../cdktf";
import { ensureEngine } from "../../engine";
import { removeLabelled } from "../../labelled";
import { ensureSecrets } from "../../secrets";

export type Mode = Environment["forwardingMode"];

const NAME = "bench";
const FILE = join("environments", `${NAME}.yaml`);

/** DNs that are registered. */
export const DNS = Array.from({ length: 50 }, (_, at) => String(6001 + at));

/** Like `local`, on addresses of its own, so that both can be up. */
const TEXT = `# Made by \`npm run bench -- switch\`, which removes it again.
host: { address: 127.0.1.1 }
genesys: { simulator: true, servers: [{ host: 127.0.1.2 }] }
simulatorPort: 8190
dns: [${DNS[0]}-${DNS.at(-1)}]
monitor: { range: ${DNS[0]}-${DNS.at(-1)}, address: 127.0.1.1 }
nginx: { tls: { selfSigned: true } }
asterisk: { sipAddress: 127.0.1.3, internalAddress: 127.0.1.1 }
relay: { asteriskSide: 127.0.1.4 }
postgres: { address: 127.0.1.1 }
sipProxy: { address: 127.0.1.1 }
rtp: 11000-11799
secrets: { directory: .secrets/${NAME} }
`;

/** Makes the environment and deploys it in static mode. What an earlier run has left goes first. */
export async function makeEnvironment(show: (line: string) => void): Promise<Environment> {
  await removeEnvironment();
  process.chdir(root);
  writeFileSync(FILE, TEXT);
  const { environment } = loadEnvironment(FILE, {});
  const engine = await ensureEngine(environment);
  await ensureBaseImages(engine);
  await ensureSecrets(environment);
  await deploy("static", show);
  return environment;
}

/** What switches a running environment: an ordinary deploy. */
export async function deploy(mode: Mode, show: (line: string) => void): Promise<void> {
  const before = process.env.FORWARDING_MODE;
  process.env.FORWARDING_MODE = mode;
  try {
    await cdktf(["deploy", NAME, "--auto-approve"], show);
  } finally {
    if (before === undefined) delete process.env.FORWARDING_MODE;
    else process.env.FORWARDING_MODE = before;
  }
}

/**
 * Takes everything down that the environment made, its file and its secrets too. Images stay: their names come from what
 * is in them, so that other environments of this engine run the very same.
 */
export async function removeEnvironment(): Promise<void> {
  if (!existsSync(join(root, FILE))) return;
  const { environment } = loadEnvironment(join(root, FILE), {});
  await removeLabelled(await ensureEngine(environment), NAME);
  const state = `terraform.${NAME}.tfstate`;
  for (const path of [state, `${state}.backup`, join(".secrets", NAME), FILE]) {
    rmSync(join(root, path), { recursive: true, force: true });
  }
}
