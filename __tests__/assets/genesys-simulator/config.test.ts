import { configSchema } from "../../../assets/genesys-simulator/src/config";

const minimal = {
  release: "abc",
  servers: [{ name: "primary", address: "127.0.0.2", port: 5060 }],
  api: { port: 8090 },
  settings: { dns: [{ from: "1000", to: "1009" }] },
};

function faults(config: unknown): string[] {
  const result = configSchema.safeParse(config);
  return result.success
    ? []
    : result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
}

describe("configSchema", () => {
  it("fills everything in that has a default", () => {
    const { registrations, api, settings } = configSchema.parse(minimal);
    expect(registrations).toBe("separate");
    expect(api.address).toBe("127.0.0.1");
    expect(settings).toMatchObject({
      unknownDn: 404,
      bindingsPerDn: 1,
      expires: { min: 60, max: 3600, default: 600 },
      digest: { enabled: false, realm: "genesys", algorithms: ["MD5"], methods: ["REGISTER"] },
      talk: { mode: "always", delayMs: 500 },
      calls: { responseSeconds: 10, ringSeconds: 120 },
    });
  });

  it.each([
    [
      "two servers of one name",
      {
        servers: [
          { name: "a", address: "127.0.0.2", port: 5060 },
          { name: "a", address: "127.0.0.3", port: 5060 },
        ],
      },
      "servers: every server needs a name of its own",
    ],
    [
      "two servers at one address",
      {
        servers: [
          { name: "a", address: "127.0.0.2", port: 5060 },
          { name: "b", address: "127.0.0.2", port: 5060 },
        ],
      },
      "servers: every server needs an address and port of its own",
    ],
    [
      "an API that others can reach",
      { api: { address: "192.168.1.1", port: 8090 } },
      "api.address: the HTTP API may listen on a loopback address only",
    ],
    [
      "a range upside down",
      { settings: { dns: [{ from: "1009", to: "1000" }] } },
      "settings.dns.0: 'from' and 'to' need the same number of digits, 'from' not above 'to'",
    ],
    [
      "a range over lengths",
      { settings: { dns: [{ from: "999", to: "1000" }] } },
      "settings.dns.0: 'from' and 'to' need the same number of digits, 'from' not above 'to'",
    ],
    [
      "digest without any password",
      { settings: { ...minimal.settings, digest: { enabled: true } } },
      "settings.digest: digest is enabled but there is neither 'password' nor 'passwords'",
    ],
    [
      "a minimum above the maximum",
      { settings: { ...minimal.settings, expires: { min: 100, max: 50 } } },
      "settings.expires: 'min' is above 'max'",
    ],
    ["a key that nobody knows", { talk: "off" }, ': Unrecognized key: "talk"'],
  ])("refuses %s", (_what, change, expected) => {
    expect(faults({ ...minimal, ...change })).toEqual([expected]);
  });
});
