import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type ProxyView, takeProxyList } from "../../../assets/registration-monitor/src/proxy-source";
import { toldByProxy } from "../../../assets/registration-monitor/src/registrar";

const at = "2026-01-05T00:00:00.000Z";
const view = (part: Partial<ProxyView> = {}): ProxyView => ({
  dn: "1002",
  state: "registered",
  since: at,
  expiresAt: "2026-01-05T00:10:00.000Z",
  server: "192.168.210.81",
  lastAnswer: { status: 200, reason: "OK", at },
  allowed: true,
  disabled: false,
  ...part,
});

describe("takeProxyList", () => {
  const never = new AbortController().signal;
  const limits = { deadline: 300, bytes: 10_000 };
  let server: Server;
  let answer: (response: ServerResponse) => void;
  let seen: string[];

  beforeEach(async () => {
    seen = [];
    server = createServer((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.authorization}`);
      answer(response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });

  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const take = () => {
    const { port } = server.address() as AddressInfo;
    return takeProxyList({ host: "127.0.0.1", port, token: "for looking", interval: 2 }, never, limits);
  };

  it("asks by GET with the token, and passes over what it doesn't know", async () => {
    answer = (response) =>
      response.end(JSON.stringify({ registrations: [{ ...view(), sockets: 1, nextAction: null }], more: 1 }));
    expect(await take()).toStrictEqual([view()]);
    expect(seen).toStrictEqual(["GET /registrations Bearer for looking"]);
  });

  it.each([
    ["a wrong token", 401, "", "401: sip-proxy does not know the token (secret sip-proxy-api-read)"],
    ["a fault", 500, "", "answers with status 500"],
    ["no JSON", 200, "<html>", "sip-proxy's list is not as expected at its root"],
    ["another list", 200, '{"registrations":[{"dn":"x"}]}', "not as expected at registrations.0.dn"],
    ["too much", 200, `"${"x".repeat(20_000)}"`, "more than 10000 bytes"],
  ])("says what is wrong: %s", async (_, status, body, words) => {
    answer = (response) => response.writeHead(status).end(body);
    await expect(take()).rejects.toThrow(words);
  });

  it("does not wait for ever", async () => {
    answer = () => {};
    await expect(take()).rejects.toThrow("no whole answer within 300 ms");
  });
});

describe("what sip-proxy says of a DN", () => {
  const later = "2026-01-05T00:05:00.000Z";

  it.each([
    [view(), "Registered", null],
    [view({ state: "refreshing" }), "Registered", null],
    [view({ state: "registering" }), "Registering", null],
    [
      view({ state: "backing off", lastAnswer: { status: 403, reason: "Forbidden", at } }),
      "BackingOff",
      "403 Forbidden",
    ],
    [view({ state: "backing off", since: later }), "BackingOff", "no answer"],
    [view({ state: "backing off", lastAnswer: null }), "BackingOff", "no answer"],
    [view({ state: "releasing" }), "Unregistered", "an un-REGISTER is on its way"],
    [view({ state: "idle" }), "Unregistered", null],
    [view({ state: "idle", disabled: true }), "Unregistered", "disabled by an operator"],
    [view({ state: "idle", allowed: false }), "Unregistered", "outside allowedDns"],
  ])("%j", (one, status, cause) => {
    expect(toldByProxy(one)).toMatchObject({ status, cause, server: "192.168.210.81" });
  });
});
