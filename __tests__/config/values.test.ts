import { SITE, siteLoader, testDirectory } from "./files";

const { faults, load } = siteLoader(testDirectory());

describe("a value that is not what it should be", () => {
  it.each([
    ["forwardingMode: kamailio", "3:17 forwardingMode: 'kamailio' is not a mode: static or proxy"],
    ["forwardingMode:", "3:1 forwardingMode: is empty: write a mode: static or proxy, or remove it"],
    ["forwardingMode: [static]", "3:17 forwardingMode: a list is not a mode: static or proxy"],
    ["comfortNoise: yes", "3:15 comfortNoise: 'yes' is not true or false"],
    [
      "comfortNoise: true",
      "3:15 comfortNoise: true is not possible: Asterisk negotiates no comfort noise (RFC 3389)",
    ],
    ["talkEvents: on", "3:13 talkEvents: 'on' is not a way to treat talk events: relay or off"],
    ["nginx: 8443", "3:8 nginx: 8443 is not a section such as port: 8443"],
    ["nginx: {port: 0}", "3:15 nginx.port: 0 is not a port: 1 to 65535"],
    ["nginx: {port: 65536}", "3:15 nginx.port: 65536 is not a port: 1 to 65535"],
    ["nginx: {port: 5e-324}", "3:15 nginx.port: 5e-324 is not a port: 1 to 65535"],
    ["nginx: {port: 70000.5}", "3:15 nginx.port: 70000.5 is not a port: 1 to 65535"],
    ["nginx: {port: '8443'}", "3:15 nginx.port: '8443' is not a port: 1 to 65535 (remove the quotes)"],
    [
      "nginx: {address: 10.0.0.256}",
      "3:18 nginx.address: '10.0.0.256' is not an IPv4 or IPv6 address to listen on",
    ],
    [
      "nginx: {allowedOrigins: [https://A.example]}",
      "3:26 nginx.allowedOrigins[0]: 'https://A.example' is not an origin such as https://phone.example.com",
    ],
    [
      "nginx: {allowedOrigins: [https://a.example/]}",
      "3:26 nginx.allowedOrigins[0]: 'https://a.example/' is not an origin such as https://phone.example.com",
    ],
    [
      "phone: {embedOrigins: [\"https://a.example; script-src 'unsafe-inline'\"]}",
      "3:24 phone.embedOrigins[0]: 'https://a.example; script-src 'unsafe-inline'' is not an origin of a web page, such as https://workspace.example.com",
    ],
    [
      "nginx: {allowedOrigins: []}",
      "3:25 nginx.allowedOrigins: is an empty list: write a list of origins, such as https://phone.example.com",
    ],
    [
      "asterisk: {internalAddress: 10.0.0.1}",
      "3:29 asterisk.internalAddress: '10.0.0.1' is not a loopback address (127.0.0.0/8): this listener is for the host itself only",
    ],
    [
      "asterisk: {sipAddress: 0.0.0.0}",
      "3:24 asterisk.sipAddress: '0.0.0.0' is not a loopback address (127.0.0.0/8): this listener is for the host itself only",
    ],
    [
      "postgres: {address: 0.0.0.0}",
      "3:21 postgres.address: '0.0.0.0' is not a loopback address (127.0.0.0/8): this listener is for the host itself only",
    ],
    [
      "sipProxy: {address: '::1'}",
      "3:21 sipProxy.address: '::1' is not a loopback address (127.0.0.0/8): this listener is for the host itself only",
    ],
    ["simulatorPort: none", "3:16 simulatorPort: 'none' is not a port: 1 to 65535"],
    ["codecs: [ulaw, g729]", "3:16 codecs[1]: 'g729' is not a codec: ulaw, alaw, opus or g722"],
    ["codecs: []", "3:9 codecs: is an empty list: write a list of codecs, such as [ulaw, alaw]"],
    ["codecs: [ulaw, ulaw]", "3:16 codecs[1]: 'ulaw' is listed twice: remove one"],
    ["rtp: 10000", "3:6 rtp: 10000 is not a range of ports such as 10000-20000 (put it in quotes)"],
    ["rtp: 20000-10000", "3:6 rtp: '20000-10000' is upside down: write 10000-20000"],
    [
      "rtp: 10001-20000",
      "3:6 rtp: '10001-20000' starts at an odd port: RTP needs an even one, such as 10002",
    ],
    ["rtp: 1000-2000", "3:6 rtp: '1000-2000' leaves the ports 1024 to 65535"],
    ["rtp: 60000-70000", "3:6 rtp: '60000-70000' leaves the ports 1024 to 65535"],
    [
      "rtp: 10000-10002",
      "3:6 rtp: '10000-10002' is too small: a call takes 4 ports, so 100 or more are sensible",
    ],
    [
      "images: build",
      "3:9 images: 'build' is not a section with source: build, or with source: registry, prefix and tag",
    ],
    ["images: {source: pull}", "3:18 images.source: 'pull' is not a source of images: build or registry"],
    ["images: {}", "3:1 images.source: is missing: write a source of images: build or registry"],
    [
      "images: {source: registry, prefix: registry.example.com/}",
      [
        "3:1 images.tag: is missing: write an image tag such as 1.2.0",
        "3:36 images.prefix: 'registry.example.com/' is not the beginning of image names without a slash at its end, such as registry.example.com/webrtc-genesys",
      ],
    ],
    [
      "images: {source: registry, prefix: registry.example.com/a, tag: 1.2}",
      "3:65 images.tag: 1.2 is not an image tag such as 1.2.0 (put it in quotes)",
    ],
    [
      "secrets: {directory: ../secrets}",
      "3:22 secrets.directory: '../secrets' is not the path of a directory, made of letters, digits and ._@+- and without '..'",
    ],
    [
      "docker: {certPath: certs, host: 'tcp://127.0.0.1:2376'}",
      "3:20 docker.certPath: 'certs' is not an absolute path without '..'",
    ],
    ["state: {backend: gcs}", "3:18 state.backend: 'gcs' is not a backend: local, s3, pg or http"],
    ["state: {options: []}", "3:18 state.options: a list is not a section with the backend's options"],
    [
      "monitor: {range: 1000-}",
      "3:18 monitor.range: '1000-' is not a DN of 1 to 20 digits, or a range such as 5001-5020",
    ],
    ["monitor: {range: 5020-1000}", "3:18 monitor.range: '5020-1000' is upside down: write 1000-5020"],
    ["monitor: {retentionHours: 0}", "3:27 monitor.retentionHours: 0 is not a number of 1 to 168"],
    ["monitor: {retentionHours: 169}", "3:27 monitor.retentionHours: 169 is not a number of 1 to 168"],
    ["allowedDns: 1000-5020", "3:13 allowedDns: '1000-5020' is not a list of DN ranges, such as - 1000-5020"],
    ["allowedDns: []", "3:13 allowedDns: is an empty list: write a list of DN ranges, such as - 1000-5020"],
    ["probeDn: abc", "3:10 probeDn: 'abc' is not a DN of 1 to 20 digits"],
  ])("%s", (text, expected) => {
    expect(faults(`${SITE}${text}\n`)).toStrictEqual([expected].flat().map((line) => `site.yaml:${line}`));
  });

  it.each([
    "npipe:////./pipe/docker_engine",
    "/var/run/docker.sock",
    "tcp://10.0.0.1",
    "tcp://10.0.0.256:2376",
    "tcp://host:99999",
    "ssh://10.0.0.1",
    "ssh://root@-oProxyCommand=x",
    "ssh://root@host:0",
  ])("docker.host %s", (host) => {
    expect(faults(`${SITE}docker: {host: '${host}'}\n`)).toStrictEqual([
      `site.yaml:3:16 docker.host: '${host}' is not a Docker host: unix:///var/run/docker.sock, tcp://host:2376 or ssh://user@host`,
    ]);
  });

  it.each(["0.0.0.0", "10.0.0.256", "10.0.0", "::1", "example.com", "010.0.0.1"])(
    "host.address %s",
    (address) => {
      expect(
        faults(`host: {address: '${address}'}\ngenesys: {servers: [{host: 192.0.2.2}]}\n`),
      ).toStrictEqual([
        `site.yaml:1:17 host.address: '${address}' is not an IPv4 address of one interface, such as 192.168.210.54`,
      ]);
    },
  );

  it.each(["10.0.0.256", "tserver_1", "-a", "a..b", "a:5060", `${"a".repeat(64)}.example`])(
    "a Genesys server %s",
    (name) => {
      const shown = name.length > 60 ? `${name.slice(0, 60)}...` : name;
      expect(faults(`host: {address: 192.0.2.1}\ngenesys: {servers: [{host: '${name}'}]}\n`)).toStrictEqual([
        `site.yaml:2:28 genesys.servers[0].host: '${shown}' is not an IPv4 address or a host name`,
      ]);
    },
  );

  it.each(["10.0.0.0", "10.0.0.0/33", "fd00::/8"])("host.localNetworks %s", (network) => {
    const text = `host: {address: 192.0.2.1, localNetworks: ['${network}']}\ngenesys: {servers: [{host: 192.0.2.2}]}\n`;
    expect(faults(text)).toStrictEqual([
      `site.yaml:1:44 host.localNetworks[0]: '${network}' is not an IPv4 network such as 192.168.0.0/16`,
    ]);
  });

  it("names what is missing where it would stand", () => {
    expect(faults("dns: [1002]\n")).toStrictEqual([
      "site.yaml:1:1 host: is missing: write a section with address",
      "site.yaml:1:1 genesys: is missing: write a section with servers",
    ]);
    expect(faults("dns: []\nhost: {}\ngenesys:\n  servers:\n    - port: 5060\n")).toStrictEqual([
      "site.yaml:2:1 host.address: is missing: write an IPv4 address of one interface, such as 192.168.210.54",
      "site.yaml:5:7 genesys.servers[0].host: is missing: write an IPv4 address or a host name",
    ]);
  });

  it("bounds the number of Genesys servers", () => {
    const servers = Array.from({ length: 9 }, (_, index) => `{host: 192.0.2.${index + 10}}`).join(", ");
    expect(faults(`host: {address: 192.0.2.1}\ngenesys: {servers: [${servers}]}\n`)).toStrictEqual([
      "site.yaml:2:20 genesys.servers: has 9 items: at most 8 are allowed",
    ]);
    expect(faults("host: {address: 192.0.2.1}\ngenesys: {servers: []}\n")).toStrictEqual([
      "site.yaml:2:20 genesys.servers: is an empty list: write a list of 1 to 8 servers, such as - host: 192.168.210.81",
    ]);
  });

  it("bounds the timing of registrations", () => {
    const text = `host: {address: 192.0.2.1}
genesys:
  servers: [{host: 192.0.2.2}]
  registration: {expires: 0, retryInterval: 0, forbiddenRetryInterval: 4000}
  credentials: {username: 'a b', secret: ../x}
`;
    expect(faults(text)).toStrictEqual([
      "site.yaml:4:27 genesys.registration.expires: 0 is not a number of seconds from 60 to 86400",
      "site.yaml:4:45 genesys.registration.retryInterval: 0 is not a number of seconds from 1 to 3600",
      "site.yaml:4:72 genesys.registration.forbiddenRetryInterval: 4000 is not a number of seconds from 1 to 3600",
      "site.yaml:5:27 genesys.credentials.username: 'a b' is not a user name: 1 to 64 printable ASCII characters without space, quote and backslash",
      "site.yaml:5:42 genesys.credentials.secret: '../x' is not the name of a secret: a path below secrets.directory, such as genesys",
    ]);
  });
});

