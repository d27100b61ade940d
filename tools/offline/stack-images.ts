import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DockerProvider } from "@cdktf/provider-docker/lib/provider";
import { App } from "cdktf";
import type { Environment } from "../../config";
import { ServiceImage } from "../../constructs/service/service-image";
import { WebrtcGenesysStack } from "../../stacks/webrtc-genesys-stack";

/** What an environment's stack needs from elsewhere. */
export interface Needs {
  /** Its images, each after the one that it is built on. */
  readonly images: readonly ServiceImage[];
  /** Terraform's provider: kreuzwerker/docker and the version, as in "3.6.2". */
  readonly provider: { readonly source: string; readonly version: string };
}

/** Asks the stack itself, without writing a synthesis. */
export function needsOf(environment: Environment): Needs {
  const outdir = mkdtempSync(join(tmpdir(), "webrtc-genesys-stack-"));
  try {
    const constructs = new WebrtcGenesysStack(new App({ outdir }), environment).node.findAll();
    const provider = constructs.find((one) => one instanceof DockerProvider);
    const { terraformProviderSource: source, terraformGeneratorMetadata: metadata } = provider ?? {};
    if (!source || !metadata?.providerVersion) throw new Error("the stack has no Docker provider");
    return {
      images: constructs.filter((one) => one instanceof ServiceImage),
      provider: { source, version: metadata.providerVersion },
    };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}
