import { configSchema, inRange } from "../../../assets/registration-monitor/src/config";
import { configInput } from "./config-input";

const faultsOf = (config: unknown) =>
  configSchema.safeParse(config).error?.issues.map((issue) => issue.message);

describe("configSchema", () => {
  it("takes a whole configuration and fills in what has a default", () => {
    const config = configSchema.parse(configInput());
    expect(config.reconcileInterval).toBe(60);
    expect(config.metrics.path).toBe("/metrics");
    expect(config.database).toMatchObject({ name: "asterisk", interval: 5 });
    expect(config.timeline).toStrictEqual({ retentionHours: 24, maxRows: 500_000 });
  });

  it.each([
    [{ mode: "kamailio" }, "a mode is static or proxy"],
    [{ range: { from: "5020", to: "1000" } }, "the range is upside down: from must not be above to"],
    [{ range: { from: "100", to: "5020" } }, "both ends must have the same number of digits"],
    [{ range: { from: "000000", to: "100000" } }, "the range has more than 100000 DNs"],
    [{ range: { from: "1000", to: "50x0" } }, "a DN is 1 to 20 digits"],
    [{ listen: { address: "127.0.0.1", port: 65_536 } }, "a port is 0 to 65535"],
    [{ reconcileInterval: 0 }, "1 s or more"],
    [{ timeline: { retentionHours: 0 } }, "1 hour or more"],
    [{ timeline: { retentionHours: 169 } }, "168 hours or less"],
    [{ timeline: { maxRows: 1 } }, "1000 or more"],
    [{ mode: "proxy" }, "is there in proxy mode, and only then"],
    [
      { sipProxy: { host: "127.0.0.1", port: 8082, token: "for looking" } },
      "is there in proxy mode, and only then",
    ],
  ])("refuses %j", (part, fault) => {
    expect(faultsOf({ ...configInput(), ...part })).toStrictEqual([fault]);
  });

  it("takes the biggest range, also of numbers beyond 2^53", () => {
    expect(faultsOf({ ...configInput(), range: { from: "000000", to: "099999" } })).toBeUndefined();
    const range = { from: "99999999999999900000", to: "99999999999999999999" };
    expect(faultsOf({ ...configInput(), range })).toBeUndefined();
  });

  it("refuses keys that it does not know", () => {
    expect(faultsOf({ ...configInput(), intervall: 1 })).toStrictEqual(['Unrecognized key: "intervall"']);
  });
});

describe("inRange", () => {
  const range = { from: "1000", to: "5020" };

  it.each(["1000", "1002", "5020"])("%s is", (dn) => expect(inRange(dn, range)).toBe(true));
  it.each(["0999", "5021", "01002", "100", "1a02", "genesys_sip_server", ""])("%j is not", (name) => {
    expect(inRange(name, range)).toBe(false);
  });
});
