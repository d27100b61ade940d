import { SITE, siteLoader, testDirectory } from "./files";

const { faults, load } = siteLoader(testDirectory());
const HOST = "host: {address: 192.0.2.1}\n";

function siteFaults(text: string): string[] {
  return faults(`${SITE}${text}\n`).map((line) => line.replace(/^site\.yaml:/, ""));
}

describe("listeners", () => {
  it.each([
    [
      "nginx: {httpPort: 8443}",
      "3:19 nginx.httpPort: the HTTP server of nginx (192.0.2.1:8443) and the HTTPS server of nginx (192.0.2.1:8443, nginx.port) cannot both listen there: change one port",
    ],
    [
      "postgres: {port: 8088}",
      "3:18 postgres.port: PostgreSQL (127.0.0.1:8088) and the HTTP server of Asterisk (127.0.0.1:8088, asterisk.httpPort) cannot both listen there: change one port",
    ],
    // The later of the two has its default: the fault is shown at the setting that is in the file.
    [
      "asterisk: {httpPort: 5432}",
      "3:22 postgres.port: PostgreSQL (127.0.0.1:5432) and the HTTP server of Asterisk (127.0.0.1:5432, asterisk.httpPort) cannot both listen there: change one port",
    ],
    [
      "nginx: {address: 0.0.0.0, port: 8080}",
      "3:33 sipProxy.port: the WebSocket edge of sip-proxy (127.0.0.1:8080) and the HTTPS server of nginx (port 8080 of all addresses, nginx.port) cannot both listen there: change one port",
    ],
    [
      "nginx: {address: '::1', port: 9000}\nmonitor: {address: '::', port: 9000}",
      "4:32 monitor.port: the status page of registration-monitor (port 9000 of all addresses) and the HTTPS server of nginx ([::1]:9000, nginx.port) cannot both listen there: change one port",
    ],
    [
      "nginx: {address: '::1', port: 9000}\nmonitor: {address: '0::1', port: 9000}",
      "4:34 monitor.port: the status page of registration-monitor ([0::1]:9000) and the HTTPS server of nginx ([::1]:9000, nginx.port) cannot both listen there: change one port",
    ],
    [
      "asterisk: {amiPort: 8088}",
      "3:21 asterisk.amiPort: the manager interface of Asterisk (127.0.0.1:8088) and the HTTP server of Asterisk (127.0.0.1:8088, asterisk.httpPort) cannot both listen there: change one port",
    ],
    [
      "sipProxy: {apiPort: 8080}",
      "3:21 sipProxy.apiPort: the HTTP API of sip-proxy (127.0.0.1:8080) and the WebSocket edge of sip-proxy (127.0.0.1:8080, sipProxy.port) cannot both listen there: change one port",
    ],
  ])("meet: %s", (text, expected) => {
    expect(siteFaults(text)).toStrictEqual([expected]);
  });

  it.each([
    ["another address", "nginx: {port: 8088}"],
    ["another loopback address", "postgres: {address: 127.0.0.9, port: 8088}"],
    ["another family", "nginx: {address: '::', port: 8088}"],
    ["a simulator that does not run", "simulatorPort: 8088"],
  ])("do not meet on %s", (_, text) => {
    expect(siteFaults(text)).toStrictEqual([]);
  });

  it("leave the address that Asterisk knows the trunk by to the relay", () => {
    expect(faults("host: {address: 192.0.2.1}\ngenesys: {servers: [{host: 127.0.0.4}]}\n")).toStrictEqual([
      "site.yaml:2:28 genesys.servers[0].host: '127.0.0.4' is the address that Asterisk knows the trunk by: use another one",
    ]);
  });

  it("are the simulator's too", () => {
    const text = `host: {address: 127.0.0.2}
genesys:
  simulator: true
  servers: [{host: 127.0.0.2}, {host: 127.0.0.3, port: 8090}]
nginx: {port: 9443}
simulatorPort: 8088
relay: {port: 5060}
`;
    expect(faults(text)).toStrictEqual([
      "site.yaml:6:16 simulatorPort: the HTTP API of the simulator (127.0.0.1:8088) and the HTTP server of Asterisk (127.0.0.1:8088, asterisk.httpPort) cannot both listen there: change one port",
      "site.yaml:7:15 genesys.servers[0].port: simulated server 1 of Genesys (127.0.0.2:5060) and the relay's side towards Genesys (127.0.0.2:5060, relay.port) cannot both listen there: change one port",
    ]);
  });
});

