import { bootFiles, renderAsteriskFiles } from "../../../constructs/asterisk/files";
import type { AsteriskFilesProps } from "../../../constructs/asterisk/props";
import { type ParsedSection, parseAsteriskConf } from "./asterisk-parser";

const props: AsteriskFilesProps = {
  forwardingMode: "static",
  host: { address: "192.168.210.54", localNetworks: ["192.168.0.0/16"] },
  genesys: {
    servers: [{ host: "192.168.210.81", port: 5060, transport: "udp" }],
    registration: { expires: 600, retryInterval: 10, forbiddenRetryInterval: 11 },
    simulator: false,
  },
  dns: [{ number: "1002" }, { number: "1003", displayName: "Alice" }],
  allowedDns: [{ from: "1000", to: "5020" }],
  probeDn: "9999",
  asterisk: {
    sipAddress: "192.168.210.54",
    sipPort: 5060,
    internalAddress: "127.0.0.1",
    httpPort: 8088,
    amiPort: 5038,
  },
  postgres: { address: "127.0.0.1", port: 5432 },
  rtp: { from: 10000, to: 20000 },
  codecs: ["ulaw", "alaw"],
};

const render = (changes: Partial<AsteriskFilesProps> = {}) => renderAsteriskFiles({ ...props, ...changes });

/** The sections of one type in pjsip.conf, by name. */
function pjsip(files: Record<string, string>, type: string): Record<string, Record<string, string>> {
  const text = (files["pjsip.conf"] ?? "").replace(
    "#include pjsip_transports.conf\n",
    files["pjsip_transports.conf"] ?? "",
  );
  const sections = parseAsteriskConf(text).map(
    ({ name, options }) => [name, Object.fromEntries(options)] as const,
  );
  return Object.fromEntries(sections.filter(([, options]) => options.type === type));
}

function section(files: Record<string, string>, file: string, name: string): ParsedSection["options"] {
  return parseAsteriskConf(files[file] ?? "").find((each) => each.name === name)?.options ?? [];
}

describe("registrations at Genesys", () => {
  it("static mode has one per DN, tried for ever, and calls to it belong to the trunk", () => {
    const registrations = pjsip(render(), "registration");
    expect(Object.keys(registrations)).toStrictEqual(["genesys-1002", "genesys-1003"]);
    expect(registrations["genesys-1002"]).toStrictEqual({
      type: "registration",
      server_uri: "sip:192.168.210.81",
      client_uri: "sip:1002@192.168.210.81",
      contact_user: "1002",
      transport: "transport-udp",
      expiration: "600",
      retry_interval: "10",
      forbidden_retry_interval: "11",
      fatal_retry_interval: "11",
      max_retries: "1000000000",
      auth_rejection_permanent: "no",
      max_random_initial_delay: "2",
      line: "yes",
      endpoint: "genesys_sip_server",
    });
  });

  it("by the relay have a plain Contact, which sip-proxy can register too: all that comes from it is Genesys'", () => {
    const relay = { address: "192.168.210.54", port: 5070, asteriskSide: "127.0.0.4" };
    const registration = pjsip(render({ relay }), "registration")["genesys-1002"];
    expect(registration).toMatchObject({ contact_user: "1002", outbound_proxy: "sip:127.0.0.4:5070;lr" });
    expect(registration).not.toHaveProperty("line");
    expect(registration).not.toHaveProperty("endpoint");
  });

  it("proxy mode has none, and differs in nothing else", () => {
    const [inStatic, inProxy] = [render(), render({ forwardingMode: "proxy" })];
    expect(pjsip(inProxy, "registration")).toStrictEqual({});
    expect({ ...inProxy, "pjsip.conf": "" }).toStrictEqual({ ...inStatic, "pjsip.conf": "" });
    expect(pjsip(inProxy, "endpoint")).toStrictEqual(pjsip(inStatic, "endpoint"));
  });

  it("switching the mode replaces no container", () => {
    expect(bootFiles(render({ forwardingMode: "proxy" }))).toStrictEqual(bootFiles(render()));
  });

  it("uses each DN as user name of the digest unless the environment names one user", () => {
    const servers = props.genesys;
    const own = render({ genesys: { ...servers, credentials: { secret: "genesys" } } });
    expect(pjsip(own, "registration")["genesys-1003"]?.outbound_auth).toBe("genesys-1003");
    expect(pjsip(own, "auth")["genesys-1003"]).toMatchObject({
      username: "1003",
      password: "@{secret:genesys}",
    });
    expect(pjsip(own, "endpoint").genesys_sip_server?.outbound_auth).toBeUndefined();

    const shared = render({ genesys: { ...servers, credentials: { username: "edge", secret: "genesys" } } });
    expect(pjsip(shared, "registration")["genesys-1003"]?.outbound_auth).toBe("genesys");
    expect(Object.keys(pjsip(shared, "auth"))).toStrictEqual(["genesys"]);
    expect(pjsip(shared, "endpoint").genesys_sip_server?.outbound_auth).toBe("genesys");
  });
});

