import { ANSWER, Endpoint, eventually, FAST, ringing, TestSimulator } from "./harness";

let simulator: TestSimulator;
let caller: Endpoint;
let called: Endpoint;

async function start(...overrides: Parameters<typeof TestSimulator.start>): Promise<void> {
  simulator = await TestSimulator.start(...overrides);
  caller = await Endpoint.open("1002");
  called = await Endpoint.open("1003");
  await called.register(simulator.primary);
}

afterEach(async () => {
  // First: it hangs up what is left, and the phones answer that.
  await simulator.stop();
  await Promise.all([caller.close(), called.close()]);
});

const calls = () => simulator.simulator.calls.records();

describe("NOTIFY talk", () => {
  const notify = () => called.requests.filter(({ request }) => request.method === "NOTIFY");

  it("comes in the early dialog of the phone that rings, with an empty body", async () => {
    await start({ talk: { mode: "always", delayMs: 20 } });
    const rang = ringing(called);
    const outgoing = caller.invite(simulator.primary, "1003");
    const invite = await rang;
    const { request } = await eventually(() => notify()[0], "NOTIFY");
    expect(request.get("Event")).toBe("talk");
    expect(request.get("Subscription-State")).toBe("active");
    expect(request.body).toHaveLength(0);
    expect(request.callId).toBe(invite.request.callId);
    expect(request.to.tag).toBe(invite.dialog?.localTag);
    expect(request.cseq.number).toBeGreaterThan(invite.request.cseq.number);
    await eventually(() => calls()[0]?.talk === "answered", "its answer");
    outgoing.cancel();
    await outgoing.final;
  });

  it("is sent again and again to a phone that never answers it, and the call goes on", async () => {
    await start({ talk: { mode: "always", delayMs: 0 } });
    const rang = ringing(called);
    const outgoing = caller.invite(simulator.primary, "1003");
    const invite = await rang;
    called.onRequest = () => undefined;
    // T1 is 500 ms: the first retransmission after that, the second a second later.
    const sent = { method: "NOTIFY", direction: "out", limit: 10 } as const;
    await eventually(() => simulator.simulator.messages.find(sent).length >= 3, "two retransmissions", 6000);
    await invite.accept({ contact: called.contact, body: ANSWER });
    const { response, dialog } = await outgoing.final;
    expect(response.status).toBe(200);
    expect(calls()[0]).toMatchObject({ state: "answered", talk: "sent" });
    if (dialog) await caller.agent.sendInDialog(dialog, "BYE");
  });

  it("does not leave a server that is down", async () => {
    await start({ talk: { mode: "always", delayMs: 100 } });
    const rang = ringing(called);
    const outgoing = caller.invite(simulator.primary, "1003");
    await rang;
    await simulator.api("PUT", "/faults", { server: "primary", down: true });
    const sent = { method: "NOTIFY", direction: "out", limit: 10 } as const;
    const message = await eventually(() => simulator.simulator.messages.find(sent)[0], "NOTIFY");
    expect(message.lost).toBe(true);
    await simulator.api("DELETE", "/faults");
    expect(notify()).toEqual([]);
    outgoing.cancel();
    await outgoing.final;
  });

  it("is given up after 64*T1, and counted", async () => {
    await start({ talk: { mode: "always", delayMs: 0 } }, {}, FAST);
    const rang = ringing(called);
    const outgoing = caller.invite(simulator.primary, "1003");
    await rang;
    called.onRequest = () => undefined;
    await eventually(() => simulator.simulator.calls.unansweredTalkEvents === 1, "the end of the NOTIFY");
    expect(calls()[0]).toMatchObject({ state: "ringing", talk: "unanswered" });
    expect(simulator.lines.at(-1)).toMatch(/NOTIFY talk was never answered \(1 since the start\)/);
    outgoing.cancel();
    await outgoing.final;
  });

  it("is not sent once the call is answered, and not where it is off", async () => {
    await start({ talk: { mode: "always", delayMs: 50 } });
    const answered = ringing(called);
    const first = caller.invite(simulator.primary, "1003");
    await (await answered).accept({ contact: called.contact, body: ANSWER });
    await first.final;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(notify()).toEqual([]);
    await simulator.api("PUT", "/settings", { talk: { mode: "off", delayMs: 0 } });
    const rang = ringing(called);
    const second = caller.invite(simulator.primary, "1003");
    await rang;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(notify()).toEqual([]);
    second.cancel();
    await second.final;
  });

  it.each([
    ["with Allow-Events: talk", [["Allow-Events", "hold, talk"]] as [string, string][], 1],
    ["without it", [], 0],
  ])("in mode 'advertised' goes to a phone %s", async (_what, headers, count) => {
    await start({ talk: { mode: "advertised", delayMs: 0 } });
    const rang = ringing(called, headers);
    const outgoing = caller.invite(simulator.primary, "1003");
    await rang;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(notify()).toHaveLength(count);
    outgoing.cancel();
    await outgoing.final;
  });
});