describe("the RTP range", () => {
  it.each([
    [
      "rtp: 5000-6000",
      [
        "3:6 rtp: 5000-6000 contains the port of the SIP trunk of Asterisk (127.0.0.1:5060, asterisk.sipPort): move one of them",
        "3:6 rtp: 5000-6000 contains the port of the manager interface of Asterisk (127.0.0.1:5038, asterisk.amiPort): move one of them",
        "3:6 rtp: 5000-6000 contains the port of the relay's side towards Genesys (192.0.2.1:5070, relay.port): move one of them",
        "3:6 rtp: 5000-6000 contains the port of the relay's side towards Asterisk (127.0.0.4:5070, relay.port): move one of them",
        "3:6 rtp: 5000-6000 contains the port of PostgreSQL (127.0.0.1:5432, postgres.port): move one of them",
      ],
    ],
    [
      "asterisk: {sipPort: 10000}",
      [
        "3:21 rtp: 10000-20000 contains the port of the SIP trunk of Asterisk (127.0.0.1:10000, asterisk.sipPort): move one of them",
      ],
    ],
    [
      "monitor: {port: 20000}",
      [
        "3:17 rtp: 10000-20000 contains the port of the status page of registration-monitor (127.0.0.1:20000, monitor.port): move one of them",
      ],
    ],
    ["monitor: {port: 20001}", []],
    ["monitor: {address: '::1', port: 15000}", []],
  ])("%s", (text, expected) => {
    expect(siteFaults(text)).toStrictEqual(expected);
  });
});

describe("DNs", () => {
  it.each([
    ["dns: [1002, 1002]", ["3:13 dns[1]: 1002 is in dns[0] already: list it once"]],
    ["dns: [1002, '1002']", ["3:13 dns[1]: 1002 is in dns[0] already: list it once"]],
    [
      "dns: [1002, 01002]",
      [
        "3:13 dns[1]: 01002 is read as the number 1002: put it in quotes ('01002') if its digits count, or write the number itself",
        "3:13 dns[1]: 1002 is in dns[0] already: list it once",
      ],
    ],
    ["dns: [5001-5020, 5010-5030]", ["3:18 dns[1]: 5010 and 10 more are in dns[0] already: list them once"]],
    ["dns: [5001-5020, {number: 5020}]", ["3:18 dns[1]: 5020 is in dns[0] already: list it once"]],
    ["dns: [5020-5001]", ["3:7 dns[0]: '5020-5001' is upside down: write 5001-5020"]],
    [
      "dns: [998-1002]",
      ["3:7 dns[0]: '998-1002' joins numbers of different lengths: write one range for each length"],
    ],
    [
      "dns: [0-9999]",
      ["3:7 dns[0]: '0-9999' joins numbers of different lengths: write one range for each length"],
    ],
    [
      "dns: [100000-110000]",
      ["3:7 dns[0]: 100000-110000 brings the environment to more than 10000 DNs: list fewer"],
    ],
    [
      "dns: [10000-19999, 1002, 20000000000000000000-99999999999999999999]",
      [
        "3:20 dns[1]: 1002 brings the environment to more than 10000 DNs: list fewer",
        "3:26 dns[2]: 20000000000000000000-99999999999999999999 brings the environment to more than 10000 DNs: list fewer",
      ],
    ],
    ["dns: [-1]", ["3:7 dns[0]: -1 is not a DN of 1 to 20 digits"]],
    [
      "dns: ['123456789012345678901']",
      ["3:7 dns[0]: '123456789012345678901' is not a DN of 1 to 20 digits, or a range such as 5001-5020"],
    ],
    ["dns: [12a]", ["3:7 dns[0]: '12a' is not a DN of 1 to 20 digits, or a range such as 5001-5020"]],
    [
      "dns: [true]",
      ["3:7 dns[0]: true is not a DN, a range such as 5001-5020, or a section with number and displayName"],
    ],
    ["dns: [{displayName: x}]", ["3:7 dns[0].number: is missing: write a DN of 1 to 20 digits"]],
    ["dns: [{number: 5001-5020}]", ["3:16 dns[0].number: '5001-5020' is not a DN of 1 to 20 digits"]],
    [
      'dns: [{number: 1, displayName: "a\\nb"}]',
      [
        "3:32 dns[0].displayName: 'a\\u000ab' is not a name: 1 to 64 printable characters without \" < > and backslash",
      ],
    ],
    [
      "dns: [{number: 1, displayName: 7}]",
      [
        '3:32 dns[0].displayName: 7 is not a name: 1 to 64 printable characters without " < > and backslash (put it in quotes)',
      ],
    ],
  ])("%s", (text, expected) => {
    expect(siteFaults(text)).toStrictEqual(expected);
  });

  it("are expanded in the order of the file, with leading zeros and up to 20 digits", () => {
    const text = `${SITE}dns: [1003, '0098-0101', 99999999999999999998-99999999999999999999, {number: 1002, displayName: Ann}]\n`;
    expect(load(text).environment.dns).toStrictEqual([
      { number: "1003" },
      { number: "0098" },
      { number: "0099" },
      { number: "0100" },
      { number: "0101" },
      { number: "99999999999999999998" },
      { number: "99999999999999999999" },
      { number: "1002", displayName: "Ann" },
    ]);
  });

  it("may be 10,000", () => {
    expect(load(`${SITE}dns: [10000-19999]\n`).environment.dns).toHaveLength(10_000);
  });
});

