import { TestApi } from "../api";

let test: TestApi;

beforeAll(async () => {
  test = await TestApi.start();
});

beforeEach(() => {
  test.reset();
  test.sight = { live: true, reason: null };
});

afterAll(() => test.stop());

const get = (url: string, headers: Record<string, string> = {}, remoteAddress = "127.0.0.1") =>
  test.app.inject({ url, headers, remoteAddress });

describe("GET /healthz", () => {
  it("is ok while Asterisk's events come and the database answers", async () => {
    const answer = await get("/healthz");
    expect([answer.statusCode, answer.json()]).toStrictEqual([
      200,
      { status: "ok", live: true, ready: true, release: "r1", reasons: [] },
    ]);
  });

  it("says every reason why it is not", async () => {
    test.sight = { live: false, reason: 'Asterisk rejects the ARI user "webrtc"' };
    test.database = { ok: false, milliseconds: 1, error: "connect ECONNREFUSED" };
    const answer = await get("/healthz");
    expect([answer.statusCode, answer.json()]).toMatchObject([
      503,
      {
        status: "unhealthy",
        live: true,
        ready: false,
        reasons: ['Asterisk: Asterisk rejects the ARI user "webrtc"', "database: connect ECONNREFUSED"],
      },
    ]);
  });
});

describe("GET /healthz, when requests are refused and events go on", () => {
  it("is not ready: no call could be made", async () => {
    test.asterisk = { ok: false, milliseconds: 1, error: 'Asterisk rejects the ARI user "webrtc"' };
    const answer = await get("/healthz");
    expect([answer.statusCode, answer.json().reasons]).toStrictEqual([
      503,
      ['Asterisk: Asterisk rejects the ARI user "webrtc"'],
    ]);
  });
});

describe("GET /livez", () => {
  it("is answered whatever Asterisk and the database do: a deploy waits for it", async () => {
    test.sight = { live: false, reason: "away" };
    test.database = { ok: false, milliseconds: 1, error: "connect ECONNREFUSED" };
    const answer = await get("/livez");
    expect([answer.statusCode, answer.json()]).toStrictEqual([200, { status: "live", release: "r1" }]);
  });
});

describe.each(["/livez", "/healthz", "/metrics"])("%s from elsewhere", (path) => {
  it("needs a key with the scope", async () => {
    expect((await get(path, {}, "192.0.2.1")).statusCode).toBe(401);
    expect((await get(path, { "x-forwarded-for": "192.0.2.1" })).statusCode).toBe(401);
    expect((await get(path, test.key(["calls:read"]), "192.0.2.1")).statusCode).toBe(403);
    expect((await get(path, test.key(["server:read"]), "192.0.2.1")).statusCode).toBe(200);
  });

  it("is not opened by an X-Forwarded-For that a stranger writes", async () => {
    expect((await get(path, { "x-forwarded-for": "127.0.0.1" }, "192.0.2.1")).statusCode).toBe(401);
  });
});

describe("GET /telephony/server/test", () => {
  it("tells how each answered", async () => {
    test.asterisk = { ok: false, milliseconds: 2.5, error: "connect ECONNREFUSED 127.0.0.1:8088" };
    const answer = await get("/telephony/server/test/", test.key(["server:read"]));
    expect([answer.statusCode, answer.json()]).toStrictEqual([
      200,
      {
        ok: false,
        asterisk: {
          ok: false,
          milliseconds: 2.5,
          says: null,
          error: "connect ECONNREFUSED 127.0.0.1:8088",
        },
        database: { ok: true, milliseconds: 1, says: "is there", error: null },
      },
    ]);
    expect((await get("/telephony/server/test", test.key(["calls:read"]))).statusCode).toBe(403);
  });
});

describe("GET /telephony/access/", () => {
  it("tells what the key may do", async () => {
    const answer = await get("/telephony/access/", test.key(["calls:read", "calls:originate"], "1003"));
    expect(answer.json()).toStrictEqual({
      name: expect.stringMatching(/^key:name-/),
      scopes: ["calls:read", "calls:originate"],
      agent: "1003",
    });
    expect((await get("/telephony/access/", test.key([]))).json()).toMatchObject({ scopes: [], agent: null });
    expect((await get("/telephony/access/")).statusCode).toBe(401);
  });
});

