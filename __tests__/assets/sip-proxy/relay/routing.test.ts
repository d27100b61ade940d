import type { Forward } from "../../../../assets/sip-proxy/src/relay/decision";
import { Peers } from "../../../../assets/sip-proxy/src/relay/peers";
import { Side } from "../../../../assets/sip-proxy/src/relay/sides";
import { Bench, fromAsterisk, fromGenesys } from "./support";

const bench = () => new Bench();

describe("a request of Genesys (RFC 3261 16.6)", () => {
  it("goes to Asterisk's trunk by UDP, and to nobody else wherever it points", () => {
    const { hop } = bench().forward("genesys", fromGenesys("INVITE", { uri: "sip:1002@elsewhere.example" }));
    expect(hop).toBe("UDP 127.0.0.1:5060");
  });

  it("loses the relay's address from the Request-URI, and nothing else (16.5)", () => {
    const { request } = bench().forward(
      "genesys",
      fromGenesys("INVITE", { uri: "sip:1002@192.0.2.54:5070;transport=tcp;line=abc;x" }),
    );
    expect(request.uri).toBe("sip:1002@127.0.0.1:5060;line=abc;x");
  });

  it("keeps a Request-URI that names somebody else", () => {
    const { request } = bench().forward(
      "genesys",
      fromGenesys("INVITE", { uri: "sip:1002@192.0.2.54:5080" }),
    );
    expect(request.uri).toBe("sip:1002@192.0.2.54:5080");
  });

  it("gets a Via of the side that it leaves by (16.6(8))", () => {
    const { request } = bench().forward("genesys", fromGenesys("OPTIONS"));
    expect(request.vias.map((via) => via.toString())).toEqual([
      expect.stringMatching(/^SIP\/2\.0\/UDP 127\.0\.0\.4:5070;branch=z9hG4bK[0-9a-f]{32}$/),
      "SIP/2.0/UDP 192.0.2.81:5060;branch=z9hG4bKgen1",
    ]);
  });

  it("has one Max-Forwards less (16.6(3)), and 483 at 0 (16.3(3))", () => {
    expect(bench().forward("genesys", fromGenesys("OPTIONS")).request.maxForwards).toBe(69);
    const spent = fromGenesys("OPTIONS").replace("Max-Forwards: 70", "Max-Forwards: 0");
    expect(bench().answer("genesys", spent).response.status).toBe(483);
  });

  it("says where it came from (18.2.1, RFC 3581 4)", () => {
    const via = "SIP/2.0/UDP sip.genesys.example;rport;branch=z9hG4bKgen1";
    const { request } = bench().forward("genesys", fromGenesys("OPTIONS", { via }), {
      remote: { address: "192.0.2.81", port: 40_000 },
    });
    expect(request.vias[1]).toMatchObject({ received: "192.0.2.81", rport: 40_000 });
  });

  it("with Proxy-Require gets 420 (16.3(5))", () => {
    const { response } = bench().answer("genesys", fromGenesys("INVITE", { extra: ["Proxy-Require: foo"] }));
    expect(response.status).toBe(420);
    expect(response.get("Unsupported")).toBe("foo");
  });

  it("for sips gets 416: there is no TLS here", () => {
    expect(
      bench().answer("genesys", fromGenesys("INVITE", { uri: "sips:1002@192.0.2.54" })).response.status,
    ).toBe(416);
  });

  it("keeps its body and every header that is not the proxy's, in order (16.6(1))", () => {
    const extra = ["X-A: ;;,", "x-b:  two", "Route-Hint: 1", "f2: y"];
    const { text } = bench().forward("genesys", fromGenesys("INVITE", { extra, body: "v=0\r\n\0\xff" }));
    expect(text).toContain(
      `CSeq: 1 INVITE\r\n${extra.join("\r\n")}\r\nContent-Length: 7\r\n\r\nv=0\r\n\0\xff`,
    );
  });

  it("that Asterisk's own Contact sends by TCP goes by TCP", () => {
    const { hop, request } = bench().forward(
      "genesys",
      fromGenesys("BYE", {
        uri: "sip:127.0.0.1:5060;transport=tcp",
        extra: ["Route: <sip:192.0.2.54:5070;lr>, <sip:127.0.0.4:5070;transport=tcp;lr>"],
      }),
    );
    expect(hop).toBe("TCP 127.0.0.1:5060");
    expect(request.via.transport).toBe("TCP");
  });
});

