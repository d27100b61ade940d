import { SITE, siteLoader, testDirectory } from "./files";

const { faults, load, warnings } = siteLoader(testDirectory());

/** What is wrong with `callControl: {…}` on line 3, places left out. */
function messages(section: string, others = ""): string[] {
  return faults(`${SITE}callControl: {${section}}\n${others}`).map((line) =>
    line.replace(/^site\.yaml:\d+:\d+ callControl\.?/, ""),
  );
}

const PHONES =
  "is where nginx and sip-proxy reach Asterisk from, so that a browser would pass for the provider: use another address (127.0.0.2 for a provider on this host)";

it("is not there unless the file has it", () => {
  expect(load(SITE).environment).not.toHaveProperty("callControl");
});

it("may be empty: calls between DNs only", () => {
  expect(load(`${SITE}callControl: {}\n`).environment.callControl).toStrictEqual({
    address: "127.0.0.1",
    port: 8083,
    internalCalls: "genesys",
    allowedPrefixes: [],
    dialing: { international: "00", national: "0" },
    callsPerMinute: 30,
    sipPort: 5080,
    trunks: [],
    dids: [],
    queues: [],
    recording: { retentionDays: 30, announcement: "none" },
    retention: { callLogDays: 365, auditDays: 730 },
    webhooks: [],
  });
});

it("says where calls to a number go, and where a trunk's calls come from", () => {
  const { callControl } = load(`${SITE}callControl:
  allowedPrefixes: ["+31"]
  trunks:
    - {name: one, host: sip.provider.example}
    - {name: two, host: 203.0.113.1, inboundFrom: [203.0.113.16/28], register: true, prefixes: ["+31"], credentials: {username: u, secret: trunk-two}}
  dids: [{number: "+31201234567", dn: "1002"}, {number: "+31201234568", queue: support}]
  queues: [{name: support, members: [1002, 1003]}]
  jwt: {issuer: "https://login.example.com/", audience: calls}
`).environment;
  expect(callControl).toMatchObject({
    trunks: [
      { name: "one", port: 5060, transport: "udp", inboundFrom: ["sip.provider.example"], prefixes: [] },
      { name: "two", register: true, inboundFrom: ["203.0.113.16/28"], prefixes: ["+31"] },
    ],
    dids: [
      { number: "+31201234567", to: { dn: "1002" } },
      { number: "+31201234568", to: { queue: "support" } },
    ],
    queues: [
      { name: "support", members: ["1002", "1003"], strategy: "ring-all", ringSeconds: 20, waitSeconds: 120 },
    ],
    jwt: { secret: "call-control-jwks" },
  });
});

describe("trunks", () => {
  it.each([
    ["{name: a, host: 127.0.0.1}", [`trunks[0].host: '127.0.0.1' ${PHONES}`]],
    ["{name: a, host: localhost}", [`trunks[0].host: 'localhost' ${PHONES}`]],
    [
      "{name: a, host: 192.0.2.9, inboundFrom: [192.0.2.9, 0.0.0.0/0]}",
      [`trunks[0].inboundFrom[1]: '0.0.0.0/0' ${PHONES}`],
    ],
    [
      "{name: a, host: 127.0.0.4}",
      [
        "trunks[0].host: '127.0.0.4' meets 127.0.0.4, by which Asterisk knows the trunk to Genesys: use another address (127.0.0.2 for a provider on this host)",
      ],
    ],
    ["{name: a, host: 127.0.0.5}", []],
    [
      "{name: a, host: 192.0.2.9, register: true}",
      [
        "trunks[0].register: lacks credentials, which providers ask every REGISTER for: add credentials, or remove register",
      ],
    ],
    [
      "{name: a, host: 192.0.2.9}, {name: a, host: 192.0.2.10}",
      ["trunks[1].name: 'a' is callControl.trunks[0] already: names are given once"],
    ],
    [
      "{name: a, host: 192.0.2.9}, {name: b, host: 192.0.2.10, inboundFrom: [192.0.2.0/28]}",
      [
        "trunks[1].inboundFrom[0]: '192.0.2.0/28' meets callControl.trunks[0].host (192.0.2.9): calls from there could be either trunk's. Say by inboundFrom which are whose",
      ],
    ],
    ["{name: a, host: 192.0.2.9}, {name: b, host: 192.0.2.10, inboundFrom: [192.0.2.16/28]}", []],
    [
      "{name: a, host: sip.example.com}, {name: b, host: sip.example.com, port: 5062}",
      [
        "trunks[1].host: 'sip.example.com' meets callControl.trunks[0].host (sip.example.com): calls from there could be either trunk's. Say by inboundFrom which are whose",
      ],
    ],
    [
      "{name: A, host: 192.0.2.9}",
      ["trunks[0].name: 'A' is not a name: 1 to 32 lower-case letters, digits and '-', a letter first"],
    ],
  ])("%s", (trunks, expected) => {
    expect(messages(`trunks: [${trunks}]`)).toStrictEqual(expected);
  });
});