describe("the trunk", () => {
  it("tries the servers in order and asks them only when there are several", () => {
    expect(pjsip(render(), "aor").genesys_sip_server_1).toStrictEqual({
      type: "aor",
      contact: "sip:192.168.210.81",
      qualify_frequency: "0",
    });
    const files = render({
      genesys: {
        ...props.genesys,
        servers: [
          { host: "10.0.0.1", port: 5060, transport: "tcp" },
          { host: "10.0.0.2", port: 5070, transport: "udp" },
          { host: "10.0.0.2", port: 5071, transport: "udp" },
        ],
      },
    });
    expect(pjsip(files, "endpoint").genesys_sip_server?.aors).toBe(
      "genesys_sip_server_1,genesys_sip_server_2,genesys_sip_server_3",
    );
    expect(
      Object.values(pjsip(files, "aor")).map(({ contact, qualify_frequency }) => [
        contact,
        qualify_frequency,
      ]),
    ).toStrictEqual([
      ["sip:10.0.0.1;transport=tcp", "10"],
      ["sip:10.0.0.2:5070", "10"],
      ["sip:10.0.0.2:5071", "10"],
    ]);
    expect(Object.values(pjsip(files, "identify")).map(({ match }) => match)).toStrictEqual([
      "10.0.0.1",
      "10.0.0.2",
    ]);
    expect(Object.values(pjsip(files, "registration")).map(({ server_uri }) => server_uri)).toStrictEqual([
      "sip:10.0.0.1;transport=tcp",
      "sip:10.0.0.1;transport=tcp",
    ]);
  });

  it("must not have the address that phones come from", () => {
    for (const host of ["127.0.0.1", "localhost", "127.0.0.7"]) {
      const genesys = { ...props.genesys, servers: [{ host, port: 5060, transport: "udp" as const }] };
      const asterisk = { ...props.asterisk, internalAddress: "127.0.0.7" };
      expect(() => render({ genesys, asterisk })).toThrow(
        `genesys.servers: ${host} is where the phones' WebSockets come from`,
      );
    }
  });

  it("shows the public address to whoever is not in a local network", () => {
    expect(pjsip(render(), "transport")["transport-udp"]).toStrictEqual({
      type: "transport",
      protocol: "udp",
      bind: "192.168.210.54:5060",
    });
    const files = render({ host: { ...props.host, publicAddress: "103.167.180.166" } });
    for (const name of ["transport-udp", "transport-tcp"]) {
      expect(pjsip(files, "transport")[name]).toMatchObject({
        external_signaling_address: "103.167.180.166",
        external_media_address: "103.167.180.166",
        local_net: "192.168.0.0/16",
      });
    }
    expect(section(files, "rtp.conf", "ice_host_candidates")).toStrictEqual([
      ["192.168.210.54", "103.167.180.166,include_local_address"],
    ]);
  });
});

describe("the dialplan", () => {
  const contexts = (files: Record<string, string>, name: string) =>
    section(files, "extensions.conf", name).map(([, value]) => value);

  it("sends the DNs of the environment through Genesys, and nothing else", () => {
    const files = render();
    const extensions = ["5020", "9999", "_50[0-1]X", "_[1-4]XXX"];
    for (const [name, target] of [
      ["genesys-agent", "to-genesys"],
      ["from-genesys", "to-phone"],
    ] as const) {
      expect(contexts(files, name)).toStrictEqual(
        extensions.map((each) => `${each},1,Goto(${target},\${EXTEN},1)`),
      );
    }
    expect(contexts(files, "to-genesys")).toEqual(
      expect.arrayContaining([
        "_X!,1,Set(DN=${FILTER(0-9,${EXTEN})})",
        'n,ExecIf($["${CHANNEL(endpoint)}" != "genesys_sip_server"]?Set(CALLERID(name)=Agent ${CHANNEL(endpoint)}))',
        "n,Dial(PJSIP/${DN}@genesys_sip_server,300)",
      ]),
    );
  });

  it("covers DNs outside of the allowed ranges", () => {
    const files = render({ allowedDns: [], dns: [{ number: "007" }] });
    expect(contexts(files, "genesys-agent")).toStrictEqual([
      "007,1,Goto(to-genesys,${EXTEN},1)",
      "9999,1,Goto(to-genesys,${EXTEN},1)",
    ]);
  });

  it("takes nothing into an expression that was not filtered", () => {
    const text = render()["extensions.conf"] ?? "";
    for (const [read] of text.matchAll(/\$\{PJSIP_HEADER\([^)]*\)\}/g)) {
      expect(text).toContain(`\${FILTER(A-Za-z0-9-,${read})}`);
    }
    expect(text.match(/PJSIP_HEADER\(read/g)).toHaveLength(1);
  });
});