describe("the probe's DN", () => {
  it.each([
    ["probeDn: 1002\ndns: [1002]", "3:10 probeDn: '1002' lies in dns[0]"],
    ["dns: [1002, 9990-9999]", "3:13 probeDn: '9999' lies in dns[1]"],
    ["allowedDns: [1000-5020, 9000-9999]", "3:25 probeDn: '9999' lies in allowedDns[1]"],
    ["monitor: {range: 1000-9999}", "3:1 probeDn: '9999' lies in allowedDns[0]"],
    ["monitor: {range: 9000-9999}\nallowedDns: [1000-1999]", "3:18 probeDn: '9999' lies in monitor.range"],
  ])("%s", (text, expected) => {
    const wayOut = ": choose a DN that no agent has, outside allowedDns and monitor.range";
    // By default allowedDns is the monitor's range, which is then what the fault names.
    const named = expected.replace(
      "3:1 probeDn: '9999' lies in allowedDns[0]",
      "3:18 probeDn: '9999' lies in monitor.range",
    );
    expect(siteFaults(text)).toStrictEqual([named + wayOut]);
  });
});

describe("Genesys servers", () => {
  it.each([
    [
      "{host: 192.0.2.2}, {host: 192.0.2.2, port: 5060}",
      ["2:40 genesys.servers[1]: 192.0.2.2:5060 (udp) is genesys.servers[0] already: remove one"],
    ],
    [
      "{host: tserver.example.com}, {host: TServer.example.com}",
      ["2:50 genesys.servers[1]: TServer.example.com:5060 (udp) is genesys.servers[0] already: remove one"],
    ],
    ["{host: 192.0.2.2}, {host: 192.0.2.2, transport: tcp}", []],
    [
      "{host: 127.0.0.1}",
      [
        "2:28 genesys.servers[0].host: '127.0.0.1' is where nginx and sip-proxy reach Asterisk from, so that a browser would pass for Genesys: use another address (127.0.0.2 for a server on this host)",
      ],
    ],
    [
      "{host: localhost}",
      [
        "2:28 genesys.servers[0].host: 'localhost' is where nginx and sip-proxy reach Asterisk from, so that a browser would pass for Genesys: use another address (127.0.0.2 for a server on this host)",
      ],
    ],
  ])("%s", (servers, expected) => {
    expect(faults(`${HOST}genesys: {servers: [${servers}]}\n`)).toStrictEqual(
      expected.map((line) => `site.yaml:${line}`),
    );
  });

  it.each(["192.0.2.2", "tserver.example.com"])("are loopback addresses for the simulator: %s", (host) => {
    expect(faults(`${HOST}genesys: {simulator: true, servers: [{host: ${host}}]}\n`)).toStrictEqual([
      `site.yaml:2:45 genesys.servers[0].host: '${host}' is not a loopback address, where alone the simulator runs: use one such as 127.0.0.2, or remove genesys.simulator`,
    ]);
  });
});

