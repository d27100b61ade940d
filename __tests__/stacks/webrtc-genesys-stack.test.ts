import { join } from "node:path";
import { Testing } from "cdktf";
import { type Environment, loadEnvironment } from "../../config";
import { WebrtcGenesysStack } from "../../stacks/webrtc-genesys-stack";
import { requiredSecrets } from "../../tools/secrets";

// biome-ignore lint/suspicious/noExplicitAny: synthesized JSON has no type
type Json = any;

const root = join(__dirname, "..", "..");

function environment(name: string, mode: "static" | "proxy" = "static"): Environment {
  return loadEnvironment(join(root, "environments", `${name}.yaml`), { FORWARDING_MODE: mode }).environment;
}

const synthesized = new Map<string, { text: string; json: Json }>();

/** The stack's Terraform JSON. Each is made once. */
function synth(name: string, mode: "static" | "proxy" = "static") {
  const key = `${name} ${mode}`;
  const known = synthesized.get(key);
  if (known) return known;
  const text = Testing.synth(new WebrtcGenesysStack(Testing.app(), environment(name, mode)), true);
  const made = { text, json: JSON.parse(text) };
  synthesized.set(key, made);
  return made;
}

const containers = (json: Json): Json[] => Object.values(json.resource.docker_container);
const names = (json: Json) =>
  containers(json)
    .map((one) => one.name)
    .sort();
const files = (json: Json, container: string): Record<string, string> => {
  const { upload } = containers(json).find((one) => one.name === container);
  return Object.fromEntries(
    upload.map((one: Json) => [one.file.replace("/release/files/", ""), one.content]),
  );
};

