import { configSchema } from "../../../assets/genesys-simulator/src/config";
import { Simulator } from "../../../assets/genesys-simulator/src/simulator";
import { AmiClient } from "../../../lib/ami";
import { Phone } from "../../../lib/phone";
import { docker, eventually, healthy, logs } from "./docker";
import { addresses, passwords, ports, props, Stand } from "./stand";

const stand = new Stand("asterisk-test-run");
const url = `ws://${addresses.internal}:${ports.http}/ws`;
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const open: { close(): Promise<void> }[] = [];
let genesys: Simulator;

async function phone(dn: string, password = passwords[`dn/${dn}`] ?? ""): Promise<Phone> {
  const connected = await Phone.connect({ url, dn, password, deadlineMs: 5000, localAddress: "127.0.0.1" });
  open.push(connected);
  return connected;
}

/** DNs that Genesys has a binding for, with the Contact. */
const bindings = () =>
  Object.fromEntries(genesys.registrations().map(({ binding }) => [binding.dn, binding.contact.toString()]));

const registrationsAre = (...dns: string[]) =>
  eventually(`registrations ${dns.join(", ")} at Genesys`, () =>
    Object.keys(bindings()).sort().join() === dns.join() ? true : undefined,
  );

/** Lines of Asterisk's log that an operator would have to look into. */
const complaints = () =>
  logs(stand.asterisk)
    .split("\n")
    .filter((line) => /^\[[^\]]+\] (WARNING|ERROR)/.test(line));

beforeAll(async () => {
  await stand.prepare("postgres", "database", "asterisk");
  genesys = await Simulator.start(
    configSchema.parse({
      release: "test",
      servers: [
        { name: "primary", address: addresses.primary, port: ports.sip },
        { name: "backup", address: addresses.backup, port: ports.sip },
      ],
      api: { address: addresses.primary, port: 0 },
      settings: { dns: [{ from: "1000", to: "5020" }], talk: { mode: "off" } },
    }),
    { log: quiet },
  );
  await stand.startPostgres();
  const { status, output } = await stand.releaseDatabase();
  if (status !== 0) throw new Error(output);
}, 300_000);

afterAll(async () => {
  await genesys?.stop();
  await stand.remove();
}, 60_000);

afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

describe("a start", () => {
  it("takes a release that was checked before anything ran", async () => {
    const { status, output } = await stand.releaseAsterisk();
    expect(output).toContain("is in force; the service is not running and starts with it");
    expect(status).toBe(0);
    await stand.startAsterisk();
  }, 60_000);

  it("logs no warning and no error", () => {
    expect(logs(stand.asterisk)).toContain("Asterisk Ready.");
    expect(complaints()).toStrictEqual([]);
  });

  it("has the phones of the database and the trunk of its file", async () => {
    const endpoints = await stand.cli("pjsip show endpoints");
    const names = [...endpoints.matchAll(/^ Endpoint: {2}([^\s/<]+)/gm)].map((match) => match[1]);
    expect(names.sort()).toStrictEqual(["1002", "1003", "9999", "genesys_sip_server"]);
  });

  it("registers each DN at the first Genesys server", async () => {
    await registrationsAre("1002", "1003");
    expect(genesys.registrations().map(({ binding }) => binding.server)).toStrictEqual([
      "primary",
      "primary",
    ]);
    expect(bindings()["1002"]).toMatch(new RegExp(`^sip:1002@${addresses.trunk}:${ports.sip};line=[a-z]+$`));
    expect(await stand.cli("pjsip show registrations")).toMatch(/genesys-1002\/.* Registered/);
  });
});

describe("a release for another host", () => {
  const elsewhere = new Stand("asterisk-test-site");
  beforeAll(() => elsewhere.prepare("asterisk"), 300_000);
  afterAll(() => elsewhere.remove(), 60_000);

  it("is checked with addresses that this machine doesn't have and names that can't be resolved", async () => {
    const { status, output } = await elsewhere.releaseAsterisk({
      host: { address: "192.0.2.54", publicAddress: "198.51.100.1", localNetworks: ["192.0.2.0/24"] },
      asterisk: { ...props.asterisk, sipAddress: "192.0.2.54" },
      genesys: {
        ...props.genesys,
        servers: [
          { host: "192.0.2.81", port: 5060, transport: "tcp" },
          { host: "genesys.example.invalid", port: 5060, transport: "udp" },
        ],
      },
      codecs: ["opus", "g722", "alaw"],
    });
    expect(output).toContain("is in force; the service is not running and starts with it");
    expect(status).toBe(0);
  }, 60_000);
});

