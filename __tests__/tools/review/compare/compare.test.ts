import type { Change } from "../../../../tools/review/compare/change";
import { compare } from "../../../../tools/review/compare/compare";
import { consequencesOfPlan } from "../../../../tools/review/compare/service-consequences";
import type { Deployment } from "../../../../tools/review/model/deployment";
import { deployment, site } from "../support/deployments";

/** What becomes of the example when its file has `more`. */
function change(more: Record<string, unknown>, before: Record<string, unknown> = {}): Change {
  return compare([deployment(site(before))], [deployment(site({ ...before, ...more }))])[0] as Change;
}

/** `severity subject: text`, without what only a reload does. */
const told = ({ consequences }: Change) =>
  consequences
    .filter(({ severity }) => severity !== "low")
    .map(({ severity, subject }) => `${severity} ${subject}`);

/** A deployment with one file of one service changed. */
function withFile(
  base: Deployment,
  service: string,
  path: string,
  edit: (text: string) => string,
): Deployment {
  const one = base.services[service];
  if (!one) throw new Error(`no service ${service}`);
  const files = { ...one.files, [path]: edit(one.files[path] ?? "") };
  return { ...base, services: { ...base.services, [service]: { ...one, files } } };
}

describe("a change that is none", () => {
  it("is unchanged, with nothing to tell", () => {
    const one = change({});
    expect(one.kind).toBe("unchanged");
    expect([one.sentences, one.consequences, one.files]).toStrictEqual([[], [], []]);
  });
});

describe("a switch of mode", () => {
  it("is told in one sentence", () => {
    expect(change({ forwardingMode: "proxy" }).sentences[0]).toBe(
      "forwardingMode static → proxy: nginx /ws goes to sip-proxy 127.0.0.1:8080; registrations for 1002, 1003 leave pjsip.conf; any DN in 1000-5020 can register.",
    );
    expect(change({ forwardingMode: "static" }, { forwardingMode: "proxy" }).sentences[0]).toBe(
      "forwardingMode proxy → static: nginx /ws goes to asterisk 127.0.0.1:8088; registrations for 1002, 1003 enter pjsip.conf; Genesys sees these DNs as registered whether their phones are there or not, and no others.",
    );
  });

  it("drops no call and replaces no long-running container", () => {
    const one = change({ forwardingMode: "proxy" });
    expect(one.consequences.filter(({ callsDropped }) => callsDropped)).toStrictEqual([]);
    expect(one.containers.filter(({ longRunning }) => longRunning)).toStrictEqual([]);
    expect(told(one)).toStrictEqual(["medium forwardingMode"]);
  });

  it("opens the edge on loopback", () => {
    const one = change({ forwardingMode: "proxy" });
    expect(one.opened).toMatchObject([
      { name: "the WebSocket edge of sip-proxy", address: "127.0.0.1", port: "8080" },
    ]);
    expect(one.closed).toStrictEqual([]);
  });
});

describe("DNs", () => {
  const one = () => change({ dns: [{ number: 1002, displayName: "Anna" }, 1004] });

  it("are added, removed and renamed", () => {
    expect(one().dns).toStrictEqual({ added: ["1004"], removed: ["1003"], renamed: ["1002"] });
    expect(one().sentences).toStrictEqual([
      "registrations for 1003 leave pjsip.conf",
      "registrations for 1004 enter pjsip.conf",
    ]);
  });

  it("need their secret files before the deploy, and may be in use when they go", () => {
    expect(one().secrets).toStrictEqual({ needed: ["dn/1004"], unused: ["dn/1003"] });
    expect(told(one())).toStrictEqual(["medium DN 1003", "medium secret dn/ 1004"]);
  });
});

describe("who may", () => {
  const ranges = { allowedDns: ["1000-1999", "7000-7099"] };

  it("register is told in proxy mode", () => {
    const one = change(ranges, { forwardingMode: "proxy" });
    expect(one.sentences).toStrictEqual([
      "allowedDns: DNs in 7000-7099 can register at Genesys from now on",
      "allowedDns: DNs in 2000-5020 can no longer register at Genesys",
    ]);
    expect(told(one)).toStrictEqual(["medium allowedDns", "medium allowedDns"]);
  });

  it("be called is told in static mode, where the listed DNs stay", () => {
    expect(change(ranges, { dns: [1002, 2000] }).sentences).toStrictEqual([
      "allowedDns: DNs in 7000-7099 can be called from now on",
      "allowedDns: DNs in 2001-5020 can no longer be called",
    ]);
  });

  it("open /ws is told of pages", () => {
    const one = change({ nginx: { allowedOrigins: ["https://a.example"] } }, { forwardingMode: "proxy" });
    expect(one.sentences).toContain("pages of https://a.example may open /ws");
    expect(told(one)).toContain("medium nginx.allowedOrigins");
  });
});

