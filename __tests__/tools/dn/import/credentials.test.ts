import { credentialOfPassword } from "../../../../assets/database/src/credential";
import { passwordOf } from "../../../../tools/dn/import/credentials";
import { auth } from "./objects-of";

const md5 = "0123456789abcdef0123456789abcdef";
const take = (options: Record<string, string | string[]>, defaultRealm?: string) =>
  passwordOf(auth("auth1002", options), "1002", "ours", defaultRealm);

it("takes a password in clear text for the secret", () => {
  expect(take({ auth_type: "userpass", username: "1002", password: "p;w" })).toStrictEqual({
    secret: "p;w",
    credential: credentialOfPassword("1002", "ours", "p;w"),
  });
  // Asterisk's default, and what newer files have.
  expect(take({ username: "1002", password: "pw" })).toMatchObject({ secret: "pw" });
  expect(take({ auth_type: "digest", username: "1002", password: "pw" })).toMatchObject({ secret: "pw" });
});

it("takes a digest as it is, with the realm that it is bound to", () => {
  const options = { auth_type: "md5", username: "1002", md5_cred: md5 };
  expect(take({ ...options, realm: "site" })).toMatchObject({ secret: `{MD5}1002:site:${md5}` });
  expect(take(options, "global.example")).toMatchObject({ secret: `{MD5}1002:global.example:${md5}` });
  expect(take(options)).toStrictEqual({
    secret: `{MD5}1002:asterisk:${md5}`,
    credential: { username: "1002", realm: "asterisk", md5 },
  });
  expect(take({ ...options, md5_cred: md5.toUpperCase() })).toMatchObject({
    secret: `{MD5}1002:asterisk:${md5}`,
  });
});

it("takes the MD5 one of password_digest, in one option or in several", () => {
  const sha = "a".repeat(64);
  const options = { auth_type: "digest", username: "1002", realm: "r" };
  for (const password_digest of [
    `MD5:${md5}`,
    `SHA-256:${sha},md5:${md5}`,
    [`SHA-256:${sha}`, `MD5: ${md5}`],
    md5,
  ])
    expect(take({ ...options, password_digest })).toMatchObject({ secret: `{MD5}1002:r:${md5}` });
  expect(take({ ...options, password_digest: `MD5:${md5}`, password: "pw" })).toMatchObject({
    secret: `{MD5}1002:r:${md5}`,
  });
  expect(take({ ...options, password_digest: `SHA-256:${sha}` })).toStrictEqual({
    fault: "it has a digest of SHA-256 only, and browser phones answer MD5: give it a password",
  });
});

it("makes a digest of a password whose user name is not the DN, and says so", () => {
  const credential = credentialOfPassword("agent7", "ours", "pw");
  expect(take({ username: "agent7", password: "pw" })).toStrictEqual({
    secret: `{MD5}agent7:ours:${credential.md5}`,
    credential,
    note: "its phone signs in as user agent7: the page /phone/ can't, for it takes the DN",
  });
});

it("keeps a password that looks like a digest from being taken for one", () => {
  const credential = credentialOfPassword("1002", "ours", "{MD5}x");
  expect(take({ username: "1002", password: "{MD5}x" })).toMatchObject({
    secret: `{MD5}1002:ours:${credential.md5}`,
  });
});

it.each([
  [{ password: "pw" }, "its auth 'auth1002' has no username"],
  [{ username: "1002" }, "its auth 'auth1002' has no password and no digest"],
  [{ username: "1002", password: "" }, "its auth 'auth1002' has no password and no digest"],
  [
    { username: "1002", auth_type: "google_oauth" },
    "auth_type=google_oauth is none that a browser phone can do",
  ],
  [{ username: "1002", auth_type: "md5", md5_cred: "xyz" }, "its digest is not 32 hexadecimal digits"],
  [
    { username: "10:02", auth_type: "md5", md5_cred: md5 },
    "user name '10:02' or realm 'asterisk' can't be taken over",
  ],
  [{ username: "1002", auth_type: "md5", md5_cred: md5, realm: 'a"b' }, `user name '1002' or realm 'a"b'`],
  [{ username: "1002", password: "a\nb" }, "its password has control characters"],
])("says why %j can't be taken over", (options, message) => {
  expect(take(options)).toStrictEqual({ fault: expect.stringContaining(message) });
});