describe("a request of Asterisk", () => {
  it("goes where its Request-URI leads, without the Route that led here (16.4, 16.6(7))", () => {
    const { hop, request } = bench().forward("asterisk", fromAsterisk("INVITE"));
    expect(hop).toBe("UDP 192.0.2.81:5060");
    expect(request.has("Route")).toBe(false);
    expect(request.uri).toBe("sip:1003@192.0.2.81");
    expect(request.via.toString()).toMatch(/^SIP\/2\.0\/UDP 192\.0\.2\.54:5070;/);
  });

  it("goes to the port and by the protocol that the URI says", () => {
    const uri = "sip:1003@192.0.2.81:5066;transport=TCP";
    expect(bench().forward("asterisk", fromAsterisk("INVITE", { uri })).hop).toBe("TCP 192.0.2.81:5066");
  });

  it("goes by the Routes that are left: a loose router's first", () => {
    const bench = new Bench({}, ["192.0.2.81", "192.0.2.82"]);
    const { hop, request } = bench.forward(
      "asterisk",
      fromAsterisk("BYE", { extra: ["Route: <sip:192.0.2.54:5070;lr>, <sip:192.0.2.82:5062;lr>"] }),
    );
    expect(hop).toBe("UDP 192.0.2.82:5062");
    expect(request.values("Route")).toEqual(["<sip:192.0.2.82:5062;lr>"]);
    expect(request.uri).toBe("sip:1003@192.0.2.81");
  });

  it("is handed to a strict router by way of the Request-URI (16.6(6))", () => {
    const { hop, request } = bench().forward(
      "asterisk",
      fromAsterisk("BYE", { extra: ["Route: <sip:192.0.2.81:5062>"] }),
    );
    expect(hop).toBe("UDP 192.0.2.81:5062");
    expect(request.uri).toBe("sip:192.0.2.81:5062");
    expect(request.values("Route")).toEqual(["<sip:1003@192.0.2.81>"]);
  });

  it("from a strict router gets its Request-URI back (16.4)", () => {
    const text = fromAsterisk("BYE", { uri: "sip:127.0.0.4:5070;lr" }).replace(
      "Route: <sip:127.0.0.4:5070;lr>",
      "Route: <sip:192.0.2.54:5070;lr>, <sip:1003@192.0.2.81>",
    );
    const { hop, request } = bench().forward("asterisk", text);
    expect(hop).toBe("UDP 192.0.2.81:5060");
    expect(request.uri).toBe("sip:1003@192.0.2.81");
    expect(request.has("Route")).toBe(false);
  });

  it.each([
    ["sip:1003@198.51.100.1", 403],
    ["sip:1003@192.0.2.81;maddr=198.51.100.1", 403],
    ["sip:1003@elsewhere.example", 403],
    ["sip:1003@[fe80::1%25eth0]", 403],
    ["sip:1003@192.0.2.81;transport=tls", 403],
    ["sip:127.0.0.4:5070", 404],
    ["sip:1002@192.0.2.54:5070", 404],
    ["sips:1003@192.0.2.81", 416],
    ["tel:+1555", 416],
  ])("to %s gets %i", (uri, status) => {
    expect(bench().answer("asterisk", fromAsterisk("INVITE", { uri })).response.status).toBe(status);
  });

  it("with a Route that does not parse gets 400", () => {
    const { response } = bench().answer("asterisk", fromAsterisk("BYE", { extra: ["Route: <sip:a"] }));
    expect(response.status).toBe(400);
    expect(response.values("Via")).toHaveLength(1);
  });

  it("leads to a name that is Genesys', at the first of its addresses each time", async () => {
    const { clock, log } = new Bench();
    const peers = new Peers(["sip.genesys.example"], clock, log, async () => ["192.0.2.83", "192.0.2.82"]);
    await peers.start();
    const { hop } = new Bench({ peers }).forward(
      "asterisk",
      fromAsterisk("INVITE", { uri: "sip:1003@SIP.genesys.example" }),
    );
    expect(hop).toBe("UDP 192.0.2.82:5060");
    peers.stop();
  });
});

