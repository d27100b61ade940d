import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { App } from "cdktf";
import type { Environment } from "../../../config";
import { bootFiles } from "../../../constructs/asterisk/files";
import { WebrtcGenesysStack } from "../../../stacks/webrtc-genesys-stack";
import { root } from "../../arguments";
import { blocks, type State, text } from "../../docker-provider/value";
import type { Service } from "../../review/model/deployment";
import { readDeployment } from "../../review/model/read";
import type { TerraformJson } from "../../review/model/terraform-json";

/** A service as this checkout and the environment's file mean it to run. */
export interface MeantService {
  /** Such as `asterisk`. */
  readonly name: string;
  /** Such as `local-asterisk`. */
  readonly container: string;
  /** `name:tag` */
  readonly image: string;
  /** What the container is made by, complete by the provider's schema. */
  readonly attributes: State;
  /** nginx-certificate has none. */
  readonly release?: MeantRelease;
  /** Files below /config/current that it reads only when it starts. */
  readonly bootFiles: readonly string[];
}

export interface MeantRelease {
  /** The container that brings it, without the environment: `asterisk-release`. */
  readonly name: string;
  readonly hash: string;
}

/** The services of an environment, by the synthesis of this checkout. Takes some tenths of a second. */
export function meantServices(environment: Environment): MeantService[] {
  const { services } = readDeployment({
    environment,
    warnings: [],
    listeners: [],
    terraform: synthesize(environment),
    contexts: {},
  });
  return Object.values(services).flatMap((service) => meantService(environment.name, service) ?? []);
}

function synthesize(environment: Environment): TerraformJson {
  const outdir = mkdtempSync(join(tmpdir(), "webrtc-genesys-drift-"));
  try {
    const app = new App({ outdir });
    // As Terraform makes it absolute where it runs (constructs/service/secrets.ts).
    const secrets = { ...environment.secrets, directory: resolve(root, environment.secrets.directory) };
    new WebrtcGenesysStack(app, { ...environment, secrets });
    app.synth();
    return JSON.parse(readFileSync(join(outdir, "stacks", environment.name, "cdk.tf.json"), "utf8"));
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

function meantService(environment: string, service: Service): MeantService | undefined {
  const { name, container, oneShots, files } = service;
  const release = oneShots[0];
  if (!container) return undefined;
  const { attributes } = container;
  return {
    name,
    container: container.name,
    image: text(attributes.image),
    attributes,
    ...(release && {
      release: {
        name: release.name.slice(environment.length + 1),
        hash: labelOf(release.attributes, RELEASE_LABEL),
      },
    }),
    bootFiles: name === "asterisk" ? Object.keys(bootFiles(files)) : [],
  };
}

/** Of a release's container: the hash of what it brings. */
export const RELEASE_LABEL = "webrtc-genesys.release";

function labelOf(state: State, name: string): string {
  return text(blocks(state.labels).find(({ label }) => label === name)?.value);
}
