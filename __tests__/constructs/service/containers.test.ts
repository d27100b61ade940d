import { Testing } from "cdktf";
import { OneShot } from "../../../constructs/service/one-shot";
import { hashFiles, Release } from "../../../constructs/service/release";
import { Secrets } from "../../../constructs/service/secrets";
import { ServiceContainer } from "../../../constructs/service/service-container";
import { ServiceImage } from "../../../constructs/service/service-image";
import { ServiceVolumes } from "../../../constructs/service/service-volumes";

// biome-ignore lint/suspicious/noExplicitAny: synthesized JSON has no type
type Json = any;

/** Synthesizes what `make` adds to a stack, with a pulled image, and returns its Docker containers by name. */
function containers(
  make: (scope: Parameters<Parameters<typeof Testing.synthScope>[0]>[0], image: ServiceImage) => void,
): Json {
  const json: Json = JSON.parse(
    Testing.synthScope((scope) => {
      const images = { source: "registry", prefix: "registry.example.com/x", tag: "1" } as const;
      make(scope, new ServiceImage(scope, "image", { service: "nginx", base: "debian", images }));
    }),
  );
  return Object.fromEntries(
    Object.values<Json>(json.resource.docker_container).map((one) => [one.name, one]),
  );
}

const service = {
  environment: "local",
  service: "nginx",
  user: 10001,
  memory: 64,
  processes: 32,
  healthcheck: ["CMD", "true"],
};

describe("ServiceContainer", () => {
  const container = containers((scope, image) => {
    new ServiceContainer(scope, "service", { ...service, image, bootHash: "abc" });
  })["local-nginx"];

  it("is unprivileged by default", () => {
    expect(container).toMatchObject({
      user: "10001",
      read_only: true,
      security_opts: ["no-new-privileges:true"],
      capabilities: { drop: ["ALL"] },
    });
    expect(container.capabilities.add).toBeUndefined();
    expect(container.privileged).toBeUndefined();
  });

  it("is bounded in memory, processes, files and log size", () => {
    expect(container).toMatchObject({
      memory: 64,
      memory_swap: 64,
      ulimit: [
        { name: "nofile", soft: 4096, hard: 4096 },
        { name: "nproc", soft: 32, hard: 32 },
      ],
      log_driver: "json-file",
      log_opts: { "max-size": "10m", "max-file": "5" },
    });
  });

  it("is restarted when it dies, and waited for until it is healthy", () => {
    expect(container).toMatchObject({
      restart: "unless-stopped",
      wait: true,
      healthcheck: { test: ["CMD", "true"] },
    });
  });

  it("carries the hash of what it reads only at start, so that a change replaces it", () => {
    expect(container.labels).toContainEqual({ label: "webrtc-genesys.boot", value: "abc" });
  });
});

describe("OneShot", () => {
  const container = containers((scope, image) => {
    new OneShot(scope, "one-shot", {
      environment: "local",
      name: "x",
      image,
      entrypoint: ["/bin/true"],
      files: { "/release/files/extensions.conf": "exten => _X.,1,Dial(${EXTEN}) %{x}" },
      volumes: [],
      mounts: [],
      capabilities: ["CAP_CHOWN"],
      hash: "abc",
    });
  })["local-x"];

  it("has no network and only the capabilities that it names", () => {
    expect(container).toMatchObject({
      network_mode: "none",
      capabilities: { drop: ["ALL"], add: ["CAP_CHOWN"] },
    });
  });

  it("keeps Terraform's hands off the dialplan's variables", () => {
    expect(container.upload).toStrictEqual([
      { file: "/release/files/extensions.conf", content: "exten => _X.,1,Dial($${EXTEN}) %%{x}" },
    ]);
  });

  it("fails the apply with its output, and is tainted by that, so that the next deploy tries again", () => {
    expect(container).toMatchObject({ attach: true, must_run: false, logs: true, tty: true });
    expect(container.provisioner).toStrictEqual([
      {
        "local-exec": {
          command: 'test "$STATUS" = 0 || { printf "%s\\n" "$OUTPUT" | tr -d "\\r" >&2; exit 1; }',
          environment: { STATUS: "${self.exit_code}", OUTPUT: "${self.container_logs}" },
        },
      },
    ]);
  });
});

describe("Release", () => {
  const release = (files: Record<string, string>) =>
    containers((scope, image) => {
      const volumes = new ServiceVolumes(scope, "volumes", "local", "nginx");
      const secrets = new Secrets("/secrets");
      new Release(scope, "release", {
        environment: "local",
        service: "nginx",
        image,
        volumes,
        secrets,
        files,
      });
    })["local-nginx-release"];

  it("is given just the secret files that its files name", () => {
    const { mounts } = release({
      "a.conf": "p=@{secret:ari}",
      "b.conf": "q=@{secret:dn/1002} @{secret:ari}",
    });
    expect(mounts.map((mount: Json) => mount.source)).toStrictEqual(["/secrets/ari", "/secrets/dn/1002"]);
  });

  it("has another hash for other files, and the same for the same", () => {
    const hash = (files: Record<string, string>) =>
      release(files).env.find((line: string) => line.startsWith("RELEASE_HASH"));
    expect(hash({ a: "1" })).toBe(hash({ a: "1" }));
    expect(hash({ a: "1" })).not.toBe(hash({ a: "2" }));
  });
});

describe("hashFiles", () => {
  it("does not depend on the order of files", () => {
    expect(hashFiles({ a: "1", b: "2" })).toBe(hashFiles({ b: "2", a: "1" }));
  });

  it("tells a name's end from a text's start", () => {
    expect(hashFiles({ ab: "c" })).not.toBe(hashFiles({ a: "bc" }));
  });
});