describe("an answer of the relay's own (8.2.7)", () => {
  const refused = (extra: string[] = []) => fromAsterisk("INVITE", { uri: "sip:1003@198.51.100.1", extra });

  it("goes to where the request came from, with the same tag each time", () => {
    const one = bench().answer("asterisk", refused(), { remote: { address: "127.0.0.1", port: 5060 } });
    const other = bench().answer("asterisk", refused());
    expect(one.hop).toEqual({ protocol: "UDP", address: { address: "127.0.0.1", port: 5060 } });
    expect(one.response.to.tag).toMatch(/^[0-9a-f]{16}$/);
    expect(other.response.toString()).toBe(one.response.toString());
    expect(one.response.get("Warning")).toBe('399 relay "198.51.100.1 is no host of Genesys"');
  });

  it("goes to nobody else, whatever Via says", () => {
    const via = "SIP/2.0/UDP 198.51.100.9:5099;maddr=198.51.100.8;branch=z9hG4bKx";
    const { hop } = bench().answer("genesys", fromGenesys("INVITE", { uri: "sips:1@a", via }));
    expect(hop.address).toEqual({ address: "192.0.2.81", port: 5099 });
  });

  it("is never given to ACK (17.1.1.3)", () => {
    const ack = fromAsterisk("ACK", { uri: "sip:1003@198.51.100.1" });
    expect(bench().decide("asterisk", ack)).toMatchObject({ do: "drop", reason: "not-answerable" });
  });

  it("is 500 where the next hop can't be reached, never 503 (16.7(6), rule 11)", () => {
    const { decision } = bench().forward("asterisk", fromAsterisk("INVITE"));
    expect(decision.undeliverable?.()).toMatchObject({ status: 500, hop: { address: { port: 5060 } } });
    expect(bench().forward("asterisk", fromAsterisk("ACK")).decision.undeliverable).toBeUndefined();
  });
});

describe("Record-Route (16.6(4), RFC 5658)", () => {
  it("names both sides, the one that the request leaves by first", () => {
    const incoming = bench().forward(
      "genesys",
      fromGenesys("INVITE", { extra: ["Record-Route: <sip:p;lr>"] }),
    );
    expect(incoming.request.values("Record-Route")).toEqual([
      "<sip:127.0.0.4:5070;lr>",
      "<sip:192.0.2.54:5070;lr>",
      "<sip:p;lr>",
    ]);
    expect(bench().forward("asterisk", fromAsterisk("INVITE")).request.values("Record-Route")).toEqual([
      "<sip:192.0.2.54:5070;lr>",
      "<sip:127.0.0.4:5070;lr>",
    ]);
  });

  it("says by which protocol each side is reached", () => {
    const { request } = bench().forward("genesys", fromGenesys("INVITE"), { protocol: "TCP" });
    expect(request.values("Record-Route")).toEqual([
      "<sip:127.0.0.4:5070;lr>",
      "<sip:192.0.2.54:5070;transport=tcp;lr>",
    ]);
  });

  it("leads later requests of both ends through here, and is taken off then", () => {
    const invite = bench().forward("genesys", fromGenesys("INVITE")).request.values("Record-Route");
    const bye = bench().forward(
      "asterisk",
      fromAsterisk("BYE", { uri: "sip:1003@192.0.2.81:5066" }).replace(
        "Route: <sip:127.0.0.4:5070;lr>",
        `Route: ${invite.join(", ")}`,
      ),
    );
    expect(bye.hop).toBe("UDP 192.0.2.81:5066");
    expect(bye.request.has("Route")).toBe(false);
    const route = `Route: ${[...invite].reverse().join(", ")}`;
    const other = bench().forward(
      "genesys",
      fromGenesys("BYE", { uri: "sip:127.0.0.1:5060", extra: [route] }),
    );
    expect(other.hop).toBe("UDP 127.0.0.1:5060");
    expect(other.request.has("Route")).toBe(false);
  });

  it.each(["REGISTER", "OPTIONS", "BYE", "MESSAGE", "ACK", "CANCEL"])("is nothing for %s", (method) => {
    expect(bench().forward("asterisk", fromAsterisk(method)).request.has("Record-Route")).toBe(false);
  });
});

