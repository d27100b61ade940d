import {
  checkHandshake,
  clientAddress,
  type HandshakeRequest,
} from "../../../../assets/sip-proxy/src/edge/handshake";

const policy = {
  path: "/ws",
  allowedOrigins: ["https://agents.example"],
  trustedProxies: ["127.0.0.1", "::1"],
  limits: { sockets: 10, socketsPerAddress: 2 },
};
const empty = { total: 0, of: () => 0, waits: () => 0 };
const upgrade = {
  upgrade: "websocket",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  "sec-websocket-version": "13",
};
const headers = { ...upgrade, "sec-websocket-protocol": "sip" };
const good = { method: "GET", url: "/ws", peer: "127.0.0.1", headers };

function status(request: Partial<HandshakeRequest>, census = empty): number {
  const verdict = checkHandshake({ ...good, ...request }, policy, census);
  return verdict.accepted ? 101 : verdict.status;
}

describe("the ladder", () => {
  it("one check, one status", () => {
    expect(status({})).toBe(101);
    expect(status({ url: "/ws?token=1" })).toBe(101);
    expect(status({ url: "/wss" })).toBe(404);
    expect(status({ headers: upgrade })).toBe(400);
    expect(status({ headers: { ...upgrade, "sec-websocket-protocol": "sips, xsip" } })).toBe(400);
    expect(status({ headers: { ...upgrade, "sec-websocket-protocol": "chat, sip" } })).toBe(101);
    expect(status({ headers: { ...headers, origin: "https://evil.example" } })).toBe(403);
    expect(status({ headers: { ...headers, origin: "null" } })).toBe(403);
    expect(status({ headers: { ...headers, origin: "https://AGENTS.example" } })).toBe(101);
    expect(status({}, { ...empty, waits: () => 7 })).toBe(429);
    expect(status({}, { ...empty, total: 10 })).toBe(503);
    expect(status({}, { ...empty, total: 9, of: () => 2 })).toBe(429);
  });

  it("who has to wait is told for how long", () => {
    const verdict = checkHandshake(good, policy, { ...empty, waits: () => 7 });
    expect(verdict).toMatchObject({ code: "guessing", retryAfter: 7 });
  });

  it("what is no handshake of RFC 6455 4.2.1", () => {
    expect(status({ method: "POST" })).toBe(405);
    expect(status({ headers: { ...headers, upgrade: "h2c" } })).toBe(400);
    expect(status({ headers: { ...headers, upgrade: "WebSocket" } })).toBe(101);
    expect(status({ headers: { ...headers, "sec-websocket-key": "c2hvcnQ=" } })).toBe(400);
    expect(status({ headers: { ...headers, "sec-websocket-version": "8" } })).toBe(426);
  });

  it("an earlier fault hides the later ones", () => {
    expect(
      status(
        { url: "/", headers: { origin: "https://evil.example" } },
        { ...empty, total: 99, of: () => 99 },
      ),
    ).toBe(404);
  });
});

describe("the client's address", () => {
  const trusted = ["127.0.0.1"];

  it.each([
    ["the peer's own without a proxy", "192.0.2.1", undefined, "192.0.2.1"],
    ["the peer's own when the proxy is not trusted", "192.0.2.1", "203.0.113.5", "192.0.2.1"],
    ["what a trusted proxy saw", "127.0.0.1", "203.0.113.5", "203.0.113.5"],
    ["the last entry, not what the client claimed", "127.0.0.1", "10.0.0.1, 203.0.113.5", "203.0.113.5"],
    ["IPv4 in IPv6 as IPv4", "::ffff:127.0.0.1", "::ffff:203.0.113.5", "203.0.113.5"],
    ["IPv6", "127.0.0.1", "2001:db8::1", "2001:db8::1"],
    ["the peer's own when the header is nonsense", "127.0.0.1", "unknown", "127.0.0.1"],
    ["the peer's own when the header is empty", "127.0.0.1", "", "127.0.0.1"],
  ])("is %s", (_what, peer, header, expected) => {
    expect(clientAddress(peer, header, trusted)).toBe(expected);
  });
});