describe("an environment's stack", () => {
  it("has the same services in both modes, each with its release", () => {
    expect(names(synth("local", "proxy").json)).toStrictEqual(names(synth("local").json));
    expect(names(synth("local").json)).toStrictEqual([
      "local-asterisk",
      "local-asterisk-release",
      "local-call-control",
      "local-call-control-release",
      "local-database-release",
      "local-genesys-simulator",
      "local-genesys-simulator-release",
      "local-nginx",
      "local-nginx-certificate",
      "local-nginx-release",
      "local-postgres",
      "local-registration-monitor",
      "local-registration-monitor-release",
      "local-sip-proxy",
      "local-sip-proxy-release",
    ]);
  });

  it("has no simulator where Genesys is real", () => {
    expect(names(synth("production").json)).not.toContain("production-genesys-simulator");
  });

  const local = environment("local");
  const [first] = local.genesys.servers;
  it.each<[string, Partial<Environment>]>([
    ["a switch of mode", { forwardingMode: "proxy" }],
    ["more DNs", { dns: [...local.dns, { number: "4001" }], allowedDns: [{ from: "1000", to: "9000" }] }],
    ["no DNs", { dns: [] }],
    ["other codecs", { codecs: ["opus", "alaw"] }],
    ["another dialplan", { probeDn: "9998", monitor: { ...local.monitor, range: { from: "1", to: "9" } } }],
    ["talk events switched off", { talkEvents: "off" }],
    [
      "other servers of Genesys",
      {
        genesys: {
          ...local.genesys,
          servers: [{ host: "127.0.0.9", port: 5062, transport: "tcp" }, ...(first ? [first] : [])],
          registration: { expires: 300, retryInterval: 5, forbiddenRetryInterval: 5 },
        },
      },
    ],
    ["a certificate of another kind", { nginx: { ...local.nginx, tls: { selfSigned: false } } }],
    ["another time for old sockets", { nginx: { ...local.nginx, drainSeconds: 60 } }],
  ])("changes no long-running container by %s", (_, change) => {
    const changed = Testing.synth(new WebrtcGenesysStack(Testing.app(), { ...local, ...change }), true);
    // The images too: a container is replaced with its image.
    const kept = (json: Json) => [
      containers(json).filter((one) => !one.name.endsWith("-release")),
      json.resource.docker_image,
      json.resource.docker_volume,
    ];
    expect(kept(JSON.parse(changed))).toStrictEqual(kept(synth("local").json));
  });

  it("lets releases switch the mode in an order: first the new way, last the old one", () => {
    const orderOf = (mode: "static" | "proxy") =>
      ["asterisk", "nginx", "sip-proxy"].map((service) => {
        const { env, volumes } = containers(synth("local", mode).json).find(
          (one) => one.name === `local-${service}-release`,
        );
        expect(env).toContain(`RELEASE_SERVICE=${service}`);
        expect(env).toContain(`RELEASE_MODE=${mode}`);
        expect(volumes.at(-1)).toMatchObject({ container_path: "/release/order.d" });
        return env.find((one: string) => one.startsWith("RELEASE_ORDER="));
      });
    expect(new Set(orderOf("proxy"))).toStrictEqual(new Set(["RELEASE_ORDER=sip-proxy nginx asterisk"]));
    expect(new Set(orderOf("static"))).toStrictEqual(new Set(["RELEASE_ORDER=asterisk nginx sip-proxy"]));
  });

  it("has no dependency between those releases, which would be a cycle when the order turns round", () => {
    const { json } = synth("local");
    const releases = Object.entries<Json>(json.resource.docker_container).filter(([, { name }]) =>
      /-(asterisk|nginx|sip-proxy)-release$/.test(name),
    );
    const images = new Set(releases.map(([, { image }]) => /docker_image\.([^.}]+)/.exec(image)?.[1]));
    for (const [, { depends_on }] of releases)
      expect(new Set(depends_on)).toStrictEqual(new Set([...images].map((image) => `docker_image.${image}`)));
  });

  it("sends /ws to the edge of the mode", () => {
    expect(files(synth("local").json, "local-nginx-release")["nginx.conf"]).toContain(
      "server 127.0.0.1:8088;",
    );
    expect(files(synth("local", "proxy").json, "local-nginx-release")["nginx.conf"]).toContain(
      "server 127.0.0.1:8080;",
    );
  });

  it("has one registration per DN in static mode and none in proxy mode", () => {
    const registrations = (mode: "static" | "proxy") =>
      Object.entries(files(synth("local", mode).json, "local-asterisk-release"))
        .filter(([name]) => name.startsWith("pjsip"))
        .flatMap(([, text]) => text.match(/^type *= *registration$/gm) ?? []).length;
    expect([registrations("static"), registrations("proxy")]).toStrictEqual([2, 0]);
  });

  it.each(["local", "production"])("of %s has no absolute path of this machine in it", (name) => {
    expect(synth(name).text).not.toContain(root);
  });

  it.each(["local", "production"])("of %s keeps every container unprivileged", (name) => {
    for (const one of containers(synth(name, "proxy").json)) {
      expect(one).toMatchObject({
        security_opts: ["no-new-privileges:true"],
        capabilities: { drop: ["ALL"] },
      });
      expect(one.privileged).toBeUndefined();
      const isRoot = /-(release|nginx-certificate)$/.test(one.name);
      if (isRoot) expect(one.network_mode).toBe("none");
      else expect(one.user).toMatch(/^100\d\d$/);
      if (!one.name.endsWith("-release")) expect(one.read_only).toBe(true);
    }
  });

  it("gives who looks after the certificate a release's rights, the certificate and its key, and no more", () => {
    const [, watcher] = containers(synth("production").json)
      .filter(({ name }) => name.startsWith("production-nginx") && !name.endsWith("-release"))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    expect(watcher).toMatchObject({
      name: "production-nginx-certificate",
      capabilities: { add: ["CAP_CHOWN", "CAP_DAC_READ_SEARCH", "CAP_SETGID", "CAP_SETUID"] },
      mounts: [{ source: "/etc/webrtc-genesys/secrets/tls", target: "/run/secrets/tls", read_only: true }],
    });
    const written = watcher.volumes.filter((volume: Json) => !volume.read_only);
    expect(written.map((volume: Json) => volume.container_path)).toStrictEqual(["/config", "/run/control"]);
  });

  it.each(["local", "production"])(
    "of %s mounts just the secrets that `bin/up` makes or the README names",
    (name) => {
      const mounted = containers(synth(name, "proxy").json)
        .flatMap((one) => one.mounts ?? [])
        .map((mount: Json) => mount.target.replace("/run/secrets/", ""));
      const required = requiredSecrets(environment(name)).map((secret) => secret.replace(/^dn\/.*/, "dn"));
      // Whose files the release is given one by one.
      const directories = ["tls"];
      expect([...new Set(mounted)].sort()).toStrictEqual([...new Set([...required, ...directories])].sort());
    },
  );

  it("pulls images by name where the environment says so", () => {
    const images: Json[] = Object.values(synth("production").json.resource.docker_image);
    expect(images.map((image) => image.name)).toContain("registry.example.com/webrtc-genesys/asterisk:0.1.0");
    expect(images.filter((image) => image.build)).toStrictEqual([]);
  });
});