describe("without state (16.11)", () => {
  it("a retransmission leaves as the first did, to the same place", () => {
    const first = bench().forward("genesys", fromGenesys("INVITE"));
    const again = bench().forward("genesys", fromGenesys("INVITE"));
    expect(again.text).toBe(first.text);
    expect(again.hop).toBe(first.hop);
  });

  it("CANCEL, and ACK to a failure, get the INVITE's branch (16.10, rule 12)", () => {
    const [invite, cancel, ack] = ["INVITE", "CANCEL", "ACK"].map((method) =>
      bench().forward("asterisk", fromAsterisk(method)),
    );
    expect(cancel?.request.via.branch).toBe(invite?.request.via.branch);
    expect(ack?.request.via.branch).toBe(invite?.request.via.branch);
    expect(cancel?.hop).toBe(invite?.hop);
  });

  it("a request that comes back unchanged gets 482 (16.3(4), RFC 5393 4.2)", () => {
    const there = bench().forward("asterisk", fromAsterisk("OPTIONS"));
    // Somebody sends it back with the Route and the Request-URI that it had.
    const back = there.text
      .replace("Max-Forwards: 69", "Max-Forwards: 68\r\nRoute: <sip:127.0.0.4:5070;lr>")
      .replace("Via:", "Via: SIP/2.0/UDP 192.0.2.81;branch=z9hG4bKback\r\nVia:");
    expect(bench().answer("genesys", back).response.status).toBe(482);
    // With another Request-URI it is a spiral.
    const spiral = back.replace("sip:1003@192.0.2.81 ", "sip:1002@192.0.2.54:5070 ");
    expect(bench().forward("genesys", spiral).hop).toBe("UDP 127.0.0.1:5060");
  });
});

describe("a request that is too long for UDP (18.1.1)", () => {
  const long = (length: number) => fromAsterisk("INVITE", { body: "x".repeat(length) });

  it("goes by TCP with the same branch, and by UDP where there is no TCP", () => {
    const { decision, request, hop } = bench().forward("asterisk", long(1300));
    expect(hop).toBe("TCP 192.0.2.81:5060");
    expect(request.via.transport).toBe("TCP");
    const { fallback } = decision;
    expect(fallback?.hop).toEqual({ protocol: "UDP", address: { address: "192.0.2.81", port: 5060 } });
    expect(fallback?.bytes.toString()).toBe(
      decision.bytes.toString().replace("Via: SIP/2.0/TCP", "Via: SIP/2.0/UDP"),
    );
  });

  it("is one of more than 1300 bytes as it leaves", () => {
    const size = bench().forward("asterisk", long(0)).decision.bytes.length;
    const fits = 1300 - size - 2; // Content-Length gets two digits more
    const at = (length: number) => bench().forward("asterisk", long(length)).decision;
    const result = ({ hop, bytes }: Forward) => `${bytes.length} ${hop.protocol}`;
    expect(result(at(fits))).toBe("1300 UDP");
    expect(result(at(fits + 1))).toBe("1301 TCP");
  });

  it("may be longer on the loopback interface", () => {
    expect(bench().forward("genesys", fromGenesys("INVITE", { body: "x".repeat(3000) })).hop).toMatch(/^UDP/);
    expect(bench().forward("genesys", fromGenesys("INVITE", { body: "x".repeat(4000) })).hop).toMatch(/^TCP/);
  });
});

