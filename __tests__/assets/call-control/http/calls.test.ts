import { CallError, type CallErrorCode } from "../../../../assets/call-control/src/calls/calls";
import { TestApi } from "../api";
import { callId, someCall } from "../fake-calls";

let test: TestApi;

beforeAll(async () => {
  test = await TestApi.start();
});

beforeEach(() => test.reset());

afterAll(() => test.stop());

const post = (url: string, payload: object | undefined, headers = test.key()) =>
  test.app.inject({ method: "POST", url, headers, ...(payload && { payload }) });

describe("POST /telephony/calls/originate/", () => {
  const url = "/telephony/calls/originate/";

  it("rings the agent for the number, and gives the call", async () => {
    const answer = await post(url, { phone_number: "020 123 4567", agent: "1001" });
    expect(answer.statusCode).toBe(201);
    expect(answer.json()).toMatchObject({
      id: callId,
      channel_id: "channel-1",
      type: "outbound",
      status: "dialing",
      from_number: "1001",
      to_number: "020 123 4567",
      started_at: "2026-03-02T09:30:00.000Z",
      ended_at: null,
    });
    expect(test.calls.asked).toStrictEqual([["originate", { to: "020 123 4567", agent: "1001" }]]);
  });

  it.each(["/telephony/calls/originate", "/api/telephony/calls/originate/"])(
    "is there at %s, too",
    async (path) => {
      expect((await post(path, { phone_number: "1002", agent: "1001" })).statusCode).toBe(201);
    },
  );

  it("takes the agent that the key belongs to", async () => {
    const own = test.key(["calls:originate"], "1003");
    expect((await post(url, { phone_number: "1002" }, own)).statusCode).toBe(201);
    expect((await post(url, { phone_number: "1002", agent: "1003" }, own)).statusCode).toBe(201);
    expect(test.calls.asked).toStrictEqual([
      ["originate", { to: "1002", agent: "1003" }],
      ["originate", { to: "1002", agent: "1003" }],
    ]);
  });

  it("refuses to ring somebody else's phone by an agent's key", async () => {
    const own = test.key(["calls:originate"], "1003");
    const answer = await post(url, { phone_number: "1002", agent: "1001" }, own);
    expect([answer.statusCode, answer.json().error.code]).toStrictEqual([403, "FORBIDDEN"]);
    expect(test.calls.asked).toStrictEqual([]);
  });

  it("says what is missing when there is neither agent nor campaign", async () => {
    const answer = await post(url, { phone_number: "1002" });
    expect(answer.statusCode).toBe(422);
    expect(answer.json().error).toMatchObject({
      code: "VALIDATION",
      fields: [{ field: "body.agent", message: expect.stringContaining("campaign_id") }],
    });
  });

  it("gives a campaign's dialer the number, and the agent when there is one", async () => {
    const campaign = "7d4c1f2e-52f0-4bb5-8b6e-0f3a1f1f9d10";
    expect((await post(url, { phone_number: "+31201", campaign_id: campaign })).statusCode).toBe(201);
    const own = test.key(["calls:originate"], "1003");
    expect((await post(url, { phone_number: "+31201", campaign_id: campaign }, own)).statusCode).toBe(201);
    expect(test.calls.asked).toStrictEqual([
      ["dialForCampaign", campaign, "+31201", undefined],
      ["dialForCampaign", campaign, "+31201", "1003"],
    ]);
  });

  it("lists every fault", async () => {
    const answer = await post(url, { phone_number: "sip:x@y", agent: "bob", campaign_id: "7", extra: 1 });
    expect(answer.statusCode).toBe(422);
    const { fields } = answer.json().error;
    expect(fields.map(({ field }: { field: string }) => field).sort()).toStrictEqual([
      "body",
      "body.agent",
      "body.campaign_id",
      "body.phone_number",
    ]);
    expect(test.calls.asked).toStrictEqual([]);
  });

  it.each<[CallErrorCode, number]>([
    ["NUMBER_INVALID", 422],
    ["NUMBER_FORBIDDEN", 403],
    ["UNAVAILABLE", 409],
    ["TOO_MANY_CALLS", 429],
    ["ASTERISK", 502],
  ])("answers %s with %i, and with its words", async (code, status) => {
    test.calls.refusal = new CallError(code, "because of that");
    const answer = await post(url, { phone_number: "1002", agent: "1001" });
    expect([answer.statusCode, answer.json()]).toStrictEqual([
      status,
      { error: { code, message: "because of that" } },
    ]);
  });

  it("does not tell what an unexpected error says, and logs it", async () => {
    test.calls.refusal = new Error("password is swordfish");
    const answer = await post(url, { phone_number: "1002", agent: "1001" });
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain("swordfish");
    expect(test.errors).toHaveLength(1);
  });
});

