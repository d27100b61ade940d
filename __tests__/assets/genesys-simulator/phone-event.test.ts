import { ANSWER, Endpoint, eventually, ringing, TestSimulator } from "./harness";

let simulator: TestSimulator;
let caller: Endpoint;
let called: Endpoint;

beforeEach(async () => {
  simulator = await TestSimulator.start();
  caller = await Endpoint.open("1002");
  called = await Endpoint.open("1003");
  await called.register(simulator.primary);
});

afterEach(async () => {
  // First: it hangs up what is left, and the phones answer that.
  await simulator.stop();
  await Promise.all([caller.close(), called.close()]);
});

const uuid = () => simulator.simulator.calls.records()[0]?.uuid;
const ask = (body: unknown, call = uuid()) => simulator.api("POST", `/calls/${call}/events`, body);
const notifies = (endpoint: Endpoint) =>
  endpoint.requests.map(({ request }) => request).filter(({ method }) => method === "NOTIFY");

async function connected(): Promise<void> {
  const rang = ringing(called);
  const outgoing = caller.invite(simulator.primary, "1003");
  const incoming = await rang;
  await incoming.accept({ contact: called.contact, body: ANSWER });
  await outgoing.final;
  await eventually(() => simulator.simulator.calls.records()[0]?.state === "answered", "the call to be up");
}

describe("POST /calls/<uuid>/events", () => {
  it.each(["hold", "talk"])(
    "sends NOTIFY %s in the called phone's dialog, and gives its answer",
    async (event) => {
      await connected();
      called.onRequest = (incoming) => incoming.respond(202, { reason: "As You Like" });
      expect(await ask({ event })).toEqual({ status: 200, body: { status: 202, reason: "As You Like" } });
      const [request, ...others] = notifies(called);
      expect(others).toEqual([]);
      expect(request?.get("Event")).toBe(event);
      expect(request?.get("Subscription-State")).toBe("active");
      expect(request?.body).toHaveLength(0);
      const invite = called.requests[0]?.request;
      expect(request?.callId).toBe(invite?.callId);
      expect(request?.to.tag).toBe(called.requests[0]?.dialog?.localTag);
      expect(request?.cseq.number).toBeGreaterThan(invite?.cseq.number as number);
      expect(notifies(caller)).toEqual([]);
    },
  );

  it("goes to the caller's phone when that is asked for", async () => {
    await connected();
    expect((await ask({ event: "hold", leg: "caller" })).body).toEqual({ status: 200, reason: "OK" });
    expect(notifies(caller).map((request) => request.get("Event"))).toEqual(["hold"]);
    expect(notifies(called)).toEqual([]);
  });

  it("reaches a phone that rings, but none that has said nothing yet", async () => {
    let invited: () => void = () => undefined;
    const came = new Promise<void>((resolve) => {
      invited = resolve;
    });
    called.onRequest = () => invited();
    const silent = caller.invite(simulator.primary, "1003");
    await came;
    expect(await ask({ event: "talk" })).toEqual({
      status: 409,
      body: { error: "talk to the called phone: it has not answered the INVITE yet" },
    });
    silent.cancel();
    called.requests[0]?.respond(487);
    await silent.final;

    const rang = ringing(called);
    const outgoing = caller.invite(simulator.primary, "1003");
    await rang;
    const call = simulator.simulator.calls.records().at(-1)?.uuid;
    expect((await ask({ event: "talk" }, call)).body).toEqual({ status: 200, reason: "OK" });
    outgoing.cancel();
    await outgoing.final;
  });

  it("says so when the phone does not answer, and the call goes on", async () => {
    await connected();
    called.onRequest = () => undefined;
    const { status, body } = await ask({ event: "hold" });
    expect(status).toBe(504);
    expect(body).toEqual({ error: expect.stringMatching(/^hold to the called phone: /) });
    expect(simulator.simulator.calls.records()[0]?.state).toBe("answered");
    called.onRequest = (incoming) => incoming.respond(200);
  }, 10_000);

  it("knows calls that are up, and talk and hold", async () => {
    expect(await ask({ event: "hold" }, "NONE")).toEqual({
      status: 404,
      body: { error: "no call NONE is up" },
    });
    expect((await ask({ event: "dance" }, "NONE")).status).toBe(400);
    expect((await simulator.api("GET", "/calls/NONE/events")).status).toBe(405);
    expect((await simulator.api("POST", "/calls//events", { event: "hold" })).status).toBe(404);
    expect((await simulator.api("POST", "/calls/A/B/events", { event: "hold" })).status).toBe(404);
  });
});