describe("responses (16.11, 18.2.2)", () => {
  it("go back by the Via below ours, 100 too", () => {
    const there = bench().forward("genesys", fromGenesys("INVITE"));
    const back = bench().respond(there, 100);
    expect(back.hop).toBe("UDP 192.0.2.81:5060");
    expect(back.response.values("Via")).toEqual(["SIP/2.0/UDP 192.0.2.81:5060;branch=z9hG4bKgen1"]);
  });

  it("go to rport and received, where the request came from (RFC 3581 4)", () => {
    const there = bench().forward("asterisk", fromAsterisk("OPTIONS"), {
      remote: { address: "127.0.0.1", port: 5099 },
    });
    expect(bench().respond(there, 200).hop).toBe("UDP 127.0.0.1:5099");
  });

  it("go into the connection that the request came by, with Via's port for a new one", () => {
    const via = "SIP/2.0/TCP 192.0.2.81:5060;branch=z9hG4bKgen1";
    const remote = { address: "192.0.2.81", port: 41_234 };
    const there = bench().forward("genesys", fromGenesys("INVITE", { via }), { protocol: "TCP", remote });
    expect(there.request.via.params.get("i")).toBe("41234");
    expect(bench().respond(there, 200).decision.hop).toEqual({
      protocol: "TCP",
      address: { address: "192.0.2.81", port: 5060 },
      connection: 41_234,
    });
  });

  it.each([
    ["whose Via is not ours", (text: string) => text.replace("127.0.0.4:5070", "127.0.0.4:5071"), "not-ours"],
    ["whose Via is the other side's", (text: string) => text.replace("127.0.0.4", "192.0.2.54"), "not-ours"],
    [
      "that lead to a stranger",
      (text: string) => text.replace("192.0.2.81:5060;", "198.51.100.1;"),
      "not-ours",
    ],
    [
      "that lead to everybody",
      (text: string) => text.replace("192.0.2.81:5060;", "255.255.255.255;"),
      "not-ours",
    ],
    ["that lead nowhere", (text: string) => text.replace(/Via: SIP\/2.0\/UDP 192.*\r\n/, ""), "not-ours"],
  ])("%s are dropped without a word (18.1.2)", (_what, spoil, reason) => {
    const bytes = bench().forward("genesys", fromGenesys("OPTIONS")).text;
    const sound = bytes.replace(/^OPTIONS .*/, "SIP/2.0 200 OK");
    expect(bench().decide("asterisk", sound)).toMatchObject({ do: "forward" });
    expect(bench().decide("asterisk", spoil(sound))).toMatchObject({ do: "drop", reason });
  });

  it("keep what is theirs", () => {
    const there = bench().forward("asterisk", fromAsterisk("OPTIONS"));
    const back = bench().respond(there, 200, [
      ["Contact", "<sip:192.0.2.81:5066>"],
      ["X-A", "b"],
    ]);
    expect(back.response.get("Contact")).toBe("<sip:192.0.2.81:5066>");
    expect(back.response.get("X-A")).toBe("b");
  });
});

