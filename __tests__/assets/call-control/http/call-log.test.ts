import { recordingId, someRecording, TestApi } from "../api";
import { callId, someCall } from "../fake-calls";

let test: TestApi;

beforeAll(async () => {
  test = await TestApi.start();
});

beforeEach(() => test.reset());

afterAll(() => test.stop());

const get = (url: string, headers = test.key()) => test.app.inject({ url, headers });

const ended = someCall({ status: "ended", endedAt: new Date("2026-03-02T09:40:05Z"), outcome: "answered" });

describe("GET /telephony/calls/", () => {
  it("gives a page of the log", async () => {
    test.logged = [ended];
    const answer = await get("/telephony/calls/?limit=1");
    expect(answer.json()).toMatchObject({
      calls: [{ id: callId, status: "ended", duration: 600, outcome: "answered", on_hold: false }],
      next: "the next",
    });
    expect((await get("/telephony/calls")).json().next).toBeNull();
  });

  it("passes every filter on", async () => {
    const campaign = "7d4c1f2e-52f0-4bb5-8b6e-0f3a1f1f9d10";
    const filters = `number=%2B31&agent=1001&type=outbound&status=ended&outcome=busy&campaign_id=${campaign}`;
    const answer = await get(
      `/telephony/calls/?${filters}&from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00%2B01:00&limit=7&cursor=c`,
    );
    expect(answer.statusCode).toBe(200);
    expect(test.logAsked).toStrictEqual([
      [
        {
          number: "+31",
          agent: "1001",
          type: "outbound",
          status: "ended",
          outcome: "busy",
          campaignId: campaign,
          from: new Date("2026-03-01T00:00:00Z"),
          to: new Date("2026-03-01T23:00:00Z"),
          party: undefined,
        },
        { limit: 7, cursor: "c" },
      ],
    ]);
  });

  it("asks for an agent's own calls by an agent's key, whatever is filtered", async () => {
    await get("/telephony/calls/?agent=1001", test.key(["calls:read"], "1003"));
    expect(test.logAsked[0]?.[0]).toMatchObject({ agent: "1001", party: "1003" });
  });

  it("shows a call that is up as it is now", async () => {
    test.logged = [someCall({ status: "ringing" })];
    test.calls.add(someCall({ onHold: true }));
    expect((await get("/telephony/calls/")).json().calls).toMatchObject([
      { status: "answered", on_hold: true },
    ]);
  });

  it.each([
    ["limit=0", "query.limit"],
    ["limit=201", "query.limit"],
    ["limit=many", "query.limit"],
    ["type=other", "query.type"],
    ["from=yesterday", "query.from"],
    ["number=a%25", "query.number"],
    ["agent=bob", "query.agent"],
    ["campaign_id=1", "query.campaign_id"],
    ["cursor=none%20of%20ours", "query.cursor"],
    ["unknown=1", "query"],
  ])("refuses ?%s and says where", async (query, field) => {
    const answer = await get(`/telephony/calls/?${query}`);
    expect([answer.statusCode, answer.json().error.fields]).toMatchObject([422, [{ field }]]);
  });

  it("needs the scope", async () => {
    expect((await get("/telephony/calls/", test.key(["calls:control"]))).statusCode).toBe(403);
  });
});

describe("GET /telephony/calls/{id}/", () => {
  it("gives a call of the log with its recordings, with and without the slash", async () => {
    test.logged = [ended];
    test.recordings = [someRecording()];
    for (const slash of ["", "/"]) {
      const answer = await get(`/telephony/calls/${callId}${slash}`);
      expect(answer.json()).toMatchObject({ id: callId, duration: 600, recordings: [{ id: recordingId }] });
    }
  });

  it("finds a call that is up by its channel, too", async () => {
    test.calls.add(someCall());
    expect((await get("/telephony/calls/channel-1")).json()).toMatchObject({ id: callId });
  });

  it.each(["channel-2", "7d4c1f2e-52f0-4bb5-8b6e-0f3a1f1f9d10"])("answers 404 for %s", async (id) => {
    test.logged = [ended];
    const answer = await get(`/telephony/calls/${id}`);
    expect([answer.statusCode, answer.json().error.code]).toStrictEqual([404, "CALL_NOT_FOUND"]);
  });

  it("does not tell an agent's key of others' calls", async () => {
    test.logged = [ended];
    expect((await get(`/telephony/calls/${callId}`, test.key(["calls:read"], "1002"))).statusCode).toBe(404);
    expect((await get(`/telephony/calls/${callId}`, test.key(["calls:read"], "1001"))).statusCode).toBe(200);
  });
});