describe("ports", () => {
  it("beyond loopback are high, and without TLS break a rule", () => {
    const one = change({ monitor: { address: "0.0.0.0" } });
    expect(one.opened).toMatchObject([{ address: "0.0.0.0", port: "8091" }]);
    expect(one.closed).toMatchObject([{ address: "127.0.0.1", port: "8091" }]);
    expect(told(one)).toStrictEqual(["high TCP 0.0.0.0:8091", "high policy no public listener without TLS"]);
  });

  it("with TLS are medium", () => {
    expect(told(change({ nginx: { port: 9443 } }))).toStrictEqual(["medium TCP 192.0.2.10:9443"]);
  });

  it("on loopback are no consequence", () => {
    expect(told(change({ postgres: { port: 5433 } })).filter((line) => line.includes("5433"))).toStrictEqual(
      [],
    );
  });
});

describe("containers", () => {
  it("are replaced by another image, and Asterisk's takes the calls with it", () => {
    const one = change({
      images: { source: "registry", prefix: "registry.example.com/webrtc-genesys", tag: "0.2.0" },
    });
    const asterisk = one.consequences.find(({ subject }) => subject === "asterisk");
    expect(asterisk).toStrictEqual({
      severity: "high",
      subject: "asterisk",
      text: "container replaced (another image, 0.1.0 → 0.2.0): every call ends; phones register again",
      callsDropped: true,
    });
    expect(one.images).toHaveLength(7);
    expect(one.sentences).toContain("setting images.tag: 0.1.0 → 0.2.0");
  });

  it("are replaced by a variable", () => {
    const one = change({ postgres: { port: 5433 } });
    const postgres = one.containers.find(({ name }) => name === "site-postgres");
    expect(postgres).toMatchObject({ action: "replaced", attributes: ["env PGPORT"] });
  });

  it("are replaced for what Asterisk reads only when it starts, named by its file", () => {
    const { consequences } = change({ asterisk: { sipPort: 5062 } });
    expect(consequences.find(({ subject }) => subject === "asterisk")?.text).toBe(
      "container replaced (pjsip_transports.conf, which it reads only when it starts): every call ends; phones register again",
    );
  });

  it("are changed in place where the provider can", () => {
    const base = deployment();
    const nginx = base.services.nginx as NonNullable<Deployment["services"][string]>;
    const container = nginx.container as NonNullable<typeof nginx.container>;
    const grown = { ...container, attributes: { ...container.attributes, memory: 512, memory_swap: 512 } };
    const head = { ...base, services: { ...base.services, nginx: { ...nginx, container: grown } } };
    const [one] = compare([base], [head]);
    expect(one?.containers).toStrictEqual([
      {
        service: "nginx",
        name: "site-nginx",
        longRunning: true,
        action: "changed in place",
        attributes: ["memory", "memory_swap"],
      },
    ]);
    expect(one?.consequences).toMatchObject([{ severity: "low", subject: "nginx", callsDropped: false }]);
  });

  it("are destroyed with their data where a service goes", () => {
    const base = deployment();
    const { postgres: _, ...services } = base.services;
    const volumes = base.volumes.filter((name) => !name.startsWith("site-postgres"));
    const [one] = compare([base], [{ ...base, services, volumes }]);
    expect(one?.consequences.slice(0, 2)).toMatchObject([
      { severity: "critical", subject: "volume site-postgres-data", text: "destroyed: its data is lost" },
      { severity: "high", subject: "postgres", text: "container destroyed: the service is gone" },
    ]);
    expect(one?.consequences).toContainEqual(
      expect.objectContaining({ severity: "low", subject: "volume site-postgres-control" }),
    );
  });

  it("of a release are no consequence: a reload is", () => {
    const base = deployment();
    const head = withFile(base, "nginx", "nginx.conf", (text) => text.replace("60s", "5s"));
    const [one] = compare([base], [head]);
    expect(one?.consequences).toStrictEqual([
      {
        severity: "low",
        subject: "nginx",
        text: "new release (nginx.conf): it reloads; open connections stay as they are",
        callsDropped: false,
      },
    ]);
    expect(one?.sentences).toStrictEqual(["no setting changes: what the code renders or builds does"]);
    expect(one?.files).toMatchObject([{ service: "nginx", path: "nginx.conf" }]);
  });
});

