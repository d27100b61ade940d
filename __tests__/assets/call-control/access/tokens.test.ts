import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from "jose";
import { Tokens } from "../../../../assets/call-control/src/access/tokens";

const settings = { issuer: "https://login.example.com", audience: "call-control" };
const now = Date.parse("2026-03-02T10:00:00Z");
let privateKey: CryptoKey;
let tokens: Tokens;

beforeAll(async () => {
  const pair = await generateKeyPair("ES256");
  privateKey = pair.privateKey;
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: "one", alg: "ES256" }] });
  tokens = new Tokens({ ...settings, keys }, () => now);
});

interface Options {
  readonly key?: CryptoKey | Uint8Array;
  readonly alg?: string;
  readonly issuer?: string;
  readonly audience?: string;
  readonly expires?: number | undefined;
  readonly subject?: string | undefined;
}

function token(claims: Record<string, unknown> = {}, options: Options = {}): Promise<string> {
  const { key = privateKey, alg = "ES256", issuer = settings.issuer, audience = settings.audience } = options;
  const jwt = new SignJWT(claims)
    .setProtectedHeader({ alg, kid: "one" })
    .setIssuer(issuer)
    .setAudience(audience);
  const expires = "expires" in options ? options.expires : now / 1_000 + 60;
  const subject = "subject" in options ? options.subject : "alice";
  if (expires !== undefined) jwt.setExpirationTime(expires);
  if (subject !== undefined) jwt.setSubject(subject);
  return jwt.sign(key);
}

it("takes a token of the issuer's with its scopes and its agent", async () => {
  const verdict = await tokens.check(
    await token({ scope: "calls:read openid calls:control", agent: "1001" }),
  );
  expect(verdict).toMatchObject({ outcome: "good", principal: { actor: "jwt:alice", agent: "1001" } });
  if (verdict.outcome !== "good") throw new Error("it is not");
  expect([...verdict.principal.scopes]).toStrictEqual(["calls:read", "calls:control"]);
  expect(verdict.principal.isValid()).toBe(true);
});

it("has no scope without the claim", async () => {
  const verdict = await tokens.check(await token());
  expect(verdict.outcome === "good" && verdict.principal.scopes.size).toBe(0);
});

it("tells one that has expired from one that is bad, a few seconds late", async () => {
  expect(await tokens.check(await token({}, { expires: now / 1_000 - 4 }))).toMatchObject({
    outcome: "good",
  });
  expect(await tokens.check(await token({}, { expires: now / 1_000 - 6 }))).toStrictEqual({
    outcome: "expired",
  });
});

describe("refuses one", () => {
  const stranger = () => generateKeyPair("ES256").then((pair) => pair.privateKey);

  it.each<[string, () => Promise<string>]>([
    ["of another issuer", () => token({}, { issuer: "https://evil.example" })],
    ["for another audience", () => token({}, { audience: "mail" })],
    ["without an end", () => token({}, { expires: undefined })],
    ["without a subject", () => token({}, { subject: undefined })],
    ["signed by a stranger", async () => token({}, { key: await stranger() })],
    ["signed by a stranger, and expired", async () => token({}, { key: await stranger(), expires: 1 })],
    ["signed by a secret", () => token({}, { alg: "HS256", key: new Uint8Array(32) })],
    ["whose agent is no DN", () => token({ agent: "1001; DROP" })],
    ["whose agent is a number", () => token({ agent: 1001 })],
    ["whose agent is null", () => token({ agent: null })],
    [
      "that was changed",
      async () => (await token()).replace(/\.[^.]+\./, `.${Buffer.from("{}").toString("base64url")}.`),
    ],
    ["that is none", async () => "a.b.c"],
  ])("%s", async (_, make) => {
    expect(await tokens.check(await make())).toStrictEqual({ outcome: "bad" });
  });

  it("that has no signature at all", async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const claims = { iss: settings.issuer, aud: settings.audience, sub: "alice", exp: now / 1_000 + 60 };
    expect(await tokens.check(`${part({ alg: "none" })}.${part(claims)}.`)).toStrictEqual({ outcome: "bad" });
  });
});

it.each([
  "",
  "[]",
  "{}",
  '{"keys": []}',
  '{"keys": [{}]}',
  '{"keys": "swordfish"}',
  '{"keys": [{"kty": "EC", "d": "swordfish"}]}',
  '{"keys": [{"kty": "oct", "k": "swordfish"}]}',
])("says that %j is no key set, without showing it", (keys) => {
  expect(() => new Tokens({ ...settings, keys })).toThrow(
    /^jwt\.keys is no JSON Web Key Set of public keys: \{"keys"/,
  );
});
