import { CallError } from "../../../../assets/call-control/src/calls/calls";
import { recordingId, someRecording, TestApi } from "../api";
import { callId, someCall } from "../fake-calls";

let test: TestApi;

beforeAll(async () => {
  test = await TestApi.start();
});

beforeEach(() => {
  test.reset();
  test.calls.add(someCall());
  test.recordings = [someRecording()];
});

afterAll(() => test.stop());

const ask = (method: "GET" | "POST" | "DELETE", url: string, headers: Record<string, string> = test.key()) =>
  test.app.inject({ method, url, headers });

describe.each([
  ["POST", 201, "recording.start"],
  ["DELETE", 200, "recording.stop"],
] as const)("%s /telephony/calls/{id}/recording/", (method, status, action) => {
  it("does so, and tells who asked for it", async () => {
    const answer = await ask(method, "/telephony/calls/channel-1/recording/");
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ id: recordingId, started_by: expect.stringMatching(/^key:/) });
    expect(test.audited).toMatchObject([
      { action, status, target: "channel-1", detail: { recording: recordingId } },
    ]);
  });

  it("is for those who speak in the call when the key is an agent's", async () => {
    const url = `/telephony/calls/${callId}/recording`;
    expect((await ask(method, url, test.key(["recordings:write"], "1002"))).statusCode).toBe(404);
    expect((await ask(method, url, test.key(["recordings:write"], "1001"))).statusCode).toBe(status);
  });

  it("needs the scope", async () => {
    const url = `/telephony/calls/${callId}/recording`;
    expect((await ask(method, url, test.key(["recordings:read"]))).statusCode).toBe(403);
  });

  it("answers a state that does not fit with 409", async () => {
    test.calls.refusal = new CallError("CALL_STATE", "no");
    expect((await ask(method, `/telephony/calls/${callId}/recording`)).statusCode).toBe(409);
  });
});

describe("GET /telephony/calls/{id}/recordings/", () => {
  it("lists them, for an agent's key of its own calls only", async () => {
    const url = `/telephony/calls/${callId}/recordings/`;
    expect((await ask("GET", url)).json().recordings).toMatchObject([{ id: recordingId, duration: 225 }]);
    expect((await ask("GET", url, test.key(["recordings:read"], "1001"))).statusCode).toBe(200);
    expect((await ask("GET", url, test.key(["recordings:read"], "1002"))).statusCode).toBe(404);
    expect((await ask("GET", url, test.key(["calls:read"]))).statusCode).toBe(403);
  });
});

describe("a signed address", () => {
  const url = `/telephony/recordings/${recordingId}/url/`;
  const address = async (query = "") => (await ask("GET", `${url}${query}`)).json();

  it("downloads the recording without a key, until it runs out", async () => {
    const { url: signed, expires_at } = await address();
    expect(Date.parse(expires_at) - test.now).toBe(300_000);
    const answer = await ask("GET", signed, {});
    expect([answer.statusCode, answer.body]).toStrictEqual([200, "RIFF sound"]);
    expect(answer.headers).toMatchObject({
      "content-type": "audio/wav",
      "content-length": "10",
      "cache-control": "no-store",
      "content-disposition": 'inline; filename="recording-2026-03-02T09-30-20-000Z.wav"',
    });
    const saved = await ask("GET", `${signed}&download=1`, {});
    expect(saved.headers["content-disposition"]).toMatch(/^attachment/);
    test.now += 300_000;
    const late = await ask("GET", signed, {});
    expect([late.statusCode, late.json().error.code]).toStrictEqual([403, "SIGNATURE"]);
  });

  it("is good for as long as was asked for, within bounds", async () => {
    expect(Date.parse((await address("?expires_in=60")).expires_at) - test.now).toBe(60_000);
    expect((await ask("GET", `${url}?expires_in=3601`)).statusCode).toBe(422);
    expect((await ask("GET", `${url}?expires_in=29`)).statusCode).toBe(422);
  });

  it("is of no use for another recording, another time, or with another signature", async () => {
    const signed = new URL((await address()).url, "http://x");
    const changed = (change: (url: URL) => void) => {
      const other = new URL(signed);
      change(other);
      return ask("GET", other.pathname + other.search, {});
    };
    const answers = await Promise.all([
      changed((to) => {
        to.pathname = to.pathname.replace(recordingId, callId);
      }),
      changed((to) => to.searchParams.set("expires", String(Number(to.searchParams.get("expires")) + 1))),
      changed((to) => to.searchParams.set("signature", "AAAA")),
      changed((to) => to.searchParams.set("signature", `B${to.searchParams.get("signature")?.slice(1)}`)),
    ]);
    expect(answers.map(({ statusCode }) => statusCode)).toStrictEqual([403, 403, 403, 403]);
  });

  it("is audited, and given for what is done only", async () => {
    await address();
    expect(test.audited).toMatchObject([{ action: "recording.url", target: recordingId, status: 200 }]);
    expect(JSON.stringify(test.audited)).not.toContain("signature");
    test.recordings = [someRecording({ state: "recording" })];
    expect((await ask("GET", url)).statusCode).toBe(409);
    test.recordings = [];
    expect((await ask("GET", url)).statusCode).toBe(404);
  });

  it("is for those who spoke in the call when the key is an agent's", async () => {
    test.calls.all.clear();
    test.logged = [someCall({ status: "ended" })];
    expect((await ask("GET", url, test.key(["recordings:read"], "1002"))).statusCode).toBe(404);
    expect((await ask("GET", url, test.key(["recordings:read"], "1001"))).statusCode).toBe(200);
    test.logged = [];
    expect((await ask("GET", url, test.key(["recordings:read"], "1001"))).statusCode).toBe(404);
  });
});