describe("an unknown key", () => {
  it.each([
    ["forwardingmode: proxy", "3:1 forwardingmode: is not a known key: did you mean 'forwardingMode'?"],
    ["sip_proxy: {}", "3:1 sip_proxy: is not a known key: did you mean 'sipProxy'?"],
    [
      "nginx: {tls: {selfsigned: true}}",
      "3:15 nginx.tls.selfsigned: is not a known key: did you mean 'selfSigned'?",
    ],
    [
      "dns: [{number: 1, displyName: x}]",
      "3:19 dns[0].displyName: is not a known key: did you mean 'displayName'?",
    ],
    ["postgres: {user: x}", "3:12 postgres.user: is not a known key: known here are address, port"],
    ["images: {source: build, tag: x}", "3:25 images.tag: is not a known key: known here are source"],
    [
      "nginx: {__proto__: x}",
      "3:9 nginx.__proto__: is not a known key: known here are address, port, httpPort, drainSeconds, allowedOrigins, tls",
    ],
    [
      'nginx: {"a\\nb c": x}',
      "3:9 nginx['a\\u000ab c']: is not a known key: known here are address, port, httpPort, drainSeconds, allowedOrigins, tls",
    ],
  ])("%s", (text, expected) => {
    expect(faults(`${SITE}${text}\n`)).toStrictEqual([`site.yaml:${expected}`]);
  });

  it("is reported once for each of several", () => {
    expect(faults(`${SITE}nginx:\n  prot: 1\n  tsl: {}\n`)).toStrictEqual([
      "site.yaml:4:3 nginx.prot: is not a known key: did you mean 'port'?",
      "site.yaml:5:3 nginx.tsl: is not a known key: did you mean 'tls'?",
    ]);
  });
});

