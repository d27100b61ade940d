import { configSchema, isAllowed, type SipProxyConfigInput } from "../../../assets/sip-proxy/src/config";

const minimal = {
  release: "r",
  edge: {},
  asterisk: { url: "ws://127.0.0.1:8088/ws" },
  ami: { secret: "s" },
  genesys: { servers: [{ host: "192.168.210.81", port: 5060 }], localAddress: "192.168.210.54" },
  trunk: { host: "192.168.210.54" },
  allowedDns: [{ from: "1000", to: "5020" }],
} satisfies SipProxyConfigInput;

/** Paths of the faults of a configuration. */
function faults(change: (config: Record<string, never>) => unknown): string[] {
  const result = configSchema.safeParse({ ...minimal, ...(change(minimal as never) as object) });
  return result.success ? [] : result.error.issues.map((issue) => issue.path.join("."));
}

describe("config.json", () => {
  it("needs little, and fills in the rest", () => {
    const config = configSchema.parse(minimal);
    expect(config.edge).toMatchObject({ address: "127.0.0.1", port: 8080, path: "/ws" });
    expect(config.edge.limits).toMatchObject({ messageBytes: 65_536, opening: 5 });
    expect(config.genesys).toMatchObject({ rate: 50, sockets: 8, servers: [{ transport: "udp" }] });
    expect(config.genesys.registration).toEqual({
      expires: 600,
      retryInterval: 10,
      forbiddenRetryInterval: 10,
      maxRetryInterval: 300,
    });
    expect(config).toMatchObject({ graceSeconds: 30, reconcileSeconds: 60, releaseOnStop: false });
  });

  it.each<[string, (config: Record<string, never>) => unknown]>([
    ["edge.address", () => ({ edge: { address: "0.0.0.0" } })],
    ["api.address", () => ({ api: { address: "192.168.210.54" } })],
    ["asterisk.url", () => ({ asterisk: { url: "http://127.0.0.1:8088/ws" } })],
    ["asterisk.url", () => ({ asterisk: { url: "ws://:x" } })],
    ["genesys.servers", () => ({ genesys: { ...minimal.genesys, servers: [] } })],
    [
      "genesys.servers",
      () => ({
        genesys: {
          ...minimal.genesys,
          servers: [...minimal.genesys.servers, { host: "192.168.210.81", port: 5060, transport: "udp" }],
        },
      }),
    ],
    ["api.token", () => ({ api: { token: "short" } })],
    ["api.readToken", () => ({ api: { token: "the same for both", readToken: "the same for both" } })],
    ["hep.captureId", () => ({ hep: { host: "homer", captureId: 2 ** 32 } })],
    ["hep.captureId", () => ({ hep: { host: "homer" } })],
    ["allowedDns.0", () => ({ allowedDns: [{ from: "2000", to: "1000" }] })],
    ["allowedDns.0", () => ({ allowedDns: [{ from: "100", to: "1000" }] })],
    ["trunk.host", () => ({ trunk: { host: "a b" } })],
    ["edge.limits.opening", () => ({ edge: { limits: { opening: 0 } } })],
    ["", () => ({ typo: 1 })],
  ])("finds the fault at %s", (path, change) => {
    expect(faults(change)).toEqual([path]);
  });
});

describe("allowed DNs", () => {
  const ranges = [
    { from: "1000", to: "5020" },
    { from: "0100", to: "0199" },
  ];

  it.each(["1000", "1002", "5020", "0100", "0199"])("%s is", (dn) => {
    expect(isAllowed(dn, ranges)).toBe(true);
  });

  it.each(["999", "5021", "10000", "0200", "100", ""])("%s is not", (dn) => {
    expect(isAllowed(dn, ranges)).toBe(false);
  });
});