describe("phones", () => {
  it("register over the WebSocket with the digest in the database, and leave with their connection", async () => {
    const alice = await phone("1002");
    expect((await alice.register({ expires: 300 })).expires).toBeGreaterThan(290);
    expect(await stand.sql("SELECT endpoint, reg_server, prune_on_boot FROM ps_contacts")).toBe(
      "1002|webrtc-genesys|yes",
    );
    await alice.close();
    await eventually("the contact to be gone", async () =>
      (await stand.sql("SELECT count(*) FROM ps_contacts")) === "0" ? true : undefined,
    );
  });

  it("don't register with another password, or as the trunk", async () => {
    const stranger = await phone("1002", "guessed");
    await expect(stranger.register()).rejects.toMatchObject({ code: "refused", status: 401 });
    const pretender = await phone("genesys_sip_server", "");
    await expect(pretender.register()).rejects.toMatchObject({ code: "refused" });
    expect(await stand.sql("SELECT count(*) FROM ps_contacts")).toBe("0");
  });

  it("are not taken for Genesys because of where they come from: an INVITE without credentials is challenged", async () => {
    for (const dn of ["genesys_sip_server", "1003", "anybody"]) {
      const stranger = await phone(dn, "guessed");
      const call = await stranger.invite("1002");
      expect([dn, (await call.final()).status]).toStrictEqual([dn, 401]);
    }
  });
});