describe("the Docker host", () => {
  const root = "makes everybody in the network root on the host: set docker.certPath, or use ssh://user@host";
  it.each([
    [
      "docker: {certPath: /certs}",
      [
        "3:20 docker.certPath: is for tcp:// only, and docker.host is 'unix:///var/run/docker.sock': remove it",
      ],
    ],
    [
      "docker: {sshOptions: [-v]}",
      [
        "3:22 docker.sshOptions: is for ssh:// only, and docker.host is 'unix:///var/run/docker.sock': remove it",
      ],
    ],
    [
      "docker: {host: 'tcp://192.0.2.1:2375'}",
      [`3:16 docker.host: 'tcp://192.0.2.1:2375' without TLS ${root}`],
    ],
    ["docker: {host: 'tcp://192.0.2.1:2376', certPath: /certs}", []],
    ["docker: {host: 'tcp://127.0.0.1:2375'}", []],
    ["docker: {host: 'tcp://localhost:2375'}", []],
    ["docker: {host: 'unix:///run/user/1000/docker.sock'}", []],
    [
      "docker: {host: 'ssh://root@192.0.2.1'}\nsecrets: {directory: .secrets/site}",
      [
        "4:22 secrets.directory: '.secrets/site' is relative to the project, which the Docker host 'ssh://root@192.0.2.1' does not see: write an absolute path on that host",
      ],
    ],
    ["secrets: {directory: .secrets/site}", []],
  ])("%s", (text, expected) => {
    expect(siteFaults(text)).toStrictEqual(expected);
  });
});

describe("the state's backend", () => {
  it.each([
    ["state: {backend: s3}", ["3:1 state.options: lacks bucket and key, which the backend s3 needs"]],
    [
      "state: {backend: s3, options: {bucket: b}}",
      ["3:31 state.options: lacks key, which the backend s3 needs"],
    ],
    [
      "state: {backend: pg, options: {}}",
      ["3:31 state.options: lacks schema_name, which the backend pg needs"],
    ],
    ["state: {backend: http}", ["3:1 state.options: lacks address, which the backend http needs"]],
    ["state: {backend: http, options: {address: https://192.0.2.4/}}", []],
    ["state: {backend: local, options: {path: site.tfstate}}", []],
  ])("%s", (text, expected) => {
    expect(siteFaults(text)).toStrictEqual(expected);
  });
});

describe("secrets among the state's options", () => {
  it.each([
    ["backend: s3, options: {bucket: b, key: k, access_key: x}", "access_key", "AWS_ACCESS_KEY_ID"],
    ["backend: s3, options: {bucket: b, key: k, secretKey: x}", "secretKey", "AWS_SECRET_ACCESS_KEY"],
    ["backend: s3, options: {bucket: b, key: k, token: x}", "token", "AWS_SESSION_TOKEN"],
    ["backend: http, options: {address: a, password: x}", "password", "TF_HTTP_PASSWORD"],
    [
      "backend: pg, options: {schema_name: s, conn_str: 'postgres://u:p@db/x'}",
      "conn_str",
      "PG_CONN_STR or PGPASSWORD",
    ],
    [
      "backend: pg, options: {schema_name: s, conn_str: 'host=db password=p'}",
      "conn_str",
      "PG_CONN_STR or PGPASSWORD",
    ],
  ])("%s", (state, option, variable) => {
    expect(siteFaults(`state: {${state}}`).map((line) => line.replace(/^\d+:\d+ /, ""))).toStrictEqual([
      `state.options.${option}: a secret here gets into cdk.tf.json and Terraform's files: use the variable ${variable}`,
    ]);
  });

  it.each([
    "backend: s3, options: {bucket: b, key: k, region: eu-central-1}",
    "backend: pg, options: {schema_name: s, conn_str: 'postgres://db.example.com/x?sslmode=require'}",
    "backend: pg, options: {schema_name: s, conn_str: 'postgres://user@db.example.com:5432/x'}",
  ])("not in %s", (state) => {
    expect(siteFaults(`state: {${state}}`)).toStrictEqual([]);
  });
});