it("fills in every default", () => {
  expect(load(SITE)).toStrictEqual({
    environment: {
      name: "site",
      forwardingMode: "static",
      host: {
        address: "192.0.2.1",
        localNetworks: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8"],
      },
      docker: { host: "unix:///var/run/docker.sock" },
      genesys: {
        servers: [{ host: "192.0.2.2", port: 5060, transport: "udp" }],
        registration: { expires: 600, retryInterval: 10, forbiddenRetryInterval: 10 },
        simulator: false,
      },
      dns: [],
      allowedDns: [{ from: "1000", to: "5020" }],
      monitor: { range: { from: "1000", to: "5020" }, address: "127.0.0.1", port: 8091, retentionHours: 24 },
      nginx: {
        address: "192.0.2.1",
        port: 8443,
        httpPort: 8081,
        drainSeconds: 43_200,
        allowedOrigins: ["https://192.0.2.1:8443"],
        tls: { selfSigned: false },
      },
      phone: { autoAnswerHeaders: false, embedOrigins: [] },
      asterisk: {
        sipAddress: "127.0.0.1",
        sipPort: 5060,
        internalAddress: "127.0.0.1",
        httpPort: 8088,
        amiPort: 5038,
      },
      relay: { address: "192.0.2.1", port: 5070, asteriskSide: "127.0.0.4" },
      postgres: { address: "127.0.0.1", port: 5432 },
      sipProxy: {
        address: "127.0.0.1",
        port: 8080,
        apiPort: 8082,
        guessesPerMinute: 10,
        guessPenaltySeconds: 60,
      },
      rtp: { from: 10000, to: 20000 },
      codecs: ["ulaw", "alaw"],
      comfortNoise: false,
      images: { source: "build" },
      secrets: { directory: "/etc/webrtc-genesys/secrets" },
      talkEvents: "relay",
      probeDn: "9999",
      state: { backend: "local", options: {} },
      simulatorPort: 8090,
    },
    warnings: [
      {
        file: expect.stringMatching(/site\.yaml$/),
        line: 1,
        column: 1,
        path: "dns",
        message: "lists no DN, so that static mode registers none at Genesys",
      },
    ],
  });
});

