import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type Docker from "dockerode";
import { type Environment, loadEnvironment } from "../../../../config";
import { createBody } from "../../../../tools/docker-provider/resources/container/config";
import { blocks, text } from "../../../../tools/docker-provider/value";
import type { ActualService } from "../../../../tools/verify/drift/actual";
import { type MeantService, meantServices } from "../../../../tools/verify/drift/meant";

/** An environment that is like `local`, in static mode. */
export function environment(more: Record<string, unknown> = {}): Environment {
  const directory = mkdtempSync(join(tmpdir(), "webrtc-genesys-drift-test-"));
  try {
    const file = join(directory, "site.yaml");
    const settings = {
      host: { address: "127.0.0.1" },
      genesys: { simulator: true, servers: [{ host: "127.0.0.2" }] },
      dns: [1002, 1003],
      rtp: "10000-10199",
      nginx: { tls: { selfSigned: true } },
      secrets: { directory: ".secrets/site" },
      ...more,
    };
    // JSON is YAML.
    writeFileSync(file, JSON.stringify(settings));
    return loadEnvironment(file, {}).environment;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

let services: MeantService[] | undefined;

/** What that environment means a service to be. */
export function meant(name: string): MeantService {
  services ??= meantServices(environment());
  return services.find((service) => service.name === name) as MeantService;
}

export const STARTED = "2026-01-02T03:04:05.678Z";
export const IMAGE_ID = "sha256:1111111111111111";

/** Inspections are partial: what is compared is there. */
export type Inspected = Docker.ContainerInspectInfo & {
  Config: Record<string, unknown>;
  HostConfig: Record<string, unknown>;
};

/** The image's own settings, as its Dockerfile makes them. */
export const image = {
  Id: IMAGE_ID,
  Config: { User: "10002", Env: ["PATH=/usr/bin"], Entrypoint: ["/usr/local/bin/entrypoint"], Cmd: null },
} as unknown as Docker.ImageInspectInfo;

/** A container as the engine tells of one that was made as meant: with what it fills in and how it writes it. */
export function inspected(service: MeantService): Inspected {
  const { HostConfig, ...config } = createBody(service.attributes) as Inspected;
  return structuredClone({
    Id: "c0",
    Image: IMAGE_ID,
    State: { Status: "running", Running: true, Paused: false, StartedAt: STARTED },
    Config: {
      ...config,
      Hostname: "host",
      Env: [...((config as unknown as { Env?: string[] }).Env ?? []), "PATH=/usr/bin"],
      Cmd: null,
      Entrypoint: (config as { Entrypoint?: unknown }).Entrypoint ?? ["/usr/local/bin/entrypoint"],
      StopSignal: "SIGTERM",
    },
    HostConfig: {
      ...HostConfig,
      CapAdd: (HostConfig as { CapAdd?: unknown }).CapAdd ?? null,
      Dns: [],
      IpcMode: "private",
      Runtime: "runc",
      ShmSize: 67108864,
      CgroupnsMode: "host",
    },
    Mounts: [
      ...blocks(service.attributes.volumes).map((volume) => ({
        Type: "volume",
        Name: text(volume.volume_name),
        Source: `/var/lib/docker/volumes/${text(volume.volume_name)}/_data`,
        Destination: text(volume.container_path),
        RW: volume.read_only !== true,
      })),
      ...blocks(service.attributes.mounts).map((mount) => ({
        Type: "bind",
        Source: text(mount.source),
        Destination: text(mount.target),
        RW: mount.read_only !== true,
      })),
    ],
  }) as unknown as Inspected;
}

/** A service that runs as meant. */
export function asMeant(service: MeantService): ActualService & { container: Inspected } {
  const seen = { container: inspected(service), image, changed: [] };
  if (!service.release) return seen;
  const { hash } = service.release;
  return {
    ...seen,
    release: { hash, image: service.image, imageId: IMAGE_ID },
    files: {
      release: hash,
      listed: [".release", "pjsip.conf", "modules.conf"],
      differing: [],
      found: new Map([
        [".release", 1],
        ["pjsip.conf", 1],
        ["modules.conf", 1],
      ]),
    },
    loaded: hash,
  };
}
