import { Testing } from "cdktf";
import type { CallControl, CallControlTrunk, Environment } from "../../../config";
import { bootFiles, renderAsteriskFiles } from "../../../constructs/asterisk/files";
import type { AsteriskFilesProps } from "../../../constructs/asterisk/props";
import { hashFiles } from "../../../constructs/service/release";
import { type ParsedSection, parseAsteriskConf } from "./asterisk-parser";

const provider: CallControlTrunk = {
  name: "provider",
  host: "sip.provider.example",
  port: 5060,
  transport: "udp",
  register: false,
  inboundFrom: ["203.0.113.0/28", "198.51.100.9"],
  prefixes: [],
};

const callControl: CallControl = {
  address: "127.0.0.1",
  port: 8083,
  internalCalls: "genesys",
  allowedPrefixes: ["+31"],
  dialing: { international: "00", national: "0", country: "31" },
  callsPerMinute: 30,
  sipPort: 5080,
  trunks: [provider],
  dids: [
    { number: "+31201234567", to: { dn: "1002" } },
    { number: "+442071234567", to: { queue: "support" } },
  ],
  queues: [
    { name: "support", members: ["1002", "1003"], strategy: "ring-all", ringSeconds: 20, waitSeconds: 120 },
  ],
  recording: { retentionDays: 30, announcement: "none" },
  retention: { callLogDays: 365, auditDays: 730 },
  webhooks: [],
};

const props: AsteriskFilesProps = {
  forwardingMode: "proxy",
  host: { address: "192.168.210.54", localNetworks: ["192.168.0.0/16"] },
  genesys: {
    servers: [{ host: "192.168.210.81", port: 5060, transport: "udp" }],
    registration: { expires: 600, retryInterval: 10, forbiddenRetryInterval: 11 },
    simulator: false,
  },
  dns: [{ number: "1002" }, { number: "1003" }],
  allowedDns: [],
  probeDn: "9999",
  asterisk: {
    sipAddress: "127.0.0.1",
    sipPort: 5060,
    internalAddress: "127.0.0.1",
    httpPort: 8088,
    amiPort: 5038,
  },
  relay: { address: "192.168.210.54", port: 5070, asteriskSide: "127.0.0.4" },
  postgres: { address: "127.0.0.1", port: 5432 },
  rtp: { from: 10000, to: 20000 },
  codecs: ["ulaw", "alaw"],
};

const render = (changes: Partial<CallControl> = {}, others: Partial<AsteriskFilesProps> = {}) =>
  renderAsteriskFiles({ ...props, callControl: { ...callControl, ...changes }, ...others });
const withTrunk = (changes: Partial<CallControlTrunk>) => render({ trunks: [{ ...provider, ...changes }] });