describe("GET /telephony/audit/", () => {
  it("gives entries and the cursor of the next page", async () => {
    const entry = {
      at: new Date(0),
      actor: "key:a",
      address: "::1",
      action: "call.hangup",
      status: 200,
      detail: {},
    };
    test.auditRows = [9, 8, 7].map((id) => ({ ...entry, id: String(id) }));
    const answer = await get("/telephony/audit/?limit=2&actor=key:a&cursor=10", test.key(["audit:read"]));
    expect(answer.json()).toMatchObject({
      entries: [{ id: "9", target: null, code: null }, { id: "8" }],
      next: "8",
    });
    expect(test.auditAsked).toMatchObject([{ actor: "key:a", before: "10", limit: 3 }]);
    expect((await get("/telephony/audit/?cursor=x", test.key())).statusCode).toBe(422);
    expect((await get("/telephony/audit/", test.key(["calls:read"]))).statusCode).toBe(403);
  });
});

describe("the page", () => {
  it("is served without a key, with strict headers", async () => {
    const answer = await get("/calls/", {}, "192.0.2.1");
    expect([answer.statusCode, answer.body]).toStrictEqual([200, "<html></html>"]);
    expect(answer.headers["content-security-policy"]).toContain("default-src 'none'; script-src 'self'");
    expect(answer.headers).toMatchObject({
      "cache-control": "no-cache",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "content-type": "text/html; charset=utf-8",
    });
  });

  it("has files that may be kept for good", async () => {
    const answer = await get("/calls/main-ABCDEFGH.js");
    expect(answer.headers["cache-control"]).toContain("immutable");
    expect((await get("/calls/other.js")).statusCode).toBe(404);
  });

  it("is led to by its name without the slash", async () => {
    const answer = await get("/calls");
    expect([answer.statusCode, answer.headers.location]).toStrictEqual([308, "calls/"]);
  });
});

describe("what is no request of ours", () => {
  const post = (payload: string, headers: Record<string, string>) =>
    test.app.inject({ method: "POST", url: "/telephony/calls/hangup/", payload, headers });

  it.each([
    ["not JSON", "{", { "content-type": "application/json" }, 400, "BODY_INVALID"],
    ["no body", "", { "content-type": "application/json" }, 400, "BODY_INVALID"],
    ["a prototype", '{"__proto__": {}}', { "content-type": "application/json" }, 400, "BODY_INVALID"],
    ["a form", "a=b", { "content-type": "application/x-www-form-urlencoded" }, 415, "MEDIA_TYPE"],
    ["too much", `"${"x".repeat(70_000)}"`, { "content-type": "application/json" }, 413, "BODY_TOO_LARGE"],
  ])("with %s in it has the one shape of errors", async (_, payload, headers, status, code) => {
    const answer = await post(payload, { ...test.key(), ...headers });
    expect([answer.statusCode, answer.json()]).toStrictEqual([
      status,
      { error: { code, message: expect.any(String) } },
    ]);
  });

  it.each(["/", "/telephony/", "/telephony/calls/a%20b", "/%c0%ae", `/telephony/calls/${"x".repeat(300)}/`])(
    "at %s is answered in that shape, too",
    async (path) => {
      const answer = await get(path, test.key());
      expect([404, 422]).toContain(answer.statusCode);
      expect(answer.json().error).toMatchObject({ code: expect.any(String), message: expect.any(String) });
    },
  );

  it("reads no body before the key is checked", async () => {
    const answer = await post("{", { "content-type": "application/json" });
    expect(answer.statusCode).toBe(401);
  });
});

it("counts what was answered by route, not by path", async () => {
  await get("/telephony/calls/7d4c1f2e-52f0-4bb5-8b6e-0f3a1f1f9d10", test.key());
  const { body } = await get("/metrics");
  expect(body).toContain(
    'call_control_http_requests_total{method="GET",route="/telephony/calls/:id/",status="404"} 1',
  );
  expect(body).toContain("process_resident_memory_bytes");
  expect(body).not.toContain("7d4c1f2e");
});
