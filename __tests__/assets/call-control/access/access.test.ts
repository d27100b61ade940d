import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { newApiKey } from "../../../../assets/call-control/src/access/api-key";
import { Tokens } from "../../../../assets/call-control/src/access/tokens";
import { TestApi } from "../api";

/** Who is let in, as who asks sees it. */

let test: TestApi;
let sign: (claims: Record<string, unknown>, seconds?: number) => Promise<string>;

beforeEach(async () => {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const jwk = { ...(await exportJWK(publicKey)), kid: "one" };
  const settings = { issuer: "i", audience: "a", keys: JSON.stringify({ keys: [jwk] }) };
  test = await TestApi.start(new Tokens(settings, () => test.now));
  sign = (claims, seconds = 60) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: "ES256", kid: "one" })
      .setIssuer("i")
      .setAudience("a")
      .setSubject("alice")
      .setExpirationTime(test.now / 1_000 + seconds)
      .sign(privateKey);
});

afterEach(() => test.stop());

const ask = (authorization?: string, remoteAddress = "192.0.2.1", headers = {}) =>
  test.app.inject({
    url: "/telephony/calls/live/",
    headers: { ...headers, ...(authorization !== undefined && { authorization }) },
    remoteAddress,
  });
const statusOf = async (authorization?: string, address?: string) =>
  (await ask(authorization, address)).statusCode;
const wrong = () => `Bearer ${newApiKey()}`;

it("gives one answer whatever is wrong with what was sent", async () => {
  const expired = newApiKey();
  test.keys.add(expired, { scopes: ["calls:read"], expiresAt: new Date(0) });
  const answers = [];
  for (const sent of [
    undefined,
    "",
    "Basic YTpi",
    "Bearer",
    "Bearer a.b.c",
    "Bearer  ",
    wrong(),
    `Bearer ${expired}`,
    `Bearer ${await sign({}, -60)}`,
  ]) {
    const { statusCode, body, headers } = await ask(sent);
    answers.push([statusCode, body, headers["www-authenticate"]]);
  }
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(answers[0]?.[0]).toBe(401);
});

it("takes keys and tokens, in any case of the word", async () => {
  const { authorization } = test.key(["calls:read"]);
  expect(await statusOf(authorization)).toBe(200);
  expect(await statusOf(authorization.replace("Bearer", "bearer"))).toBe(200);
  expect(await statusOf(`Bearer ${await sign({ scope: "calls:read" })}`)).toBe(200);
  expect(await statusOf(`Bearer ${await sign({ scope: "calls:originate" })}`)).toBe(403);
});

describe("an address that guesses", () => {
  const guess = async (times: number, address?: string) => {
    for (let n = 0; n < times; n++) await ask(wrong(), address);
  };

  it("has to wait after ten wrong keys, and is told how long", async () => {
    await guess(9);
    expect(await statusOf(wrong())).toBe(401);
    const answer = await ask(wrong());
    expect([answer.statusCode, answer.json().error.code, answer.headers["retry-after"]]).toStrictEqual([
      429,
      "TOO_MANY_GUESSES",
      "60",
    ]);
    const asked = test.keys.statements.length;
    await guess(5);
    expect(test.keys.statements).toHaveLength(asked);
    test.now += 60_000;
    expect(await statusOf(wrong())).toBe(401);
  });

  it("does not make others wait, nor who is known there already", async () => {
    const { authorization: known } = test.key(["calls:read"]);
    const { authorization: unknown } = test.key(["calls:read"]);
    expect(await statusOf(known)).toBe(200);
    await guess(10);
    expect([await statusOf(known), await statusOf(unknown)]).toStrictEqual([200, 429]);
    expect(await statusOf(unknown, "192.0.2.2")).toBe(200);
  });

  it("is the one that nginx names, and not one that is made up", async () => {
    for (let n = 0; n < 10; n++) await ask(wrong(), "127.0.0.1", { "x-forwarded-for": "192.0.2.7" });
    expect((await ask(wrong(), "127.0.0.1", { "x-forwarded-for": "192.0.2.7" })).statusCode).toBe(429);
    expect((await ask(wrong(), "127.0.0.1", { "x-forwarded-for": "192.0.2.8" })).statusCode).toBe(401);
    for (let n = 0; n < 10; n++) await ask(wrong(), "192.0.2.9", { "x-forwarded-for": `192.0.2.${100 + n}` });
    expect(await statusOf(wrong(), "192.0.2.9")).toBe(429);
  });

  it("is none whose requests have no key, or a token that has run out", async () => {
    for (let n = 0; n < 20; n++) await ask();
    const old = `Bearer ${await sign({}, -60)}`;
    for (let n = 0; n < 20; n++) await ask(old);
    expect(await statusOf(test.key(["calls:read"]).authorization)).toBe(200);
  });
});

it("answers 503 for a key that nobody knows yet while the database is away", async () => {
  test.keys.state.away = true;
  const answer = await ask(wrong());
  expect([answer.statusCode, answer.json().error.code]).toStrictEqual([503, "DATABASE"]);
});

it("audits who was refused, without what was sent", async () => {
  const key = newApiKey();
  await test.app.inject({
    method: "POST",
    url: "/telephony/calls/hangup/",
    headers: { authorization: `Bearer ${key}` },
    payload: { channel_id: "1" },
  });
  expect(test.audited).toMatchObject([
    { action: "call.hangup", actor: "none", status: 401, code: "UNAUTHORIZED", address: "127.0.0.1" },
  ]);
  expect(JSON.stringify(test.audited)).not.toContain(key);
});