/** The sections of one type in pjsip.conf, by name; an option that is repeated has the last value. */
function pjsip(files: Record<string, string>, type: string): Record<string, Record<string, string>> {
  const text = `${files["pjsip.conf"]}${files["pjsip_transports.conf"]}`.replace(/^#include.*$/m, "");
  const sections = parseAsteriskConf(text).map(
    ({ name, options }) => [name, Object.fromEntries(options)] as const,
  );
  return Object.fromEntries(sections.filter(([, options]) => options.type === type));
}

function options(files: Record<string, string>, file: string, name: string): ParsedSection["options"] {
  return parseAsteriskConf(files[file] ?? "").find((each) => each.name === name)?.options ?? [];
}

const lines = (files: Record<string, string>, context: string) =>
  options(files, "extensions.conf", context).map(([, value]) => value);

describe("without call-control", () => {
  it("files are what they were before there was any", () => {
    // Of the files at the commit before call-control. A change on purpose makes it another one.
    expect(hashFiles(renderAsteriskFiles(props))).toBe("256a4a00ef86");
  });
});

describe("the container", () => {
  it.each([
    ["with call-control has a volume for recordings", callControl, ["/var/spool/asterisk"]],
    ["without has none", undefined, []],
  ])("%s", async (_what, settings, places) => {
    const { Asterisk } = await import("../../../constructs/asterisk/asterisk");
    const { ReleaseOrder } = await import("../../../constructs/service/release-order");
    const { Secrets } = await import("../../../constructs/service/secrets");
    const images = { source: "registry", prefix: "registry.example.com/x", tag: "1" } as const;
    const json = JSON.parse(
      Testing.synthScope((scope) => {
        new Asterisk(scope, "asterisk", {
          environment: { ...props, callControl: settings, name: "site", images } as unknown as Environment,
          secrets: new Secrets("/secrets"),
          order: new ReleaseOrder(scope, "order", "site", "proxy", ["asterisk"]),
          dependsOn: [],
        });
      }),
    );
    // biome-ignore lint/suspicious/noExplicitAny: synthesized JSON has no type
    const containers: any[] = Object.values(json.resource.docker_container);
    const { volumes } = containers.find(({ name }) => name === "site-asterisk");
    const mounted = volumes.map(({ container_path }: { container_path: string }) => container_path);
    expect(mounted).toStrictEqual(["/config", "/run/control", ...places]);
  });
});

describe("switching it on", () => {
  it("replaces Asterisk, and so does the first trunk; numbers, queues and other trunks don't", () => {
    const before = bootFiles(render());
    expect(before).not.toStrictEqual(bootFiles(renderAsteriskFiles(props)));
    expect(before).not.toStrictEqual(bootFiles(render({ trunks: [] })));
    const second = { ...provider, name: "second", transport: "tcp" as const, inboundFrom: ["192.0.2.1"] };
    for (const change of [
      { dids: [] },
      { queues: [], dids: [] },
      { allowedPrefixes: [] },
      { trunks: [provider, second] },
    ]) {
      expect(bootFiles(render(change))).toStrictEqual(before);
    }
  });

  it("keeps recordings in a volume, and has music for who waits", () => {
    const files = render();
    expect(options(files, "asterisk.conf", "directories")).toContainEqual([
      "astspooldir",
      "/var/spool/asterisk",
    ]);
    const required = options(files, "modules.conf", "modules").map(([, value]) => value);
    for (const module of [
      "chan_bridge_media.so",
      "res_musiconhold.so",
      "func_timeout.so",
      "res_pjsip_acl.so",
    ]) {
      expect(required).toContain(module);
    }
    expect(options(files, "musiconhold.conf", "default")).toContainEqual(["mode", "files"]);
  });
});

describe("a trunk", () => {
  it("has one endpoint, in a context of its own, that nobody can transfer calls from", () => {
    const files = render();
    expect(pjsip(files, "endpoint")["trunk-provider"]).toMatchObject({
      context: "from-trunk-provider",
      transport: "transport-external-udp",
      identify_by: "ip",
      allow_transfer: "no",
      media_address: "192.168.210.54",
    });
    expect(pjsip(files, "aor")["trunk-provider"]?.contact).toBe("sip:sip.provider.example");
    expect(pjsip(files, "registration")).toStrictEqual({});
    expect(pjsip(files, "auth")).toStrictEqual({});
  });

  it("answers challenges and registers for ever, where the environment says so", () => {
    const files = withTrunk({
      port: 5071,
      transport: "tcp",
      register: true,
      credentials: { username: "user@provider", secret: "trunk-provider" },
    });
    expect(pjsip(files, "auth")["trunk-provider"]).toMatchObject({
      username: "user@provider",
      password: "@{secret:trunk-provider}",
    });
    expect(pjsip(files, "endpoint")["trunk-provider"]).toMatchObject({
      outbound_auth: "trunk-provider",
      from_user: "user%40provider",
      from_domain: "sip.provider.example",
    });
    expect(pjsip(files, "registration")["trunk-provider"]).toMatchObject({
      server_uri: "sip:sip.provider.example:5071;transport=tcp",
      client_uri: "sip:user%40provider@sip.provider.example:5071",
      contact_user: "provider",
      max_retries: "1000000000",
      auth_rejection_permanent: "no",
    });
  });

  it("shows its number instead of its user name where it has one", () => {
    const files = withTrunk({ credentials: { username: "u", secret: "s" }, callerId: "+31201234567" });
    expect(pjsip(files, "endpoint")["trunk-provider"]).not.toHaveProperty("from_user");
    expect(lines(files, "by-trunk")).toContain("n,Set(CALLERID(num)=+31201234567)");
  });

  it("is listened for on the host's address, and shows the public one to whoever is not near", () => {
    expect(pjsip(render(), "transport")["transport-external-tcp"]).toStrictEqual({
      type: "transport",
      protocol: "tcp",
      bind: "192.168.210.54:5080",
    });
    const files = render({}, { host: { ...props.host, publicAddress: "203.0.113.99" } });
    expect(pjsip(files, "transport")["transport-external-udp"]).toMatchObject({
      external_signaling_address: "203.0.113.99",
      external_media_address: "203.0.113.99",
      local_net: "192.168.0.0/16",
    });
  });

  it("opens nothing where there is none, and agents can dial nothing outside", () => {
    const files = render({ trunks: [] });
    expect(Object.keys(pjsip(files, "transport"))).toStrictEqual([
      "transport-udp",
      "transport-tcp",
      "transport-ws",
    ]);
    expect(pjsip(files, "acl")).toStrictEqual({});
    expect(lines(files, "genesys-agent").join()).not.toContain("outside");
  });

  it("strangers get no challenge at: requests are taken of this host, Genesys and providers only", () => {
    const text = render()["pjsip.conf"] ?? "";
    const acl = parseAsteriskConf(text.replace(/^#include.*$/m, "")).find(
      ({ name }) => name === "known-sources",
    );
    expect(acl?.options).toStrictEqual([
      ["type", "acl"],
      ["deny", "0.0.0.0/0.0.0.0"],
      ["permit", "127.0.0.1"],
      ["permit", "127.0.0.4"],
      ["permit", "203.0.113.0/28"],
      ["permit", "198.51.100.9"],
    ]);
  });

  it.each([
    ["127.0.0.1", "has 127.0.0.1 in it, where phones or Genesys come from"],
    ["0.0.0.0/0", "has 127.0.0.1 in it, where phones or Genesys come from"],
    ["127.0.0.4/30", "has 127.0.0.4 in it, where phones or Genesys come from"],
    ["sip.provider.example", "is a host name, whose addresses Asterisk looks up only once"],
  ])("must not be known by %s", (source, reason) => {
    expect(() => withTrunk({ inboundFrom: ["192.0.2.1", source] })).toThrow(
      `callControl.trunks: inboundFrom of provider: ${source} ${reason}`,
    );
  });
});

describe("the dialplan", () => {
  it("hands a DN over, and goes on through Genesys without the application", () => {
    const files = render();
    expect(lines(files, "genesys-agent")).toStrictEqual([
      "9999,1,Goto(dn-dialled,${EXTEN},1)",
      "_100[2-3],1,Goto(dn-dialled,${EXTEN},1)",
      "outside-dialled",
    ]);
    expect(lines(files, "dn-dialled")).toStrictEqual([
      "_X!,1,Set(DN=${FILTER(0-9,${EXTEN})})",
      'n,ExecIf(${REGEX("^[0-9]+$" ${CHANNEL(endpoint)})}?Set(CALLERID(num)=${CHANNEL(endpoint)}))',
      'n,ExecIf(${REGEX("^[0-9]+$" ${CHANNEL(endpoint)})}?Set(CALLERID(name)=Agent ${CHANNEL(endpoint)}))',
      "n,Set(TIMEOUT(absolute)=5)",
      "n,Stasis(callcenter,internal,${DN})",
      'n,GotoIf($["${STASISSTATUS}" = "FAILED"]?to-genesys,${DN},1)',
      "n,Hangup()",
      "T,1,Log(WARNING,call-control has not taken a call within 5 s: internal ${DN})",
      "n,Goto(to-genesys,${DN},1)",
    ]);
  });

  it("ends the time that the application has, wherever a call goes on without it", () => {
    const files = render();
    expect(lines(files, "to-genesys")).toContain("n,Set(TIMEOUT(absolute)=0)");
    expect(lines(files, "by-trunk")).toContain("_X!,1,Set(TIMEOUT(absolute)=0)");
    expect(lines(files, "did-alone")).toContain("31201234567,1,Set(TIMEOUT(absolute)=0)");
  });

  it("is the same whoever carries calls between DNs", () => {
    expect(render({ internalCalls: "direct" })).toStrictEqual(render());
  });

  it("filters all that was dialled, and dials nothing else", () => {
    const text = render()["extensions.conf"] ?? "";
    expect(text).not.toMatch(/Dial\([^)]*\$\{EXTEN/);
    expect(text).not.toMatch(/Stasis\([^)]*\$\{EXTEN/);
    for (const [, value] of text.matchAll(/Set\((?:DN|NUMBER)=([^\n]*)\)\n/g))
      expect(value).toBe("${FILTER(0-9,${EXTEN})}");
  });

  it("sends a number by the trunk with the longest prefix, and by none where none leads there", () => {
    const trunk = (name: string, prefixes: string[]) => ({
      ...provider,
      name,
      prefixes,
      inboundFrom: ["192.0.2.1"],
    });
    const trunks = [trunk("all-of-it", ["+31"]), trunk("near", ["+3120", "+31"])];
    const plan = lines(render({ trunks }), "by-trunk");
    expect(plan.filter((line) => line.startsWith("_"))).toStrictEqual([
      "_31!,1,Set(TIMEOUT(absolute)=0)",
      "_3120!,1,Set(TIMEOUT(absolute)=0)",
      "_X!,1,Hangup(3)",
    ]);
    expect(plan.filter((line) => line.includes("Dial("))).toStrictEqual([
      "n,Dial(PJSIP/+${NUMBER}@trunk-all-of-it,300)",
      "n,Dial(PJSIP/+${NUMBER}@trunk-near,300)",
    ]);
  });

  it("knows our numbers with and without +, and as they are dialled in the own country", () => {
    expect(lines(render(), "dids")).toStrictEqual([
      "+31201234567,1,Goto(did,31201234567,1)",
      "31201234567,1,Goto(did,31201234567,1)",
      "0201234567,1,Goto(did,31201234567,1)",
      "+442071234567,1,Goto(did,442071234567,1)",
      "442071234567,1,Goto(did,442071234567,1)",
      "i,1,Hangup(1)",
    ]);
    expect(lines(render(), "from-trunk-provider")).toContain("dids");
  });

  it("rings of a queue no more members than Asterisk can hold in one line", () => {
    const members = Array.from({ length: 500 }, (_, index) => String(1_000 + index));
    const queues = callControl.queues.map((queue) => ({ ...queue, members }));
    const plan = lines(render({ queues }), "ring");
    expect(plan.filter((line) => line.includes("PHONES}&PJSIP/"))).toHaveLength(1 + 100);
  });

  it("of 10,000 numbers and 500 prefixes takes less than a moment", () => {
    const dids = Array.from({ length: 10_000 }, (_, index) => ({
      number: `+3120${1_000_000 + index}`,
      to: { dn: "1002" },
    }));
    const allowedPrefixes = Array.from({ length: 500 }, (_, index) => `+31${100 + index}`);
    expect(lines(render({ dids, allowedPrefixes }), "dids")).toHaveLength(30_001);
  });
});

it("can all be read by Asterisk's parser, and has each secret where it belongs", () => {
  const files = withTrunk({ credentials: { username: "u", secret: "trunk-provider" } });
  for (const text of Object.values(files))
    parseAsteriskConf(text.replace(/^#include pjsip_transports\.conf$/m, ""));
  const holders = Object.keys(files).filter((name) => files[name]?.includes("@{secret:trunk-provider}"));
  expect(holders).toStrictEqual(["pjsip.conf"]);
});