it("takes every setting", () => {
  const text = `forwardingMode: proxy
host: {address: 192.0.2.1, publicAddress: 198.51.100.1, localNetworks: [192.0.2.0/24]}
docker: {host: "ssh://deploy@edge.example.com:2222", sshOptions: [-i, /root/.ssh/deploy]}
genesys:
  servers:
    - {host: tserver-1.example.com, port: 5062, transport: tcp}
    - {host: 192.0.2.3}
  credentials: {username: edge, secret: genesys/digest}
  registration: {expires: 120, retryInterval: 5, forbiddenRetryInterval: 60}
dns: [6001, {number: "0042", displayName: "Zoë; night shift"}]
allowedDns: [6000-6099, "0042"]
monitor: {range: 6000-6099, address: 192.0.2.1, port: 9091, retentionHours: 168}
nginx: {address: "::", port: 443, httpPort: 80, drainSeconds: 600, allowedOrigins: ["https://a.example", "file://"]}
phone: {autoAnswerHeaders: true, embedOrigins: ["https://workspace.example:8443"]}
asterisk: {sipAddress: 127.0.0.9, sipPort: 5080, internalAddress: 127.0.0.9, httpPort: 9088, amiPort: 9038}
relay: {address: 192.0.2.9, port: 6070, asteriskSide: 127.0.0.8}
postgres: {address: 127.0.0.9, port: 5433}
sipProxy: {address: 127.0.0.9, port: 9080, apiPort: 9082, guessesPerMinute: 5, guessPenaltySeconds: 300}
hep: {host: 192.0.2.7, port: 9061, captureId: 2001, secret: hep}
rtp: 30000-30998
codecs: [opus, g722]
comfortNoise: false
images: {source: registry, prefix: "registry.example.com:5000/edge", tag: 1.2.0}
secrets: {directory: /srv/secrets}
talkEvents: off
probeDn: 7000
state: {backend: s3, options: {bucket: b, key: k, endpoints: {s3: "http://192.0.2.4"}}}
simulatorPort: 9090
`;
  expect(load(text).environment).toStrictEqual({
    name: "site",
    forwardingMode: "proxy",
    host: { address: "192.0.2.1", publicAddress: "198.51.100.1", localNetworks: ["192.0.2.0/24"] },
    docker: { host: "ssh://deploy@edge.example.com:2222", sshOptions: ["-i", "/root/.ssh/deploy"] },
    genesys: {
      servers: [
        { host: "tserver-1.example.com", port: 5062, transport: "tcp" },
        { host: "192.0.2.3", port: 5060, transport: "udp" },
      ],
      credentials: { username: "edge", secret: "genesys/digest" },
      registration: { expires: 120, retryInterval: 5, forbiddenRetryInterval: 60 },
      simulator: false,
    },
    dns: [{ number: "6001" }, { number: "0042", displayName: "Zoë; night shift" }],
    allowedDns: [
      { from: "6000", to: "6099" },
      { from: "0042", to: "0042" },
    ],
    monitor: { range: { from: "6000", to: "6099" }, address: "192.0.2.1", port: 9091, retentionHours: 168 },
    nginx: {
      address: "::",
      port: 443,
      httpPort: 80,
      drainSeconds: 600,
      allowedOrigins: ["https://a.example", "file://"],
      tls: { selfSigned: false },
    },
    phone: { autoAnswerHeaders: true, embedOrigins: ["https://workspace.example:8443"] },
    asterisk: {
      sipAddress: "127.0.0.9",
      sipPort: 5080,
      internalAddress: "127.0.0.9",
      httpPort: 9088,
      amiPort: 9038,
    },
    relay: { address: "192.0.2.9", port: 6070, asteriskSide: "127.0.0.8" },
    postgres: { address: "127.0.0.9", port: 5433 },
    sipProxy: {
      address: "127.0.0.9",
      port: 9080,
      apiPort: 9082,
      guessesPerMinute: 5,
      guessPenaltySeconds: 300,
    },
    hep: { host: "192.0.2.7", port: 9061, captureId: 2001, secret: "hep" },
    rtp: { from: 30000, to: 30998 },
    codecs: ["opus", "g722"],
    comfortNoise: false,
    images: { source: "registry", prefix: "registry.example.com:5000/edge", tag: "1.2.0" },
    secrets: { directory: "/srv/secrets" },
    talkEvents: "off",
    probeDn: "7000",
    state: { backend: "s3", options: { bucket: "b", key: "k", endpoints: { s3: "http://192.0.2.4" } } },
    simulatorPort: 9090,
  });
});

it("derives the site's own origins without the default port", () => {
  const text =
    "host: {address: 192.0.2.1, publicAddress: 198.51.100.1}\ngenesys: {servers: [{host: 192.0.2.2}]}\n";
  expect(load(`${text}nginx: {port: 443}\n`).environment.nginx.allowedOrigins).toStrictEqual([
    "https://192.0.2.1",
    "https://198.51.100.1",
  ]);
});
