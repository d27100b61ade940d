import type { DatabaseConfig } from "../../../assets/database/src/config";
import { credentialOfPassword } from "../../../assets/database/src/credential";
import { phoneRows, phonesOf } from "../../../assets/database/src/phones";
import { PHONE_REALM } from "../../../constructs/asterisk/props";

const config: DatabaseConfig = {
  realm: PHONE_REALM,
  context: "genesys-agent",
  codecs: ["ulaw", "alaw"],
  comfortNoise: false,
  dns: [{ number: "1002", displayName: "Alice" }, { number: "1003" }],
  probeDn: "9999",
};

const credential = (number: string, password = "x") => credentialOfPassword(number, config.realm, password);

describe("phoneRows", () => {
  it("holds a digest and no password", () => {
    const rows = phoneRows(config, { number: "1002" }, credential("1002", "correct horse"));
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

  it("keeps the user name and the realm that a digest is bound to", () => {
    const taken = { username: "agent-1002", realm: "asterisk", md5: "0".repeat(32) };
    expect(phoneRows(config, { number: "1002" }, taken).ps_auths).toMatchObject({
      id: "1002",
      username: "agent-1002",
      realm: "asterisk",
      password_digest: `MD5:${"0".repeat(32)}`,
    });
  });

  it("is a browser phone that calls as an agent", () => {
    const { ps_endpoints } = phoneRows(config, { number: "1002", displayName: "Alice" }, credential("1002"));
    expect(ps_endpoints).toMatchObject({
      id: "1002",
      context: "genesys-agent",
      disallow: "all",
      allow: "ulaw,alaw",
      webrtc: "yes",
      identify_by: "username",
      callerid: '"Alice" <1002>',
    });
    expect(phoneRows(config, { number: "1003" }, credential("1003")).ps_endpoints.callerid).toBe(
      '"Agent 1003" <1003>',
    );
  });
});

describe("phonesOf", () => {
  it("adds the probe, once", () => {
    expect(phonesOf(config).map(({ number }) => number)).toStrictEqual(["1002", "1003", "9999"]);
    expect(phonesOf({ ...config, probeDn: "1003" })).toStrictEqual(config.dns);
  });
});
