import { type DatabaseConfig, parseDatabaseConfig } from "../../../assets/database/src/config";

const config: DatabaseConfig = {
  realm: "webrtc-genesys",
  context: "genesys-agent",
  codecs: ["ulaw", "alaw"],
  comfortNoise: false,
  dns: [{ number: "1002", displayName: "Zoë; [x]" }, { number: "1003" }],
  probeDn: "9999",
};

describe("parseDatabaseConfig", () => {
  it("takes a complete configuration as it is", () => {
    expect(parseDatabaseConfig(JSON.stringify(config))).toStrictEqual(config);
  });

  it("reports every fault with its place", () => {
    const broken = {
      ...config,
      comfortNoise: true,
      dns: [{ number: "10x2" }, { number: "1003", displayName: 'A" <1>' }],
      probeDn: "",
      extra: 1,
    };
    expect(() => parseDatabaseConfig(JSON.stringify(broken))).toThrow(
      /^dns\.json has faults:\n.*comfortNoise: must be false(.|\n)*dns\.0\.number: is not a DN(.|\n)*dns\.1\.displayName: must not have quotes(.|\n)*probeDn: is not a DN(.|\n)*extra/,
    );
  });

  it.each(["a:b", 'a"b', "a b", ""])("refuses %j as a realm, which a digest could not hold", (realm) => {
    expect(() => parseDatabaseConfig(JSON.stringify({ ...config, realm }))).toThrow("realm:");
  });
});