describe("a file with many faults", () => {
  it("shows them all in one go, those across sections too", () => {
    const text = `forwardingMode: kamailio
host:
  address: 10.0.0.1
  adress: 10.0.0.2
docker:
  certPath: /certs
genesys:
  servers:
    - host: 10.0.0.2
      port: 70000.5
    - host: 10.0.0.2
    - host: 10.0.0.2
dns:
  - 1002
  - 12a
  - 1002
  - 5020-5001
nginx:
  port: 8091
  prot: 8443
  httpPort: "8081"
monitor:
  address: 0.0.0.0
rtp: 10001-20000
nginx_:
  port: 1
state:
  backend: s3
state:
  backend: pg
`;
    expect(faults(text, { FORWARDING_MODE: "opensips" })).toStrictEqual([
      "FORWARDING_MODE: 'opensips' is not a mode: static or proxy (an environment variable, which overrides the files)",
      "site.yaml:1:17 forwardingMode: 'kamailio' is not a mode: static or proxy",
      "site.yaml:4:3 host.adress: is not a known key: did you mean 'address'?",
      "site.yaml:6:13 docker.certPath: is for tcp:// only, and docker.host is 'unix:///var/run/docker.sock': remove it",
      "site.yaml:10:13 genesys.servers[0].port: 70000.5 is not a port: 1 to 65535",
      "site.yaml:12:7 genesys.servers[2]: 10.0.0.2:5060 (udp) is genesys.servers[1] already: remove one",
      "site.yaml:15:5 dns[1]: '12a' is not a DN of 1 to 20 digits, or a range such as 5001-5020",
      "site.yaml:16:5 dns[2]: 1002 is in dns[0] already: list it once",
      "site.yaml:17:5 dns[3]: '5020-5001' is upside down: write 5001-5020",
      "site.yaml:19:9 monitor.port: the status page of registration-monitor (port 8091 of all addresses) and the HTTPS server of nginx (10.0.0.1:8091, nginx.port) cannot both listen there: change one port",
      "site.yaml:20:3 nginx.prot: is not a known key: did you mean 'port'?",
      "site.yaml:21:13 nginx.httpPort: '8081' is not a port: 1 to 65535 (remove the quotes)",
      "site.yaml:24:6 rtp: '10001-20000' starts at an odd port: RTP needs an even one, such as 10002",
      "site.yaml:25:1 nginx_: is not a known key: did you mean 'nginx'?",
      "site.yaml:29:1 state: is there twice, first on line 27: remove one",
      "site.yaml:29:1 state.options: lacks schema_name, which the backend pg needs",
    ]);
  });

  it("does not blame a neighbour for a faulty value", () => {
    // A faulty address must not be taken for the default one, which would meet Asterisk's HTTP server.
    const text = "host: {address: 127.0.0.1}\ngenesys: {servers: [{host: 192.0.2.2}]}\n";
    expect(faults(`${text}nginx: {address: here, port: 8088}\n`)).toStrictEqual([
      "site.yaml:3:18 nginx.address: 'here' is not an IPv4 or IPv6 address to listen on",
    ]);
    expect(
      faults(`${text}docker: {host: nowhere, certPath: /certs}\nprobeDn: x\ndns: [9999]\n`),
    ).toStrictEqual([
      "site.yaml:3:16 docker.host: 'nowhere' is not a Docker host: unix:///var/run/docker.sock, tcp://host:2376 or ssh://user@host",
      "site.yaml:4:10 probeDn: 'x' is not a DN of 1 to 20 digits",
    ]);
  });
});
