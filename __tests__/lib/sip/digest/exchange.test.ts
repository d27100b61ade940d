import {
  DigestClient,
  DigestServer,
  type DigestServerOptions,
  parseAuth,
  type SipRequest,
  SipResponse,
} from "../../../../lib/sip";
import { FakeClock } from "../support/fake-clock";
import { request } from "../support/messages";

const CREDENTIALS = { username: "1002", password: 'pä"ss' };

function setUp(options: Partial<DigestServerOptions> = {}) {
  const clock = new FakeClock();
  const server = new DigestServer({
    realm: "gené",
    password: (user) => (user === "1002" ? 'pä"ss' : undefined),
    clock,
    ...options,
  });
  return { clock, server };
}

/** 401 with whatever challenges. */
function challenge(...rows: string[]): SipResponse {
  return SipResponse.to(request("REGISTER"), 401, {
    headers: rows.map((row) => ["WWW-Authenticate", row] as const),
  });
}

function authorization(message: SipRequest): ReadonlyMap<string, string> {
  return parseAuth(message.get("Authorization") ?? "", "Authorization").params;
}

/** Send a request as often as the client wants to; what the server said each time. */
function converse(client: DigestClient, server: DigestServer, kind: "www" | "proxy" = "www"): string[] {
  const said: string[] = [];
  for (let round = 0; round < 10; round++) {
    const message = request("REGISTER");
    client.authorize(message);
    const verdict = server.verify(message);
    said.push(verdict.ok ? `ok ${verdict.username}` : verdict.reason);
    if (verdict.ok) break;
    const status = kind === "www" ? 401 : 407;
    const next = client.challenge(SipResponse.to(message, status, { headers: verdict.challenges }));
    if (next !== "retry") {
      said.push(next);
      break;
    }
  }
  return said;
}

describe("client and server together", () => {
  it.each([["MD5"], ["SHA-256"], ["SHA-256", "MD5"]] as const)("agree on %s %s", (...algorithms) => {
    const { server } = setUp({ algorithms: algorithms.filter((name) => name !== undefined) });
    expect(converse(new DigestClient(CREDENTIALS), server)).toEqual(["missing", "ok 1002"]);
  });

  it("agree as a proxy with 407 (22.3)", () => {
    const { server } = setUp({ kind: "proxy" });
    expect(converse(new DigestClient(CREDENTIALS), server, "proxy")).toEqual(["missing", "ok 1002"]);
  });

  it("need no challenge for the next request, whose nc rises (RFC 7616 3.4)", () => {
    const { server } = setUp();
    const client = new DigestClient(CREDENTIALS);
    converse(client, server);
    expect(converse(client, server)).toEqual(["ok 1002"]);
    expect(converse(client, server)).toEqual(["ok 1002"]);
  });

  it("go on when a nonce has run out: stale=true is no failure", () => {
    const { server, clock } = setUp({ nonceLifetime: 60 });
    const client = new DigestClient(CREDENTIALS);
    converse(client, server);
    clock.advance(60_001);
    expect(converse(client, server)).toEqual(["stale", "ok 1002"]);
  });

  it("go on for as long as nonces run out between requests, however many in a row", () => {
    const { server, clock } = setUp({ nonceLifetime: 60 });
    const client = new DigestClient(CREDENTIALS);
    converse(client, server);
    for (let refresh = 0; refresh < 10; refresh++) {
      clock.advance(60_001);
      expect(converse(client, server)).toEqual(["stale", "ok 1002"]);
    }
  });

  it.each([
    ["a wrong password", { username: "1002", password: "wrong" }],
    ["an unknown user", { username: "1003", password: 'pä"ss' }],
    ["an unknown user without a password", { username: "1003", password: "" }],
  ])("end with %s after one try, and start afresh the next time", (_what, credentials) => {
    const client = new DigestClient(credentials);
    expect(converse(client, setUp().server)).toEqual(["missing", "wrong", "rejected"]);
    expect(converse(client, setUp().server)).toEqual(["missing", "wrong", "rejected"]);
  });
});