describe.each([
  ["hangup/", { channel_id: "channel-1" }, ["hangup", callId], "call.hangup"],
  [
    "transfer/",
    { channel_id: "channel-1", destination: "1002", mode: "attended" },
    ["transfer", callId, "1002", "attended"],
    "call.transfer",
  ],
  [`${callId}/transfer/complete/`, undefined, ["completeTransfer", callId], "call.transfer.complete"],
  [`${callId}/transfer/cancel/`, undefined, ["cancelTransfer", callId], "call.transfer.cancel"],
  [`${callId}/hold/`, undefined, ["hold", callId], "call.hold"],
  ["channel-1/resume/", undefined, ["resume", callId], "call.resume"],
  [`${callId}/dtmf/`, { digits: "12a#" }, ["sendDtmf", callId, "12A#"], "call.dtmf"],
])("POST /telephony/calls/%s", (path, body, asked, action) => {
  const url = `/telephony/calls/${path}`;

  it("does so to the call", async () => {
    test.calls.add(someCall());
    const answer = await post(url, body);
    expect([answer.statusCode, answer.json().id]).toStrictEqual([200, callId]);
    expect(test.calls.asked).toStrictEqual([asked]);
    expect(test.audited).toMatchObject([{ action, status: 200, actor: expect.stringMatching(/^key:name-/) }]);
  });

  it("is for those who speak in the call when the key is an agent's", async () => {
    test.calls.add(someCall());
    const stranger = await post(url, body, test.key(["calls:control"], "1002"));
    expect([stranger.statusCode, stranger.json().error.code]).toStrictEqual([404, "CALL_NOT_FOUND"]);
    expect(test.calls.asked).toStrictEqual([]);
    expect((await post(url, body, test.key(["calls:control"], "1001"))).statusCode).toBe(200);
  });

  it("answers 404 for a call that is not there, and is audited all the same", async () => {
    const answer = await post(url, body);
    expect([answer.statusCode, answer.json().error.code]).toStrictEqual([404, "CALL_NOT_FOUND"]);
    expect(test.audited).toMatchObject([{ action, status: 404, code: "CALL_NOT_FOUND" }]);
  });

  it("needs the scope", async () => {
    test.calls.add(someCall());
    const answer = await post(url, body, test.key(["calls:read", "calls:originate"]));
    expect(answer.statusCode).toBe(403);
    expect(answer.json().error.message).toContain("calls:control");
    expect(answer.headers["www-authenticate"]).toContain('scope="calls:control"');
    expect(test.calls.asked).toStrictEqual([]);
    expect(test.audited).toMatchObject([
      { action, status: 403, code: "FORBIDDEN", actor: expect.stringMatching(/^key:name-/) },
    ]);
  });

  it("answers a state that does not fit with 409", async () => {
    test.calls.add(someCall());
    test.calls.refusal = new CallError("CALL_STATE", "it is not answered yet");
    expect((await post(url, body)).statusCode).toBe(409);
  });
});

it("does not keep the tones that were sent", async () => {
  test.calls.add(someCall());
  await post(`/telephony/calls/${callId}/dtmf/`, { digits: "4711" });
  expect(JSON.stringify(test.audited)).not.toMatch(/\b4711\b/);
});

describe("GET /telephony/calls/live/", () => {
  const get = (headers: { authorization: string }) =>
    test.app.inject({ url: "/telephony/calls/live/", headers });

  it("has the calls that are up", async () => {
    test.calls.add(someCall());
    expect((await get(test.key())).json().calls).toMatchObject([
      { id: callId, duration: null, on_hold: false },
    ]);
  });

  it("has those only in which the key's agent speaks", async () => {
    test.calls.add(someCall());
    const second = "7d4c1f2e-52f0-4bb5-8b6e-0f3a1f1f9d10";
    test.calls.add(someCall({ id: second, channelId: "channel-2", from: "1002", to: "1003", agent: "1002" }));
    expect((await get(test.key(["calls:read"], "1003"))).json().calls).toMatchObject([{ id: second }]);
  });
});
