import {
  addRecordRoute,
  decrementMaxForwards,
  isLoop,
  nextHop,
  parseMessage,
  popVia,
  processRoutes,
  pushVia,
  responseTarget,
  type SipRequest,
  type SipUri,
  stampSource,
  statelessBranch,
  Via,
} from "../../../../lib/sip";
import { parseResponse, request } from "../support/messages";

const SOURCE = { address: "192.0.2.1", port: 5060 };

/** A proxy that writes sip:relay;lr into Record-Route. */
const isOwnRoute = (uri: SipUri) => uri.host === "relay" && uri.user === undefined;
const isOwnVia = (via: Via) => via.host === "relay";

describe("Max-Forwards (16.6(3), rule 2)", () => {
  it("is decremented where it stands", () => {
    const message = request("OPTIONS");
    decrementMaxForwards(message);
    expect(message.rows()[1]).toEqual(["Max-Forwards", "69"]);
  });

  it("is 70 where it is missing", () => {
    const message = request("OPTIONS").remove("Max-Forwards");
    decrementMaxForwards(message);
    expect(message.maxForwards).toBe(70);
  });

  it("never goes below 0", () => {
    expect(() => decrementMaxForwards(request("OPTIONS").set("Max-Forwards", 0))).toThrow(
      expect.objectContaining({ code: "too-many-hops" }),
    );
  });
});

describe("received and rport (18.2.1, RFC 3581 4, rule 15)", () => {
  it("leaves a Via alone that says where it comes from", () => {
    const message = request("OPTIONS");
    const before = message.toString();
    stampSource(message, { ...SOURCE, port: 9_999 });
    expect(message.toString()).toBe(before);
  });

  it("adds received where sent-by is another host or a name", () => {
    const message = request("OPTIONS");
    stampSource(message, { address: "::ffff:198.51.100.7", port: 5060 });
    expect(message.get("Via")).toBe("SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKtest1;received=198.51.100.7");
  });

  it("fills an empty rport, and adds received then even where it equals sent-by", () => {
    const message = request("OPTIONS", [], "z9hG4bKa;rport");
    stampSource(message, { ...SOURCE, port: 6_000 });
    expect(message.get("Via")).toBe(
      "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa;rport=6000;received=192.0.2.1",
    );
  });

  it("touches the first value of a comma list only", () => {
    const message = request("OPTIONS", [], "z9hG4bKa, SIP/2.0/UDP 192.0.2.8;branch=z9hG4bKb");
    stampSource(message, { address: "198.51.100.7", port: 5060 });
    expect(message.vias.map((via) => via.received)).toEqual(["198.51.100.7", undefined]);
  });
});

describe("where a response goes (18.2.2)", () => {
  it.each([
    ["SIP/2.0/UDP 192.0.2.1", "192.0.2.1", 5060],
    ["SIP/2.0/TLS 192.0.2.1", "192.0.2.1", 5061],
    ["SIP/2.0/UDP 192.0.2.1:5070;received=198.51.100.7", "198.51.100.7", 5070],
    ["SIP/2.0/UDP 192.0.2.1:5070;received=198.51.100.7;rport=40000", "198.51.100.7", 40_000],
    ["SIP/2.0/UDP [2001:db8::1]:5070", "2001:db8::1", 5070],
    ["SIP/2.0/UDP 192.0.2.1;maddr=198.51.100.9;received=198.51.100.7", "198.51.100.9", 5060],
  ])("%s", (via, address, port) => {
    expect(responseTarget(via)).toEqual({ address, port });
  });

  it("popVia takes ours and says where the next leads (16.7(3), 16.11)", () => {
    const response = parseResponse(
      "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP relay;branch=z9hG4bKr, SIP/2.0/UDP 192.0.2.1:5066;branch=z9hG4bKa\r\n\r\n",
    );
    expect(popVia(response)).toMatchObject({
      via: { host: "relay" },
      target: { address: "192.0.2.1", port: 5066 },
    });
    expect(response.values("Via")).toEqual(["SIP/2.0/UDP 192.0.2.1:5066;branch=z9hG4bKa"]);
    expect(popVia(response).target).toBeUndefined();
  });
});

describe("Record-Route (16.6(4), rule 6)", () => {
  it("goes in first, with lr", () => {
    const message = request("INVITE", ["Record-Route: <sip:p1;lr>"]);
    addRecordRoute(message, "sip:relay:5070");
    expect(message.values("Record-Route")).toEqual(["<sip:relay:5070;lr>", "<sip:p1;lr>"]);
  });
});

