import type { DatabaseConfig } from "../../../assets/database/src/config";
import { passwordNames, phoneRows, phonesOf } from "../../../assets/database/src/phones";
import { PHONE_REALM } from "../../../constructs/asterisk/props";

const config: DatabaseConfig = {
  realm: PHONE_REALM,
  context: "genesys-agent",
  codecs: ["ulaw", "alaw"],
  comfortNoise: false,
  dns: [{ number: "1002", displayName: "Alice" }, { number: "1003" }],
  probeDn: "9999",
};

describe("phoneRows", () => {
  it("holds a digest and no password", () => {
    const rows = phoneRows(config, { number: "1002" }, "correct horse");
    // md5("1002:webrtc-genesys:correct horse"), by another program
    expect(rows.ps_auths).toStrictEqual({
      id: "1002",
      auth_type: "digest",
      username: "1002",
      realm: "webrtc-genesys",
      password_digest: "MD5:f195c29f9445b03cdb0a34c0a93db170",
    });
    expect(JSON.stringify(rows)).not.toContain("correct horse");
  });

  it("is a browser phone that calls as an agent", () => {
    const { ps_endpoints } = phoneRows(config, { number: "1002", displayName: "Alice" }, "x");
    expect(ps_endpoints).toMatchObject({
      id: "1002",
      context: "genesys-agent",
      disallow: "all",
      allow: "ulaw,alaw",
      webrtc: "yes",
      identify_by: "username",
      callerid: '"Alice" <1002>',
    });
    expect(phoneRows(config, { number: "1003" }, "x").ps_endpoints.callerid).toBe('"Agent 1003" <1003>');
  });
});

describe("phonesOf", () => {
  it("adds the probe, once", () => {
    expect(phonesOf(config).map(({ number }) => number)).toStrictEqual(["1002", "1003", "9999"]);
    expect(phonesOf({ ...config, probeDn: "1003" })).toStrictEqual(config.dns);
    expect(passwordNames(config)).toStrictEqual(["dn/1002", "dn/1003", "dn/9999"]);
  });
});