describe("prefixes of trunks", () => {
  const trunk = (prefixes: string) => `trunks: [{name: a, host: 192.0.2.9, prefixes: ${prefixes}}]`;
  const none = (prefix: string) =>
    `'${prefix}' has no number that may be called: add it to callControl.allowedPrefixes, or remove it here`;

  it.each([
    ['["+31"]', '["+31"]', []],
    ['["+3120"]', '["+31"]', []],
    // It carries those of its numbers that are allowed.
    ['["+1"]', '["+1212", "+1646"]', []],
    ['["+31", "+49"]', '["+31"]', [`trunks[0].prefixes[1]: ${none("+49")}`]],
    ['["+31"]', "[]", [`trunks[0].prefixes[0]: ${none("+31")}`]],
    [
      "[31]",
      '["+31"]',
      [
        'trunks[0].prefixes[0]: 31 is not the beginning of numbers in E.164 form, such as "+31" (put it in quotes)',
      ],
    ],
  ])("%s with %s allowed", (prefixes, allowed, expected) => {
    expect(messages(`allowedPrefixes: ${allowed}, ${trunk(prefixes)}`)).toStrictEqual(expected);
  });

  it("belong to one trunk each", () => {
    const trunks =
      'trunks: [{name: a, host: 192.0.2.9, prefixes: ["+31"]}, {name: b, host: 192.0.2.10, prefixes: ["+31"]}]';
    expect(messages(`allowedPrefixes: ["+31"], ${trunks}`)).toStrictEqual([
      "trunks[1].prefixes[0]: '+31' is callControl.trunks[0].prefixes[0] already: a number goes by one trunk",
    ]);
  });

  it("are not judged by a faulty list of what is allowed", () => {
    expect(messages(`allowedPrefixes: ["0031"], ${trunk('["+31"]')}`)).toStrictEqual([
      "allowedPrefixes[0]: '0031' is not the beginning of numbers in E.164 form, such as \"+31\"",
    ]);
  });
});