describe("calls", () => {
  it("between two phones pass through Genesys, which gives them their X-Genesys-CallUUID", async () => {
    const [alice, bob] = [await phone("1002"), await phone("1003")];
    await Promise.all([alice.register(), bob.register()]);
    const call = await alice.invite("1003");
    const incoming = await bob.incomingCall();
    expect(incoming.request.get("From")).toMatch(/^"Agent 1002" <sip:1002@/);
    const uuid = incoming.request.get("X-Genesys-CallUUID") ?? "";
    expect(uuid).toMatch(/^[A-Z0-9]{32}$/);
    expect(genesys.messages.find({ method: "INVITE", limit: 10 }).some(({ raw }) => raw.includes(uuid))).toBe(
      true,
    );
    expect((await call.ringing()).status).toBe(180);
    await incoming.answer();
    const answer = (await call.answered()).body.toString();
    expect(answer).toMatch(/a=fingerprint:SHA-256/i);
    expect(answer).not.toMatch(/ CN\//);
    expect((await call.bye()).status).toBe(200);
    expect(await incoming.ended()).toBe("remote");
  });

  it("to nobody get the cause that fits: 480 not registered here, 404 unknown to Genesys, 404 no DN", async () => {
    const alice = await phone("1002");
    await alice.register();
    for (const [dn, status] of [
      ["1003", 480],
      ["2000", 404],
      ["99", 404],
      ["777777", 404],
    ] as const) {
      const call = await alice.invite(dn);
      expect([dn, (await call.final()).status]).toStrictEqual([dn, status]);
    }
    expect(logs(stand.asterisk)).toContain("1003 is not registered: call from Genesys refused");
    expect(logs(stand.asterisk)).toContain("to extension '777777' rejected because extension not found");
  });

  it("pass a phone's refusal on to the caller", async () => {
    const [alice, bob] = [await phone("1002"), await phone("1003")];
    await Promise.all([alice.register(), bob.register()]);
    const call = await alice.invite("1003");
    (await bob.incomingCall()).reject(486);
    expect((await call.final()).status).toBe(486);
  });
});

describe("AMI", () => {
  const client = (username: "monitor" | "proxy") => {
    const options = {
      host: addresses.internal,
      port: ports.ami,
      username,
      secret: passwords[`ami-${username}`] ?? "",
    };
    const ami = new AmiClient(options);
    open.push({ close: () => ami.stop() });
    return new Promise<AmiClient>((resolve, reject) => {
      ami.once("ready", () => resolve(ami));
      ami.once("waiting", reject);
      ami.start();
    });
  };

  it("lets monitor see events and do nothing", async () => {
    const monitor = await client("monitor");
    const seen = new Promise((resolve) => monitor.once("contactStatus", resolve));
    for (const action of [
      "PJSIPShowContacts",
      "PJSIPUnregister",
      "PJSIPNotify",
      "Originate",
      "Command",
      "Reload",
    ]) {
      await expect(monitor.action(action, {})).rejects.toThrow("Permission denied");
    }
    await (await phone("1003")).register();
    expect(await seen).toMatchObject({ aor: "1003", endpoint: "1003" });
  });

  it("lets proxy list contacts and send NOTIFY, and not originate", async () => {
    const proxy = await client("proxy");
    const bob = await phone("1003");
    await bob.register();
    expect(await proxy.listContacts()).toMatchObject([{ aor: "1003", endpoint: "1003" }]);
    await proxy.action("PJSIPNotify", {
      Endpoint: "1003",
      Variable: ["Event=talk", "X-Genesys-CallUUID=0123"],
    });
    const { request, inDialog } = await bob.notification("talk");
    expect([request.get("X-Genesys-CallUUID"), inDialog]).toStrictEqual(["0123", false]);
    for (const action of ["Originate", "Command", "Redirect", "Setvar", "UpdateConfig"]) {
      await expect(proxy.action(action, {})).rejects.toThrow("Permission denied");
    }
  });
});

describe("HTTP", () => {
  const get = (path: string, user: string, password: string) =>
    fetch(`http://${addresses.internal}:${ports.http}${path}`, {
      headers: { Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` },
      signal: AbortSignal.timeout(5000),
    });

  it("answers ARI and metrics to those who know the password", async () => {
    expect(await (await get("/ari/asterisk/ping", "webrtc", passwords.ari ?? "")).json()).toMatchObject({
      ping: "pong",
    });
    const metrics = await (await get("/metrics", "monitor", passwords["ami-monitor"] ?? "")).text();
    expect(metrics).toMatch(/asterisk_endpoints_state\{[^}]*resource="1002"\} 1/);
    expect(metrics).toMatch(/asterisk_pjsip_outbound_registration_status\{[^}]*username="sip:1002@[^}]*\} 1/);
    for (const path of ["/ari/asterisk/ping", "/metrics"])
      expect((await get(path, "monitor", "guessed")).status).toBe(401);
  });
});

describe("a release to a running Asterisk", () => {
  it("of proxy mode un-registers at Genesys, and one of static mode registers again", async () => {
    const toProxy = await stand.releaseAsterisk({ forwardingMode: "proxy" });
    expect(toProxy.output).toContain("loaded: 0 registrations at Genesys");
    await registrationsAre();
    expect(await stand.cli("pjsip show registrations")).toContain("No objects found");

    const toStatic = await stand.releaseAsterisk();
    expect(toStatic.output).toContain("loaded: 2 registrations at Genesys");
    await registrationsAre("1002", "1003");
  }, 60_000);

  it("leaves calls alone", async () => {
    const [alice, bob] = [await phone("1002"), await phone("1003")];
    await Promise.all([alice.register(), bob.register()]);
    const call = await alice.invite("1003");
    await (await bob.incomingCall()).answer();
    await call.answered();
    const { output } = await stand.releaseAsterisk({ rtp: { from: 26000, to: 26200 } });
    expect(output).toContain("is in force and loaded");
    expect(await stand.cli("core show channels count")).toContain("4 active channels");
    expect((await call.bye()).status).toBe(200);
  }, 60_000);

  const broken: [what: string, file: string, from: string | RegExp, to: string, reason: string][] = [
    ["an unknown option", "pjsip.conf", "direct_media", "direct_meda", "named 'direct_meda'"],
    [
      "a registration with expiration 0",
      "pjsip.conf",
      /expiration = 600/g,
      "expiration = 0",
      "Could not create an object of type 'registration' with id 'genesys-1002'",
    ],
    ["a section that is not closed", "extensions.conf", "[to-phone]", "[to-phone", "no closing ']'"],
    [
      "an application that isn't there",
      "extensions.conf",
      "Dial(",
      "Dail(",
      "extensions.conf calls Dail(), which no loaded module has",
    ],
    ["a module that isn't there", "modules.conf", "app_dial.so", "app_dail.so", "app_dail.so"],
    [
      "an HTTP server that doesn't listen",
      "http.conf",
      "enabled = yes",
      "enabled = no",
      "http.conf: no 'Server Enabled and Bound to'",
    ],
    [
      "a secret that is missing",
      "ari.conf",
      "@{secret:ari}",
      "@{secret:nobody}",
      "secret file 'nobody' is missing",
    ],
  ];
  it.each(broken)(
    "refuses %s, and changes nothing",
    async (_what, file, from, to, reason) => {
      const before = await stand.cli("dialplan show globals");
      const { status, output } = await stand.releaseAsterisk({}, (files) => ({
        ...files,
        [file]: (files[file] ?? "").replace(from, to),
      }));
      expect(output).toContain(reason);
      expect(status).toBe(1);
      expect(await stand.cli("dialplan show globals")).toBe(before);
    },
    60_000,
  );

  it("prints no secret when it refuses", async () => {
    const { output } = await stand.releaseAsterisk({}, (files) => ({
      ...files,
      "manager.conf": (files["manager.conf"] ?? "").replaceAll("secret = ", "secret "),
    }));
    for (const password of Object.values(passwords)) expect(output).not.toContain(password);
  }, 60_000);
});

describe("a restart of Postgres", () => {
  it("is survived: phones register again as soon as it is back", async () => {
    await docker("restart", "--time", "20", stand.postgres);
    const alice = await phone("1002");
    await eventually("1002 to register", () =>
      alice.register().then(
        () => true,
        () => undefined,
      ),
    );
    expect(await stand.sql("SELECT endpoint FROM ps_contacts")).toBe("1002");
  }, 60_000);
});

describe("a stop", () => {
  it("un-registers at Genesys first, and ends well", async () => {
    await registrationsAre("1002", "1003");
    const before = Date.now();
    await docker("stop", "--time", "15", stand.asterisk);
    expect(Date.now() - before).toBeLessThan(8000);
    await registrationsAre();
    expect(await docker("inspect", "--format", "{{.State.ExitCode}}", stand.asterisk)).toBe("0");
  }, 60_000);

  it("doesn't wait for a Genesys that is down", async () => {
    await docker("start", stand.asterisk);
    await healthy(stand.asterisk);
    await registrationsAre("1002", "1003");
    await genesys.stop();
    const before = Date.now();
    await docker("stop", "--time", "15", stand.asterisk);
    expect(Date.now() - before).toBeLessThan(8000);
    expect(await docker("inspect", "--format", "{{.State.ExitCode}}", stand.asterisk)).toBe("0");
  }, 60_000);
});