describe("secrets and rights", () => {
  it("come as placeholders only, each where it belongs", () => {
    const files = render();
    const found = Object.entries(files).flatMap(([name, text]) =>
      [...text.matchAll(/@\{secret:([^}]+)\}/g)].map((match) => `${name} ${match[1]}`),
    );
    expect(found.sort()).toStrictEqual([
      "ari.conf ari",
      "manager.conf ami-monitor",
      "manager.conf ami-proxy",
      "prometheus.conf ami-monitor",
      "res_odbc.conf postgres-asterisk",
    ]);
  });

  it("monitor has no class to act with, and proxy has one", () => {
    const files = render();
    expect(section(files, "manager.conf", "monitor")).toContainEqual(["write", ""]);
    expect(section(files, "manager.conf", "proxy")).toContainEqual(["write", "system"]);
    expect(parseAsteriskConf(files["manager.conf"] ?? "").map(({ name }) => name)).toStrictEqual([
      "general",
      "monitor",
      "proxy",
    ]);
  });

  it("binds HTTP and AMI to the internal address", () => {
    const files = render({
      asterisk: { ...props.asterisk, internalAddress: "127.0.0.7" },
      httpSessionLimit: 77,
    });
    expect(section(files, "http.conf", "general")).toEqual(
      expect.arrayContaining([
        ["bindaddr", "127.0.0.7"],
        ["bindport", "8088"],
        ["sessionlimit", "77"],
      ]),
    );
    expect(section(files, "manager.conf", "general")).toEqual(
      expect.arrayContaining([
        ["bindaddr", "127.0.0.7"],
        ["webenabled", "no"],
      ]),
    );
  });
});

describe("files", () => {
  it("can all be read by Asterisk's parser, apart from one include", () => {
    for (const [name, text] of Object.entries(render())) {
      expect({
        name,
        sections: parseAsteriskConf(text.replace(/^#include pjsip_transports\.conf$/m, "")),
      }).toBeTruthy();
      expect(text.endsWith("\n")).toBe(true);
    }
  });

  it("of a start change with what only a start reads", () => {
    const before = bootFiles(render());
    const changes: Partial<AsteriskFilesProps>[] = [
      { postgres: { address: "127.0.0.1", port: 5433 } },
      { asterisk: { ...props.asterisk, sipPort: 5070 } },
      { host: { ...props.host, publicAddress: "103.167.180.166" } },
    ];
    for (const change of changes) expect(bootFiles(render(change))).not.toStrictEqual(before);
    const reloaded: Partial<AsteriskFilesProps>[] = [
      { dns: [{ number: "1004" }] },
      { rtp: { from: 30000, to: 30100 } },
      { allowedDns: [{ from: "2000", to: "2999" }] },
    ];
    for (const change of reloaded) expect(bootFiles(render(change))).toStrictEqual(before);
    expect(Object.values(before).every((text) => text !== "")).toBe(true);
  });

  it("of 1,000 DNs take less than a moment", () => {
    const dns = Array.from({ length: 1000 }, (_, index) => ({ number: String(1000 + index) }));
    expect(Object.keys(pjsip(render({ dns }), "registration"))).toHaveLength(1000);
  });
});

describe("behind the relay", () => {
  const relay = { address: "192.168.210.54", port: 5070, asteriskSide: "127.0.0.4" };
  const files = render({
    relay,
    host: { ...props.host, publicAddress: "203.0.113.1" },
    asterisk: { ...props.asterisk, sipAddress: "127.0.0.1" },
    genesys: { ...props.genesys, servers: [{ host: "192.168.210.81", port: 5060, transport: "tcp" }] },
  });
  const outbound = { outbound_proxy: "sip:127.0.0.4:5070;lr" };

  it("the trunk listens on loopback, and knows Genesys by the relay only", () => {
    for (const transport of ["transport-udp", "transport-tcp"]) {
      const { bind, external_signaling_address } = pjsip(files, "transport")[transport] ?? {};
      expect([bind, external_signaling_address]).toStrictEqual(["127.0.0.1:5060", undefined]);
    }
    expect(Object.values(pjsip(files, "identify")).map(({ match }) => match)).toStrictEqual(["127.0.0.4"]);
  });

  it("everything that goes to Genesys goes through the relay, by UDP whatever Genesys speaks", () => {
    expect(pjsip(files, "registration")["genesys-1002"]).toMatchObject({
      ...outbound,
      transport: "transport-udp",
    });
    expect(pjsip(files, "endpoint").genesys_sip_server).toMatchObject({
      ...outbound,
      transport: "transport-udp",
    });
    expect(pjsip(files, "aor").genesys_sip_server_1).toMatchObject({
      ...outbound,
      contact: "sip:192.168.210.81;transport=tcp",
    });
  });

  it("media does not follow the trunk to loopback", () => {
    expect(pjsip(files, "endpoint").genesys_sip_server).toMatchObject({
      from_domain: "192.168.210.54",
      media_address: "192.168.210.54",
      bind_rtp_to_media_address: "yes",
    });
  });

  it("a relay at the address of the phones' WebSockets is refused", () => {
    expect(() => render({ relay: { ...relay, asteriskSide: "127.0.0.1" } })).toThrow(
      "relay.asteriskSide: 127.0.0.1 is where the phones' WebSockets come from",
    );
  });
});
