import { MediaSession, Phone, type PhoneOptions } from "../../../lib/phone";
import type { IncomingRequest } from "../../../lib/sip";
import { PASSWORD, WebSocketSwitch } from "./web-socket-switch";

let subject: WebSocketSwitch;
const phones: Phone[] = [];

beforeEach(async () => {
  subject = await WebSocketSwitch.start();
});

afterEach(async () => {
  await Promise.all(phones.splice(0).map((phone) => phone.close()));
  await subject.stop();
});

async function connect(options: Partial<PhoneOptions> = {}): Promise<Phone> {
  const phone = await Phone.connect({
    url: subject.url,
    dn: "1002",
    password: PASSWORD,
    deadlineMs: 2000,
    ...options,
  });
  phones.push(phone);
  return phone;
}

async function registered(options: Partial<PhoneOptions> = {}): Promise<Phone> {
  const phone = await connect(options);
  await phone.register();
  return phone;
}

const SDP: [string, string][] = [["Content-Type", "application/sdp"]];

describe("Phone.connect", () => {
  it("asks for the subprotocol sip and sends the Origin that it was given", async () => {
    await connect({ origin: "https://phones.example" });
    const headers = subject.handshakes[0]?.headers;
    expect([headers?.["sec-websocket-protocol"], headers?.origin]).toEqual(["sip", "https://phones.example"]);
  });

  it("says why it can't", async () => {
    await expect(connect({ url: "ws://127.0.0.1:1/ws" })).rejects.toMatchObject({
      code: "connect",
      message: expect.stringMatching(/^ws:\/\/127\.0\.0\.1:1\/ws can't be opened: .*ECONNREFUSED/),
    });
  });
});

describe("registration", () => {
  it("registers with digest, says what was granted, and un-registers", async () => {
    const phone = await connect();
    await expect(phone.register()).resolves.toEqual({ expires: 300 });
    expect([...subject.bindings.keys()]).toEqual(["1002"]);
    await phone.unregister();
    expect([...subject.bindings.keys()]).toEqual([]);
  });

  it("says that the password is wrong", async () => {
    const phone = await connect({ password: "other" });
    await expect(phone.register()).rejects.toMatchObject({
      code: "refused",
      status: 401,
      message: `1002 can't register over ${subject.url}: 401 Unauthorized, the password is not accepted`,
    });
  });

  it("ends when the WebSocket does", async () => {
    const phone = await registered();
    subject.cut();
    await phone.disconnected;
    await expect(phone.register()).rejects.toMatchObject({ code: "failed" });
    await expect(phone.incomingCall()).rejects.toMatchObject({ code: "closed" });
    await expect(phone.invite("1003")).rejects.toMatchObject({ code: "closed" });
  });
});

describe("a call that it makes", () => {
  function answering(respond: (incoming: IncomingRequest) => void) {
    subject.onRequest = (incoming) => {
      if (incoming.request.method === "INVITE" && !incoming.dialog) respond(incoming);
      else incoming.respond(200);
    };
  }

  it("authenticates, rings, is answered and hung up", async () => {
    answering((incoming) => {
      incoming.respond(183, { headers: [["Contact", `<${subject.contact}>`]] });
      incoming.respond(180, { headers: [["Contact", `<${subject.contact}>`]] });
      void incoming.accept({
        contact: subject.contact,
        headers: SDP,
        body: new MediaSession().answer(incoming.request.body.toString()),
      });
    });
    const phone = await registered();
    const call = await phone.invite("1003");
    expect((await call.ringing()).status).toBe(183);
    expect((await call.answered()).body.toString()).toContain("m=audio");
    expect(call.provisional.map(({ status }) => status)).toEqual([183, 180]);
    expect((await call.bye()).status).toBe(200);
    expect(await call.ended()).toBe("local");
    const invites = phone.messages.filter(
      ({ direction, text }) => direction === "out" && text.startsWith("INVITE "),
    );
    // Challenged, then with credentials: the same Call-ID, the next CSeq.
    expect(invites.map(({ text }) => text.match(/^CSeq: (\d+)/m)?.[1])).toEqual(["1", "2"]);
    expect(new Set(invites.map(({ text }) => text.match(/^Call-ID: (.*)$/m)?.[1])).size).toBe(1);
  });

  it("hears that the other side hung up", async () => {
    let other: IncomingRequest | undefined;
    answering((incoming) => {
      other = incoming;
      void incoming.accept({ contact: subject.contact, headers: SDP, body: "v=0\r\n" });
    });
    const call = await (await registered()).invite("1003");
    await call.answered();
    if (!other?.dialog) throw new Error("no dialog");
    expect((await subject.agent.sendInDialog(other.dialog, "BYE")).status).toBe(200);
    expect(await call.ended()).toBe("remote");
    expect(call.isOver).toBe(true);
  });

  it("is cancelled", async () => {
    answering((incoming) => incoming.respond(180, { headers: [["Contact", `<${subject.contact}>`]] }));
    const call = await (await registered()).invite("1003");
    await call.ringing();
    expect((await call.cancel()).status).toBe(487);
  });

  it("tells how it was refused, to whoever waits for it to ring too", async () => {
    answering((incoming) => incoming.respond(404, { reason: "Invalid Called DN" }));
    const call = await (await registered()).invite("1004");
    const refusal = {
      code: "refused",
      status: 404,
      message: "the call to 1004 was refused: 404 Invalid Called DN",
    };
    await expect(call.ringing()).rejects.toMatchObject(refusal);
    await expect(call.answered()).rejects.toMatchObject(refusal);
    expect((await call.final()).status).toBe(404);
  });

  it("gives a wrong password up after one try", async () => {
    const phone = await connect({ password: "other" });
    const call = await phone.invite("1003");
    expect((await call.final()).status).toBe(401);
    expect(phone.messages.filter(({ text }) => text.startsWith("INVITE "))).toHaveLength(2);
  });

  it("doesn't wait longer than it is told", async () => {
    answering(() => undefined);
    const call = await (await registered()).invite("1003");
    await expect(call.ringing(50)).rejects.toMatchObject({
      code: "deadline",
      message: "waited 50 ms for 1003 to ring",
    });
    await expect(call.bye()).rejects.toMatchObject({ code: "state" });
  });
});

describe("a call to it", () => {
  async function called(options: Partial<PhoneOptions> = {}, offer = new MediaSession().offer()) {
    const phone = await registered(options);
    const provisional: string[] = [];
    const headers: [string, string][] = [["X-Genesys-CallUUID", "ABC"], ...SDP];
    const [request, flow] = subject.request("1002", "INVITE", headers, offer);
    const outgoing = subject.agent.invite(request, {
      flow,
      onProvisional: (response) => provisional.push(`${response.status} ${response.get("Allow-Events")}`),
    });
    return { phone, outgoing, provisional, call: await phone.incomingCall() };
  }

  it("rings, shows its headers, is answered and hung up", async () => {
    const { call, outgoing, provisional } = await called();
    expect(call.request.get("X-Genesys-CallUUID")).toBe("ABC");
    expect((await call.answer()).method).toBe("ACK");
    const { response } = await outgoing.final;
    expect(provisional).toEqual(["180 talk, hold"]);
    expect(response.body.toString()).toMatch(/^a=setup:active\r$/m);
    subject.onRequest = (incoming) => incoming.respond(200);
    expect((await call.bye()).status).toBe(200);
    expect(await call.ended()).toBe("local");
  });

  it("can ring when the test says so, without Allow-Events", async () => {
    const { call, provisional, outgoing } = await called({ ring: "manual", allowEvents: "" });
    expect(provisional).toEqual([]);
    call.ring();
    call.reject(486);
    expect((await outgoing.final).response.status).toBe(486);
    expect(provisional).toEqual(["180 undefined"]);
    expect(await call.ended()).toBe("rejected");
    expect(() => call.reject()).toThrow("the call is over, not ringing");
  });

  it("hears that the caller gave up, and that the other side hung up", async () => {
    const first = await called();
    first.outgoing.cancel();
    expect(await first.call.ended()).toBe("cancelled");
    await expect(first.call.answer()).rejects.toMatchObject({ code: "state" });
    const second = await called();
    await second.call.answer();
    const { dialog } = await second.outgoing.final;
    if (!dialog) throw new Error("no dialog");
    expect((await subject.agent.sendInDialog(dialog, "BYE")).status).toBe(200);
    expect(await second.call.ended()).toBe("remote");
  });

  it("answers a new offer inside the call, and OPTIONS", async () => {
    const { call, outgoing } = await called();
    await call.answer();
    const { dialog } = await outgoing.final;
    if (!dialog) throw new Error("no dialog");
    const again = dialog.request("INVITE", { headers: SDP, body: new MediaSession().offer() });
    const reinvite = await subject.agent.invite(again, { flow: dialog.flow }).final;
    expect([reinvite.response.status, reinvite.response.body.toString()]).toEqual([
      200,
      expect.stringContaining("m=audio"),
    ]);
    const useless = dialog.request("INVITE", { headers: SDP, body: "v=0\r\nm=video 9 RTP/AVP 99\r\n" });
    expect((await subject.agent.invite(useless, { flow: dialog.flow }).final).response.status).toBe(488);
    expect((await subject.agent.sendInDialog(dialog, "OPTIONS")).status).toBe(200);
  });
});

describe("NOTIFY", () => {
  it("outside a dialog is taken, by event", async () => {
    const phone = await registered();
    for (const event of ["message-summary", "talk;id=1"]) {
      const [request, flow] = subject.request("1002", "NOTIFY", [
        ["Event", event],
        ["Subscription-State", "terminated"],
      ]);
      expect((await subject.agent.send(request, { flow })).status).toBe(200);
    }
    const talk = await phone.notification("talk");
    expect([talk.inDialog, talk.request.get("Event")]).toEqual([false, "talk;id=1"]);
    expect((await phone.notification()).request.get("Event")).toBe("message-summary");
    await expect(phone.notification("talk", 20)).rejects.toMatchObject({ code: "deadline" });
  });

  it("in a dialog is refused until the call is answered, as browser libraries do", async () => {
    const phone = await registered();
    const [request, flow] = subject.request("1002", "INVITE", SDP, new MediaSession().offer());
    let rang: () => void = () => undefined;
    const ringing = new Promise<void>((resolve) => {
      rang = resolve;
    });
    const outgoing = subject.agent.invite(request, { flow, onProvisional: () => rang() });
    const call = await phone.incomingCall();
    await ringing;
    const early = outgoing.earlyDialog;
    if (!early) throw new Error("no early dialog");
    const headers: [string, string][] = [["Event", "talk"]];
    expect((await subject.agent.sendInDialog(early, "NOTIFY", { headers })).status).toBe(403);
    await call.answer();
    const { dialog } = await outgoing.final;
    if (!dialog) throw new Error("no dialog");
    expect((await subject.agent.sendInDialog(dialog, "NOTIFY", { headers })).status).toBe(200);
    expect((await phone.notification("talk")).inDialog).toBe(true);
  });
});

describe("close", () => {
  it("ends every wait at once, and can be repeated", async () => {
    const phone = await registered();
    const waiting = expect(phone.incomingCall(60_000)).rejects.toMatchObject({ code: "closed" });
    await phone.close();
    await phone.close();
    await waiting;
  });
});