describe("DigestServer", () => {
  function authorized(client = new DigestClient(CREDENTIALS), options: Partial<DigestServerOptions> = {}) {
    const { server, clock } = setUp(options);
    const first = server.verify(request("REGISTER"));
    if (first.ok) throw new Error("not challenged");
    client.challenge(SipResponse.to(request("REGISTER"), 401, { headers: first.challenges }));
    const message = request("REGISTER");
    client.authorize(message);
    return { server, clock, message };
  }

  it("takes each nc once: a replay is refused as stale, with a new nonce", () => {
    const { server, message } = authorized();
    expect(server.verify(message)).toMatchObject({ ok: true });
    const verdict = server.verify(message.clone());
    expect(verdict).toMatchObject({ ok: false, reason: "replayed", username: "1002" });
    expect(verdict.ok ? "" : verdict.challenges[0]?.[1]).toContain("stale=true");
  });

  it("refuses a nonce that it did not sign", () => {
    const { server, message } = authorized();
    const forged = message.get("Authorization")?.replace(/nonce="./, 'nonce="Z') ?? "";
    expect(server.verify(message.clone().set("Authorization", forged))).toMatchObject({ reason: "stale" });
    expect(setUp().server.verify(message)).toMatchObject({ reason: "stale" });
  });

  it("covers the method: an Authorization does not fit another request", () => {
    const { server, message } = authorized();
    const other = request("INVITE").set("Authorization", message.get("Authorization") ?? "");
    expect(server.verify(other)).toMatchObject({ ok: false, reason: "wrong" });
  });

  it.each([
    ["no qop", /qop=auth, /],
    ["no cnonce", /cnonce="[^"]*", /],
    ["no response", /response="[^"]*", /],
  ])("calls %s malformed", (_what, pattern) => {
    const { server, message } = authorized();
    const text = message.get("Authorization") ?? "";
    expect(text).toMatch(pattern);
    expect(server.verify(message.clone().set("Authorization", text.replace(pattern, "")))).toMatchObject({
      reason: "malformed",
    });
  });

  it.each(["NoOneKnowsThisScheme opaque-data=here", 'Digest realm="elsewhere", nonce="x"'])(
    "passes by credentials that are not for it: %s",
    (text) => {
      expect(setUp().server.verify(request("REGISTER", [`Authorization: ${text}`]))).toMatchObject({
        reason: "missing",
      });
    },
  );

  it("holds no more nonces than its bound", () => {
    const { server, message } = authorized(undefined, { maxNonces: 3 });
    for (let i = 0; i < 3; i++) server.verify(request("REGISTER"));
    expect(server.verify(message)).toMatchObject({ ok: false, reason: "replayed" });
  });
});

describe("DigestClient (RFC 7616, RFC 8760)", () => {
  it("takes the first challenge that it can answer", () => {
    const client = new DigestClient(CREDENTIALS);
    const response = challenge(
      'Basic realm="r"',
      'Digest realm="r", nonce="a", algorithm=SHA3-512',
      'Digest realm="r", nonce="b", algorithm=SHA-256, qop="auth-int"',
      'Digest realm="r", nonce="c", algorithm=SHA-256, qop="auth,auth-int", opaque="o"',
      'Digest realm="r", nonce="d", algorithm=MD5, qop="auth"',
    );
    expect(client.challenge(response)).toBe("retry");
    const message = request("REGISTER");
    client.authorize(message);
    expect(Object.fromEntries(authorization(message))).toMatchObject({
      nonce: "c",
      algorithm: "SHA-256",
      opaque: "o",
      qop: "auth",
      nc: "00000001",
      uri: "sip:1003@192.0.2.2",
    });
  });

  it("says unsupported when there is none", () => {
    expect(new DigestClient(CREDENTIALS).challenge(challenge("NTLM", 'Digest realm="r"'))).toBe(
      "unsupported",
    );
    expect(new DigestClient(CREDENTIALS).challenge(challenge())).toBe("unsupported");
  });

  it("answers a challenge without qop and algorithm in the old form", () => {
    const client = new DigestClient(CREDENTIALS);
    client.challenge(challenge('Digest realm="r", nonce="n"'));
    const message = request("REGISTER");
    client.authorize(message);
    expect([...authorization(message).keys()]).toEqual(["username", "realm", "nonce", "uri", "response"]);
  });

  it("counts nc in 8 hex digits, per nonce", () => {
    const client = new DigestClient(CREDENTIALS, { cnonce: () => "fixed" });
    const nc = () => {
      const message = request("REGISTER");
      client.authorize(message);
      return authorization(message).get("nc");
    };
    client.challenge(challenge('Digest realm="r", nonce="n1", qop="auth"'));
    const seen = Array.from({ length: 16 }, nc);
    expect([seen[0], seen[15]]).toEqual(["00000001", "00000010"]);
    expect(client.challenge(challenge('Digest realm="r", nonce="n2", qop="auth"'))).toBe("retry");
    expect(nc()).toBe("00000001");
  });

  it("never loops on a server that repeats its challenge, or calls every nonce stale", () => {
    for (const stale of ["", ", stale=true"]) {
      const client = new DigestClient(CREDENTIALS);
      let rounds = 0;
      while (
        client.challenge(challenge(`Digest realm="r", nonce="n${rounds}", qop="auth"${stale}`)) === "retry"
      ) {
        client.authorize(request("REGISTER"));
        expect(++rounds).toBeLessThan(6);
      }
    }
  });
});
