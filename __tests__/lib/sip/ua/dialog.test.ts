import { Dialog, type Flow, SipResponse } from "../../../../lib/sip";
import { FakeClock } from "../support/fake-clock";
import { MemoryNetwork } from "../support/memory-network";
import { request } from "../support/messages";

const flow: Flow = new MemoryNetwork(new FakeClock())
  .transport("192.0.2.1")
  .flowTo({ address: "192.0.2.2", port: 5060 });

const INVITE = request("INVITE", [
  "Contact: <sip:1002@phone:5062>",
  "Record-Route: <sip:p2;lr>",
  "Record-Route: <sip:p1;lr>",
]);

function answer(status: number, routes = "<sip:p2;lr>, <sip:p1;lr>") {
  const response = SipResponse.to(INVITE, status, {
    toTag: "b",
    headers: [["Contact", `<sip:1003@far${status}:5063>`]],
  });
  return routes === "" ? response.remove("Record-Route") : response.set("Record-Route", routes);
}

describe("Dialog of the caller (RFC 3261 12.1.2)", () => {
  it("has the route set of the response reversed, its Contact as target, and tags from here", () => {
    const dialog = Dialog.fromResponse(INVITE, answer(180), flow);
    expect(dialog).toMatchObject({
      state: "early",
      localTag: "from1",
      remoteTag: "b",
      remoteTarget: "sip:1003@far180:5063",
      routeSet: ["<sip:p1;lr>", "<sip:p2;lr>"],
      localSequence: 1,
      remoteSequence: undefined,
    });
  });

  it("takes target and route set from the 2xx (13.2.2.4)", () => {
    const dialog = Dialog.fromResponse(INVITE, answer(180), flow);
    dialog.confirm(answer(200, "<sip:p9;lr>"));
    expect(dialog).toMatchObject({
      state: "confirmed",
      remoteTarget: "sip:1003@far200:5063",
      routeSet: ["<sip:p9;lr>"],
    });
  });

  it("builds requests with rising CSeq, and the ACK with the INVITE's (12.2.1.1, 13.2.2.4)", () => {
    const dialog = Dialog.fromResponse(INVITE, answer(200), flow);
    const bye = dialog.request("BYE");
    expect([bye.uri, ...bye.values("Route")]).toEqual(["sip:1003@far200:5063", "<sip:p1;lr>", "<sip:p2;lr>"]);
    expect([bye.from.tag, bye.to.tag, bye.callId, bye.get("CSeq")]).toEqual([
      "from1",
      "b",
      "call-1",
      "2 BYE",
    ]);
    expect(dialog.ack(1).get("CSeq")).toBe("1 ACK");
    expect(dialog.request("INFO").get("CSeq")).toBe("3 INFO");
  });

  it("hands requests to a strict router by way of the Request-URI (12.2.1.1)", () => {
    const dialog = Dialog.fromResponse(INVITE, answer(200, "<sip:p2;lr>, <sip:strict;x=y?a=b>"), flow);
    const bye = dialog.request("BYE");
    expect([bye.uri, ...bye.values("Route")]).toEqual([
      "sip:strict;x=y",
      "<sip:p2;lr>",
      "<sip:1003@far200:5063>",
    ]);
  });

  it("survives a response without a usable Contact", () => {
    const response = answer(200, "").set("Contact", "nonsense");
    expect(Dialog.fromResponse(INVITE, response, flow).remoteTarget).toBe("sip:1003@192.0.2.2");
  });
});

describe("Dialog of the callee (RFC 3261 12.1.1)", () => {
  const dialog = () => Dialog.fromRequest(INVITE, answer(200), flow);

  it("has the request's route set in order and its Contact as target", () => {
    expect(dialog()).toMatchObject({
      localTag: "b",
      remoteTag: "from1",
      remoteTarget: "sip:1002@phone:5062",
      routeSet: ["<sip:p2;lr>", "<sip:p1;lr>"],
      remoteSequence: 1,
    });
    expect(dialog().request("BYE").get("From")).toBe("<sip:1003@192.0.2.2>;tag=b");
  });

  it("refuses an old CSeq with 500, and takes gaps (12.2.2)", () => {
    const callee = dialog();
    expect(callee.receive(request("INFO").set("CSeq", "9 INFO"))).toBe("ok");
    expect(callee.receive(request("INFO").set("CSeq", "8 INFO"))).toBe(500);
    expect(callee.remoteSequence).toBe(9);
  });

  it("follows the Contact of a re-INVITE and UPDATE, not that of others (12.2.2)", () => {
    const callee = dialog();
    callee.receive(request("INFO", ["Contact: <sip:info@x>"]).set("CSeq", "2 INFO"));
    expect(callee.remoteTarget).toBe("sip:1002@phone:5062");
    callee.receive(request("UPDATE", ["Contact: <sip:update@x>"]).set("CSeq", "3 UPDATE"));
    expect(callee.remoteTarget).toBe("sip:update@x");
  });

  it("never comes back from terminated", () => {
    const callee = dialog();
    callee.terminate();
    callee.terminate();
    callee.confirm();
    expect(callee.state).toBe("terminated");
  });
});