describe("Route (16.4, 16.6(6), rule 4)", () => {
  const routed = (...routes: string[]) =>
    request(
      "INVITE",
      routes.map((route) => `Route: ${route}`),
    );

  it("pops the own top Route", () => {
    const message = routed("<sip:relay;lr>, <sip:p2;lr>");
    expect(processRoutes(message, isOwnRoute)).toBe(true);
    expect(message.values("Route")).toEqual(["<sip:p2;lr>"]);
    expect(nextHop(message)).toBe("sip:p2;lr");
    expect(message.uri).toBe("sip:1003@192.0.2.2");
  });

  it("leaves the Routes of others alone", () => {
    const message = routed("<sip:p1;lr>", "<sip:relay;lr>");
    expect(processRoutes(message, isOwnRoute)).toBe(false);
    expect(message.values("Route")).toEqual(["<sip:p1;lr>", "<sip:relay;lr>"]);
  });

  it("undoes a strict router's rewriting: the last Route becomes the Request-URI", () => {
    const message = routed("<sip:p2;lr>", "<sip:1003@phone>");
    message.uri = "sip:relay;lr";
    expect(processRoutes(message, isOwnRoute)).toBe(true);
    expect(message.uri).toBe("sip:1003@phone");
    expect(message.values("Route")).toEqual(["<sip:p2;lr>"]);
  });

  it("hands a request to a strict router by way of the Request-URI", () => {
    const message = routed("<sip:strict>", "<sip:p2;lr>");
    expect(nextHop(message)).toBe("sip:strict");
    expect(message.uri).toBe("sip:strict");
    expect(message.values("Route")).toEqual(["<sip:p2;lr>", "<sip:1003@192.0.2.2>"]);
  });

  it("without a Route the Request-URI leads on", () => {
    const message = routed("<sip:relay;lr>");
    processRoutes(message, isOwnRoute);
    expect(message.has("Route")).toBe(false);
    expect(nextHop(message)).toBe("sip:1003@192.0.2.2");
  });
});

describe("the branch of a stateless proxy (16.11, RFC 5393 4.2, rule 7)", () => {
  /** What the proxy sends on, as it would come back to it. */
  function forwarded(message: SipRequest): SipRequest {
    const copy = message.clone();
    pushVia(copy, new Via("UDP", "relay", 5070).with("branch", statelessBranch(message)));
    return copy;
  }

  it("has the cookie and is the same for a retransmission", () => {
    expect(statelessBranch(request("INVITE"))).toMatch(/^z9hG4bK[0-9a-f]{32}$/);
    expect(statelessBranch(request("INVITE"))).toBe(statelessBranch(request("INVITE")));
  });

  it("leaves the method out: CANCEL, and ACK with its To tag, get the INVITE's", () => {
    const ack = request("ACK").set("To", "<sip:1003@192.0.2.2>;tag=t");
    expect(statelessBranch(ack)).toBe(statelessBranch(request("INVITE")));
    expect(statelessBranch(request("CANCEL"))).toBe(statelessBranch(request("INVITE")));
  });

  it("differs for another transaction of the same peer, and for the same branch of another peer", () => {
    const other = request("INVITE").replaceFirst("Via", "SIP/2.0/UDP 192.0.2.99:5060;branch=z9hG4bKtest1");
    const branches = [request("INVITE"), request("INVITE", [], "z9hG4bKtest2"), other].map(statelessBranch);
    expect(new Set(branches).size).toBe(3);
  });

  it("is stable for a peer of RFC 2543, whose branch says nothing", () => {
    const old = () => request("INVITE", [], "1");
    expect(statelessBranch(old())).toBe(statelessBranch(old()));
    expect(statelessBranch(old().set("CSeq", "2 INVITE"))).not.toBe(statelessBranch(old()));
  });

  it("sees a request that came back unchanged as a loop", () => {
    expect(isLoop(request("INVITE"), isOwnVia)).toBe(false);
    const back = forwarded(request("INVITE"));
    pushVia(back, Via.parse("SIP/2.0/UDP elsewhere;branch=z9hG4bKx"));
    expect(isLoop(back, isOwnVia)).toBe(true);
  });

  it("sees one that came back with another Request-URI or Route as a spiral", () => {
    const retargeted = forwarded(request("INVITE"));
    retargeted.uri = "sip:1004@192.0.2.2";
    expect(isLoop(retargeted, isOwnVia)).toBe(false);
    expect(isLoop(forwarded(request("INVITE")).append("Route", "<sip:p;lr>"), isOwnVia)).toBe(false);
  });

  it("passes by a Via of others that does not parse (rule 1)", () => {
    const message = request("INVITE").append("Via", "nonsense");
    expect(isLoop(message, isOwnVia)).toBe(false);
  });
});

it("rules 1 and 20: methods, headers and parameters that nobody knows go through", () => {
  const text = `FROBNICATE sip:1003@192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bKa\r\nContact: <sip:x@y>;reg-id=1;+sip.instance="<urn:uuid:1>"\r\nX-Broken: ;;,"\r\nDate: yesterday\r\n\r\n`;
  const message = parseMessage(text);
  if (!message.isRequest) throw new Error("a response");
  decrementMaxForwards(message);
  pushVia(message, Via.parse("SIP/2.0/UDP relay;branch=z9hG4bKr"));
  expect(message.toString()).toBe(
    text
      .replace("Via:", "Via: SIP/2.0/UDP relay;branch=z9hG4bKr\r\nVia:")
      .replace("yesterday\r\n", "yesterday\r\nMax-Forwards: 70\r\n"),
  );
});
