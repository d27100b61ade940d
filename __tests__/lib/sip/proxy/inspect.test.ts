import { type InspectOptions, inspectForProxy, type Message } from "../../../../lib/sip";
import { lines, parseResponse, request } from "../support/messages";

function verdict(message: Message, options?: InspectOptions) {
  return inspectForProxy({ message }, options);
}

describe("inspectForProxy", () => {
  it("forwards methods and headers that nobody knows (16.3(1), rule 1)", () => {
    expect(verdict(request("FROBNICATE", ["X-Broken: ;;,"])).action).toBe("forward");
  });

  it("refuses Max-Forwards 0 with 483 (16.3(3), rule 2), even for OPTIONS", () => {
    expect(verdict(request("OPTIONS").set("Max-Forwards", 0))).toMatchObject({
      action: "reject",
      status: 483,
    });
    expect(verdict(request("OPTIONS").remove("Max-Forwards")).action).toBe("forward");
  });

  it("refuses an unknown Proxy-Require with 420 and Unsupported (16.3(5), rule 3)", () => {
    const message = request("OPTIONS", ["Proxy-Require: Foo, bar", "Proxy-Require: baz"]);
    expect(verdict(message, { supported: ["foo"] })).toMatchObject({
      status: 420,
      headers: [["Unsupported", "bar, baz"]],
    });
    expect(verdict(message, { supported: ["foo", "bar", "baz"] }).action).toBe("forward");
  });

  it("does not read Require, which is for user agents (20.32)", () => {
    expect(verdict(request("OPTIONS", ["Require: foo"])).action).toBe("forward");
  });

  it("does not refuse CANCEL and ACK for Proxy-Require (8.2.2.3)", () => {
    expect(verdict(request("CANCEL", ["Proxy-Require: foo"])).action).toBe("forward");
    expect(verdict(request("ACK", ["Proxy-Require: foo"])).action).toBe("forward");
  });

  it("refuses an unknown scheme with 416 unless it was told of it (16.3(2))", () => {
    const message = request("OPTIONS");
    message.uri = "tel:+15551234";
    expect(verdict(message)).toMatchObject({ status: 416, code: "uri-scheme-unsupported" });
    expect(verdict(message, { schemes: ["tel"] }).action).toBe("forward");
  });

  it("never answers an ACK: it drops what it would refuse", () => {
    expect(verdict(request("ACK").set("Max-Forwards", 0))).toMatchObject({
      action: "drop",
      code: "too-many-hops",
    });
  });

  it("drops a request without a Via: there is nobody to answer", () => {
    expect(verdict(request("OPTIONS").remove("Via"))).toMatchObject({
      action: "drop",
      code: "header-missing",
    });
  });

  it.each(["From", "To", "Call-ID", "CSeq", "Max-Forwards"])("refuses a second %s", (name) => {
    const message = request("OPTIONS");
    message.append(name, message.get(name) ?? "");
    expect(verdict(message)).toMatchObject({ status: 400, code: "header-repeated" });
  });

  describe("responses", () => {
    const response = (...vias: string[]) =>
      parseResponse(
        lines(
          "SIP/2.0 200 OK",
          ...vias.map((via) => `Via: SIP/2.0/UDP ${via};branch=z9hG4bK1`),
          "From: <sip:a@x>;tag=1",
          "To: <sip:b@x>;tag=2",
          "Call-ID: c",
          "CSeq: 1 INVITE",
        ),
      );

    it("are dropped silently when the top Via is not ours (18.1.2, rule 14)", () => {
      const options = { isOwnVia: (via: { host: string }) => via.host === "relay" };
      expect(verdict(response("relay", "192.0.2.1"), options).action).toBe("forward");
      expect(verdict(response("other", "192.0.2.1"), options)).toMatchObject({
        action: "drop",
        code: "via-not-own",
      });
    });

    it.each([
      "255.255.255.255",
      "224.0.1.75",
      "239.1.2.3",
      "0.0.0.0",
      "[ff02::1]",
      "[::]",
      "192.0.2.1;maddr=224.2.0.1",
    ])("never go on to %s", (host) => {
      expect(verdict(response("relay", host))).toMatchObject({ action: "drop", code: "next-via-unusable" });
    });

    it.each(["192.0.2.1", "phone.invalid", "[2001:db8::1]:5070", "192.0.2.255"])("go on to %s", (host) => {
      expect(verdict(response("relay", host)).action).toBe("forward");
    });

    it("are dropped when a mandatory header is broken, never answered", () => {
      expect(verdict(response("relay").set("CSeq", "x"))).toMatchObject({
        action: "drop",
        code: "header-malformed",
      });
    });
  });
});