describe("Asterisk's own REGISTER (static mode)", () => {
  const contact = '"A" <sip:1002@127.0.0.1:5060;line=xyz>;expires=600;+a=1';
  const register = (value = contact) =>
    fromAsterisk("REGISTER", { uri: "sip:192.0.2.81", extra: [`Contact: ${value}`] });

  it("gives Genesys a Contact that leads here, and keeps user and line", () => {
    const { request } = bench().forward("asterisk", register());
    expect(request.get("Contact")).toBe('"A" <sip:1002@192.0.2.54:5070;line=xyz>;expires=600;+a=1');
  });

  it("says TCP in it where Genesys is reached by TCP", () => {
    const text = register().replace("REGISTER sip:192.0.2.81 ", "REGISTER sip:192.0.2.81;transport=tcp ");
    expect(bench().forward("asterisk", text).request.contacts).toMatchObject([
      { uri: "sip:1002@192.0.2.54:5070;line=xyz;transport=tcp" },
    ]);
  });

  it("gives Asterisk its own Contact back, and leaves those of others", () => {
    const there = bench().forward("asterisk", register());
    const back = bench().respond(there, 200, [
      ["Contact", "<sip:1002@192.0.2.54:5070;line=xyz>;expires=300, <sip:1002@198.51.100.7>;expires=9"],
    ]);
    expect(back.response.values("Contact")).toEqual([
      "<sip:1002@127.0.0.1:5060;line=xyz>;expires=300",
      "<sip:1002@198.51.100.7>;expires=9",
    ]);
  });

  it("by TCP gets it back with transport, as Asterisk wrote it", () => {
    const there = bench().forward(
      "asterisk",
      fromAsterisk("REGISTER", {
        via: "SIP/2.0/TCP 127.0.0.1:5060;rport;branch=z9hG4bKa",
        extra: ["Contact: <sip:1002@127.0.0.1:5060;transport=TCP;line=x>"],
      }),
      { protocol: "TCP" },
    );
    expect(there.request.contacts).toMatchObject([{ uri: "sip:1002@192.0.2.54:5070;line=x" }]);
    const back = bench().respond(there, 200, [["Contact", "<sip:1002@192.0.2.54:5070;line=x>;expires=300"]]);
    expect(back.response.get("Contact")).toBe("<sip:1002@127.0.0.1:5060;line=x;transport=tcp>;expires=300");
  });

  it("may be about all bindings (10.2.2)", () => {
    expect(bench().forward("asterisk", register("*")).request.get("Contact")).toBe("*");
  });

  it("is the only request whose Contact is touched", () => {
    const { request } = bench().forward("asterisk", register().replaceAll("REGISTER", "INVITE"));
    expect(request.get("Contact")).toBe(contact);
    const other = bench().forward("genesys", fromGenesys("REGISTER", { extra: [`Contact: ${contact}`] }));
    expect(other.request.get("Contact")).toBe(contact);
  });
});

describe("IPv6", () => {
  const v6 = () =>
    new Bench(
      {
        sides: {
          genesys: new Side("genesys", { address: "2001:DB8:0::54", port: 5070 }),
          asterisk: new Side("asterisk", { address: "127.0.0.4", port: 5070 }),
        },
      },
      ["2001:db8::81"],
    );
  const remote = { address: "2001:db8::81", port: 5060 };

  it("is relayed to Asterisk's IPv4, and back", () => {
    const bench = v6();
    const via = "SIP/2.0/UDP [2001:db8:0:0::81]:5060;branch=z9hG4bKgen1";
    const uri = "sip:1002@[2001:db8:0:0::54]:5070;line=a";
    const there = bench.forward("genesys", fromGenesys("INVITE", { uri, via }), { remote });
    expect(there.hop).toBe("UDP 127.0.0.1:5060");
    expect(there.request.uri).toBe("sip:1002@127.0.0.1:5060;line=a");
    expect(there.request.values("Record-Route")[1]).toBe("<sip:[2001:db8::54]:5070;lr>");
    expect(bench.respond(there, 200).hop).toBe("UDP 2001:db8::81:5060");
  });

  it("is relayed to Genesys", () => {
    const bench = v6();
    const there = bench.forward(
      "asterisk",
      fromAsterisk("REGISTER", {
        uri: "sip:[2001:db8::81]",
        extra: ["Contact: <sip:1002@127.0.0.1:5060;line=a>"],
      }),
    );
    expect(there.hop).toBe("UDP 2001:db8::81:5060");
    expect(there.request.get("Contact")).toBe("<sip:1002@[2001:db8::54]:5070;line=a>");
    expect(there.request.via.toString()).toMatch(/^SIP\/2\.0\/UDP \[2001:db8::54\]:5070;branch/);
    expect(bench.respond(there, 200, [], { remote }).hop).toBe("UDP 127.0.0.1:5060");
  });
});
