import fc from "fast-check";
import {
  credentialOfPassword,
  credentialOfSecret,
  credentialSchema,
  digestSecret,
  isDigestSecret,
} from "../../../assets/database/src/credential";

const md5 = "f195c29f9445b03cdb0a34c0a93db170";

describe("the credential in a secret", () => {
  it("of a password is the digest of it for the DN and our realm", () => {
    expect(credentialOfSecret("1002", "webrtc-genesys", "correct horse")).toStrictEqual({
      username: "1002",
      realm: "webrtc-genesys",
      md5,
    });
  });

  it("of a digest is taken as it is", () => {
    expect(credentialOfSecret("1002", "webrtc-genesys", `{MD5}agent-1002:asterisk:${md5}`)).toStrictEqual({
      username: "agent-1002",
      realm: "asterisk",
      md5,
    });
  });

  it.each([
    "{MD5}",
    `{MD5}${md5}`,
    `{MD5}1002:${md5}`,
    `{MD5}:asterisk:${md5}`,
    `{MD5}1002::${md5}`,
    `{MD5}1002:aste"risk:${md5}`,
    `{MD5}1002:asterisk:${md5.toUpperCase()}`,
    `{MD5}1002:asterisk:${md5}:x`,
    `{MD5}1002:asterisk:${md5}0`,
  ])("refuses %s, which would lock the phone out as a password", (secret) => {
    expect(() => credentialOfSecret("1002", "webrtc-genesys", secret)).toThrow(/^is no digest: \{MD5\}/);
  });

  it("comes back from the secret that is written for it", () => {
    const word = fc.stringMatching(/^[!#-9;-[\]-~]{1,60}$/);
    fc.assert(
      fc.property(word, word, fc.string(), (username, realm, password) => {
        const credential = credentialOfPassword(username, realm, password);
        expect(credentialSchema.safeParse(credential).success).toBe(true);
        const secret = digestSecret(credential);
        expect(isDigestSecret(secret)).toBe(true);
        expect(credentialOfSecret("9", "other", secret)).toStrictEqual(credential);
      }),
    );
  });
});
