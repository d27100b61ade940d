import {
  DigestClient,
  DigestServer,
  grantedExpiry,
  type HeaderInit,
  type IncomingRequest,
  RegistrationClient,
  type RegistrationOutcome,
  SipResponse,
} from "../../../../lib/sip";
import { outcomeOf, twoAgents } from "../support/agents";
import { request } from "../support/messages";

const CONTACT = "sip:1002@192.0.2.1:5060";

const brief = (outcome: RegistrationOutcome) =>
  outcome.kind === "failed" ? `failed ${(outcome.error as { code?: string }).code}` : outcome.kind;

function setUp(onRequest: (incoming: IncomingRequest) => void, password?: string) {
  const requests: IncomingRequest[] = [];
  const agents = twoAgents((incoming) => {
    requests.push(incoming);
    onRequest(incoming);
  });
  const client = new RegistrationClient({
    agent: agents.near,
    aor: "sip:1002@genesys.example:5080",
    contact: CONTACT,
    contactParams: ";reg-id=1",
    digest: password === undefined ? undefined : new DigestClient({ username: "1002", password }),
  });
  return { ...agents, client, requests };
}

describe("RegistrationClient (RFC 3261 10.2)", () => {
  it("sends To, From, Request-URI, Contact and Expires as 10.2 says", async () => {
    const { clock, client, flow, requests } = setUp((incoming) => incoming.respond(200));
    const outcome = client.register(600, { flow });
    await clock.run(10);
    expect(await outcome).toMatchObject({ kind: "registered", expires: 600 });
    const message = requests[0]?.request;
    expect([message?.uri, message?.to.uri, message?.from.uri, message?.expires]).toEqual([
      "sip:genesys.example:5080",
      "sip:1002@genesys.example:5080",
      "sip:1002@genesys.example:5080",
      600,
    ]);
    expect(message?.get("Contact")).toBe(`<${CONTACT}>;reg-id=1`);
  });

  it("keeps one Call-ID and raises CSeq by one each time, challenges included (rule 23)", async () => {
    const server = new DigestServer({ realm: "r", password: () => "pw" });
    const { clock, client, flow, requests } = setUp((incoming) => {
      const verdict = server.verify(incoming.request);
      if (verdict.ok) incoming.respond(200);
      else incoming.respond(401, { headers: verdict.challenges });
    }, "pw");
    const outcomes: string[] = [];
    for (const step of [() => client.register(600, { flow }), () => client.unregister({ flow })]) {
      const outcome = step();
      await clock.run(100);
      outcomes.push(brief(await outcome));
    }
    expect(outcomes).toEqual(["registered", "unregistered"]);
    expect(new Set(requests.map(({ request }) => request.callId))).toEqual(new Set([client.callId]));
    expect(requests.map(({ request }) => request.cseq.number)).toEqual([1, 2, 3]);
    expect(requests[2]?.request.expires).toBe(0);
  });

  it("tells wrong credentials from other refusals, and never loops", async () => {
    const server = new DigestServer({ realm: "r", password: () => "pw" });
    const { clock, client, flow, requests } = setUp((incoming) => {
      const verdict = server.verify(incoming.request);
      if (!verdict.ok) incoming.respond(401, { headers: verdict.challenges });
    }, "wrong");
    const outcome = client.register(600, { flow });
    await clock.run(1_000);
    expect(await outcome).toMatchObject({ kind: "refused", status: 401, credentialsRejected: true });
    expect(requests).toHaveLength(2);
  });

  it("a challenge without credentials to answer it is a refusal", async () => {
    const { clock, client, flow } = setUp((incoming) => incoming.respond(401));
    const outcome = client.register(600, { flow });
    await clock.run(100);
    expect(await outcome).toMatchObject({ kind: "refused", status: 401, credentialsRejected: false });
  });

  it.each([
    [423, [["Min-Expires", "1800"]], { minExpires: 1_800, retryAfter: undefined }],
    [503, [["Retry-After", "30"]], { minExpires: undefined, retryAfter: 30 }],
    [480, [["Retry-After", "soon"]], { retryAfter: undefined }],
  ] as const)("reports what a %s asks for (rule 23)", async (status, headers, expected) => {
    const { clock, client, flow } = setUp((incoming) =>
      incoming.respond(status, { headers: headers as HeaderInit }),
    );
    const outcome = client.register(600, { flow });
    await clock.run(100);
    expect(await outcome).toMatchObject({ kind: "refused", status, ...expected });
  });

  it("a newer request supersedes the older, which is not sent any more", async () => {
    const { clock, network, client, flow, requests } = setUp((incoming) => {
      if (incoming.request.expires === 0) incoming.respond(200);
    });
    const older = outcomeOf(client.register(600, { flow }), brief);
    await clock.run(600);
    const newer = outcomeOf(client.unregister({ flow }), brief);
    await clock.run(10);
    expect([older.value, newer.value]).toEqual(["failed superseded", "unregistered"]);
    network.take();
    await clock.run(30_000);
    expect(network.take()).toEqual([]);
    expect(requests.map(({ request }) => request.expires)).toEqual([600, 0]);
  });

  it("ends at its deadline, over all its rounds", async () => {
    const server = new DigestServer({ realm: "r", password: () => "pw" });
    const { clock, client, flow } = setUp((incoming) => {
      const verdict = server.verify(incoming.request);
      if (!verdict.ok) clock.after(2_000, () => incoming.respond(401, { headers: verdict.challenges }));
    }, "pw");
    const outcome = outcomeOf(client.register(600, { flow, deadline: 3_000 }), brief);
    await clock.run(2_999);
    expect(outcome.value).toBe("pending");
    await clock.run(1);
    expect(outcome.value).toBe("failed timeout");
  });
});

describe("granted expiry (10.2.4, rule 21)", () => {
  const response = (...headers: [string, string][]) => SipResponse.to(request("REGISTER"), 200, { headers });

  it.each([
    [
      "own Contact over Expires",
      60,
      [
        ["Contact", `<${CONTACT}>;expires=60`],
        ["Expires", "90"],
      ],
    ],
    [
      "own Contact among others",
      60,
      [["Contact", `<sip:x@y>;expires=1, <${CONTACT}>;expires=60, <sip:z@y>;expires=2`]],
    ],
    [
      "own Contact before one that only looks alike",
      60,
      [["Contact", `<${CONTACT};transport=tcp>;expires=5, <${CONTACT}>;expires=60`]],
    ],
    [
      "own Contact with parameters that the registrar added",
      60,
      [["Contact", `<${CONTACT};transport=udp>;expires=60`]],
    ],
    ["own Contact without the default port", 60, [["Contact", "<sip:1002@192.0.2.1>;expires=60"]]],
    [
      "Expires when the own Contact has none",
      90,
      [
        ["Contact", `<${CONTACT}>`],
        ["Expires", "90"],
      ],
    ],
    [
      "Expires when only others are listed",
      90,
      [
        ["Contact", "<sip:x@y>;expires=1"],
        ["Expires", "90"],
      ],
    ],
    ["what was asked when there is nothing", 600, []],
    [
      "what was asked when nothing parses",
      600,
      [
        ["Contact", "nonsense"],
        ["Expires", "soon"],
      ],
    ],
  ] as [string, number, [string, string][]][])("%s", (_what, expected, headers) => {
    expect(grantedExpiry(response(...headers), CONTACT, 600)).toBe(expected);
  });
});