describe("numbers and queues", () => {
  const neither = "is no DN of this environment: it is neither in dns nor in allowedDns";
  it.each([
    ['dids: [{number: "+31201234567", dn: 5020}]', "", []],
    ['dids: [{number: "+31201234567", dn: 5021}]', "", [`dids[0].dn: '5021' ${neither}`]],
    ['dids: [{number: "+31201234567", dn: 5021}]', "dns: [5021]\n", []],
    [
      'dids: [{number: "+31201234567", dn: 1002}]',
      "allowedDns: [2000-2999]\n",
      [`dids[0].dn: '1002' ${neither}`],
    ],
    [
      'dids: [{number: "+31201234567", dn: 1002}]',
      "allowedDns: [2999-2000]\n",
      ["site.yaml:4:14 allowedDns[0]: '2999-2000' is upside down: write 2000-2999"],
    ],
    [
      'dids: [{number: "+31201234567", dn: 1002}, {number: "+31201234567", dn: 1003}]',
      "",
      ["dids[1].number: '+31201234567' is callControl.dids[0] already: numbers are given once"],
    ],
    ['dids: [{number: "+31201234567"}]', "", ["dids[0]: does not say where calls go: write dn or queue"]],
    [
      'dids: [{number: "+31201234567", dn: 1002, queue: a}]',
      "",
      ["dids[0]: has dn and queue: remove one of them"],
    ],
    [
      'dids: [{number: "+31201234567", queue: a}]',
      "",
      ["dids[0].queue: 'a' is no queue of callControl.queues, which is empty: add it there"],
    ],
    [
      'dids: [{number: "+31201234567", queue: a}], queues: [{name: b, members: [1002]}]',
      "",
      ["dids[0].queue: 'a' is no queue of callControl.queues: it has b"],
    ],
    [
      "queues: [{name: b, members: [1002, 77, 1002]}]",
      "",
      [`queues[0].members[1]: '77' ${neither}`, "queues[0].members[2]: '1002' is listed twice: remove one"],
    ],
    [
      "queues: [{name: b, members: []}]",
      "",
      ["queues[0].members: is an empty list: write a list of DNs, such as [1002, 1003]"],
    ],
    [
      "queues: [{name: b, members: [1002]}, {name: b, members: [1003]}]",
      "",
      ["queues[1].name: 'b' is callControl.queues[0] already: names are given once"],
    ],
  ])("%s %s", (section, others, expected) => {
    expect(messages(section, others)).toStrictEqual(expected);
  });
});

describe("receivers of events", () => {
  it.each([
    ["{name: a, url: https://crm.example.com:8443/hooks?x=1, secret: s, events: [ended]}", []],
    ["{name: a, url: http://10.0.0.1, secret: s}", []],
    [
      "{name: a, url: https://user:pass@crm.example.com/, secret: s}",
      [
        "webhooks[0].url: 'https://user:pass@crm.example.com/' is not an address such as https://crm.example.com/hooks, without user and password",
      ],
    ],
    [
      "{name: a, url: https://a.example, secret: s}, {name: a, url: https://b.example, secret: s}",
      ["webhooks[1].name: 'a' is callControl.webhooks[0] already: names are given once"],
    ],
    [
      "{name: a, url: https://a.example, secret: s, events: [hangup]}",
      [
        "webhooks[0].events[0]: 'hangup' is not an event: started, ringing, answered, connected, held, resumed, consulting, consultation_ended, transferred, recording_started, recording_ended, ended",
      ],
    ],
  ])("%s", (webhooks, expected) => {
    expect(messages(`webhooks: [${webhooks}]`)).toStrictEqual(expected);
  });
});

describe("listeners", () => {
  it.each([
    [
      "port: 8082",
      [
        "port: the HTTP API of call-control (127.0.0.1:8082) and the HTTP API of sip-proxy (127.0.0.1:8082, sipProxy.apiPort) cannot both listen there: change one port",
      ],
    ],
    [
      "sipPort: 5070, trunks: [{name: a, host: 192.0.2.9}]",
      [
        "sipPort: the trunks to providers of Asterisk (192.0.2.1:5070) and the relay's side towards Genesys (192.0.2.1:5070, relay.port) cannot both listen there: change one port",
      ],
    ],
    // Without a trunk it is not opened.
    ["sipPort: 5070", []],
    [
      "address: 192.0.2.1",
      [
        "address: '192.0.2.1' is not a loopback address (127.0.0.0/8): this listener is for the host itself only",
      ],
    ],
  ])("%s", (section, expected) => {
    expect(messages(section)).toStrictEqual(expected);
  });
});

it("warns of numbers that no trunk carries", () => {
  expect(
    warnings(`${SITE}dns: [1002]
callControl:
  allowedPrefixes: ["+31", "+49", "+1212"]
  trunks: [{name: a, host: 192.0.2.9, prefixes: ["+1", "+3120"]}]
`),
  ).toStrictEqual([
    "5:20 callControl.allowedPrefixes: has +49, and no trunk carries these numbers: calls to them fail",
  ]);
  expect(
    warnings(`${SITE}dns: [1002]
callControl: {dids: [{number: "+31201234567", dn: 1002}]}
`),
  ).toStrictEqual(["4:21 callControl.dids: has numbers, and no trunk that calls to them could come by"]);
});