describe("images that are built", () => {
  const image = (tag: string, context: Record<string, string>) => ({
    ...deployment(),
    images: { edge: { name: "edge", reference: `x/edge:${tag}`, base: "b", context } },
  });
  const bundle = (code: string) =>
    `// lib/a.ts\nvar a = 1;\n\n// node_modules/@x/y/index.js\n${code}\n// assets/edge/src/main.ts\nrun();\n`;

  it("name the files that differ, and what in a bundle does", () => {
    const before = image("1", { Dockerfile: "FROM x", "server.js": bundle("one") });
    const after = image("2", { Dockerfile: "FROM y", "server.js": bundle("two") });
    expect(compare([before], [after])[0]?.images).toMatchObject([
      { name: "edge", parts: ["Dockerfile", "npm package @x/y"] },
    ]);
  });

  it("say when only the way that they are built differs", () => {
    expect(compare([image("1", { f: "x" })], [image("2", { f: "x" })])[0]?.images[0]?.parts).toStrictEqual([
      "how it is built",
    ]);
  });
});

describe("an environment", () => {
  it("that moves to another Docker host or state is critical", () => {
    expect(told(change({ docker: { host: "ssh://root@192.0.2.11" } }))).toStrictEqual([
      "critical docker.host",
    ]);
    expect(told(change({ state: { backend: "pg", options: { schema_name: "x" } } }))).toStrictEqual([
      "critical state",
    ]);
    expect(told(change({ secrets: { directory: "/srv/secrets" } }))).toStrictEqual([
      "medium secrets.directory",
    ]);
  });

  it("whose DNs go to another Genesys server is high", () => {
    expect(told(change({ genesys: { servers: [{ host: "192.0.2.21" }] } }))).toStrictEqual([
      "high genesys.servers",
    ]);
  });

  it("that gets a backup server is told how that is used", () => {
    expect(
      change({ genesys: { servers: [{ host: "192.0.2.20" }, { host: "192.0.2.21" }] } }).sentences,
    ).toStrictEqual([
      "Genesys: 192.0.2.20:5060 (udp), then 192.0.2.21:5060 (udp); before: 192.0.2.20:5060 (udp)",
      "static mode registers each DN at the first server only; calls out go to the first one that answers",
    ]);
  });

  it("that the loader newly warns of is told so", () => {
    const one = change({ dns: ["1000-1059"] });
    expect(one.consequences.find(({ subject }) => subject === "dns")).toMatchObject({
      severity: "medium",
      text: expect.stringMatching(/^warning: has 60 DNs: static mode is for at most 50/),
    });
  });

  it("that is new brings its listeners and needs its secrets", () => {
    const [one] = compare([], [deployment()]);
    expect(one).toMatchObject({ kind: "added", dns: { added: ["1002", "1003"] } });
    expect(told(one as Change)).toContain("medium TCP 192.0.2.10:8443");
    expect(one?.files.map(({ before }) => before)).toStrictEqual(one?.files.map(() => undefined));
  });

  it("whose file goes runs on, unmanaged", () => {
    const [one] = compare([deployment()], []);
    expect(one?.kind).toBe("removed");
    expect(one?.consequences[0]?.text).toContain("run npm run destroy -- site before this is merged");
  });

  it("keeps being told of a rule that it has broken before, without a new consequence", () => {
    const one = change({ codecs: ["opus"] }, { monitor: { address: "0.0.0.0" } });
    expect(one.standingViolations).toHaveLength(1);
    expect(told(one)).toStrictEqual([]);
  });

  it("of an older base, which lacks a setting, can be compared", () => {
    const head = deployment();
    const { talkEvents: _, ...settings } = head.settings;
    const [one] = compare([{ ...head, settings: settings as Deployment["settings"] }], [head]);
    expect(one?.settings).toStrictEqual([{ path: "talkEvents", after: '"relay"' }]);
  });
});

describe("a plan", () => {
  const action = {
    address: "a",
    type: "docker_container",
    name: "site-asterisk",
    action: "replaced",
    because: ["its last deploy failed"],
  } as const;

  it("adds what the change does not ask for", () => {
    const found = consequencesOfPlan(change({}), [action, { ...action, name: "site-nginx-release" }]);
    expect(found).toMatchObject([{ severity: "high", subject: "asterisk", callsDropped: true }]);
    expect(
      consequencesOfPlan(change({}), [{ ...action, type: "docker_volume", name: "site-postgres-data" }]),
    ).toMatchObject([{ severity: "critical" }]);
  });

  it("does not repeat what the change asks for", () => {
    expect(consequencesOfPlan(change({ asterisk: { sipPort: 5062 } }), [action])).toStrictEqual([]);
  });
});
