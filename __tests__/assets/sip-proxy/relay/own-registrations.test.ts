import { contactOf } from "../../../../assets/sip-proxy/src/genesys/binding";
import type { ServerName } from "../../../../assets/sip-proxy/src/relay/own-registrations";
import { Bench, fromAsterisk, GENESYS_SIDE } from "./support";

const CONTACT = "Contact: <sip:1002@127.0.0.1:5060>";

/** Asterisk's own REGISTER for DN 1002. */
const register = (extra: readonly string[], uri = "sip:192.0.2.81") =>
  fromAsterisk("REGISTER", {
    uri,
    from: "<sip:1002@192.0.2.81>;tag=a",
    to: "<sip:1002@192.0.2.81>",
    extra,
  });

function bench({ asks = true } = {}) {
  const told: unknown[][] = [];
  const registrations = {
    asks: (dn: string) => {
      told.push(["asks", dn]);
      return asks;
    },
    granted: (dn: string, expires: number | undefined) => told.push(["granted", dn, expires]),
    gaveUp: (dn: string, { host, port }: ServerName) => told.push(["gave up", dn, `${host}:${port}`]),
  };
  return { bench: new Bench({ registrations }), told };
}

describe("Asterisk's own REGISTER", () => {
  it("goes on with the Contact that sip-proxy registers too, to the letter", () => {
    const there = bench().bench.forward("asterisk", register([CONTACT, "Expires: 600"]));
    expect(there.request.contacts).toMatchObject([{ uri: contactOf("1002", GENESYS_SIDE, "udp") }]);
    const tcp = bench().bench.forward(
      "asterisk",
      register([CONTACT, "Expires: 600"], "sip:192.0.2.81;transport=tcp"),
    );
    expect(tcp.request.contacts).toMatchObject([{ uri: contactOf("1002", GENESYS_SIDE, "tcp") }]);
  });

  it("is noted, and so is what Genesys grants", () => {
    const { bench: relay, told } = bench();
    const there = relay.forward("asterisk", register([CONTACT, "Expires: 600"]));
    const contact = `<${contactOf("1002", GENESYS_SIDE, "udp")}>`;
    relay.respond(there, 200, [["Contact", `<sip:1002@198.51.100.1>;expires=9, ${contact};expires=300`]]);
    expect(told).toEqual([
      ["asks", "1002"],
      ["granted", "1002", 300],
    ]);
  });

  it.each([
    ["for all bindings", [["Expires", "200"]], 200],
    ["nowhere", [], undefined],
  ] as const)("may be granted %s", (_, headers, expires) => {
    const { bench: relay, told } = bench();
    relay.respond(relay.forward("asterisk", register([CONTACT, "Expires: 600"])), 200, headers);
    expect(told.at(-1)).toEqual(["granted", "1002", expires]);
  });

  it.each([100, 401, 403, 503])("that gets %d is granted nothing", (status) => {
    const { bench: relay, told } = bench();
    relay.respond(relay.forward("asterisk", register([CONTACT, "Expires: 600"])), status);
    expect(told).toEqual([["asks", "1002"]]);
  });

  it("is dropped, to come again, while an un-REGISTER is on its way", () => {
    const decision = bench({ asks: false }).bench.decide("asterisk", register([CONTACT, "Expires: 600"]));
    expect(decision).toMatchObject({ do: "drop", reason: "too-early", callId: "call-1" });
  });

  it.each([
    ["Expires: 0", [CONTACT, "Expires: 0"]],
    ["expires=0", [`${CONTACT};expires=0`]],
    ["expires=0, whatever Expires says", [`${CONTACT};expires=0`, "Expires: 600"]],
    ["the lone star", ["Contact: *", "Expires: 0"]],
    ["credentials", [CONTACT, "Expires: 0", 'Authorization: Digest username="1002", response="x"']],
  ])("with %s is a farewell: answered here, and nothing of it goes on", (_, extra) => {
    const { bench: relay, told } = bench();
    const { hop, response } = relay.answer("asterisk", register(extra, "sip:192.0.2.81:5062"));
    expect(response).toMatchObject({ status: 200, reason: "OK" });
    expect(response.has("Contact")).toBe(false);
    expect(response.has("Warning")).toBe(false);
    expect(hop).toMatchObject({ address: { address: "127.0.0.1", port: 5060 } });
    expect(told).toEqual([["gave up", "1002", "192.0.2.81:5062"]]);
    // A retransmission gets the same answer (RFC 3261 8.2.7).
    expect(relay.answer("asterisk", register(extra, "sip:192.0.2.81:5062")).response.toString()).toBe(
      response.toString(),
    );
  });

  it.each([
    ["no Contact: it only asks", []],
    ["the star without Expires: 0, which is Genesys' to refuse", ["Contact: *", "Expires: 60"]],
    ["a Contact of another host", ["Contact: <sip:1002@192.0.2.9:5060>", "Expires: 0"]],
    ["a Contact of another port", ["Contact: <sip:1002@127.0.0.1:5061>", "Expires: 0"]],
    ["a Contact of another user", ["Contact: <sip:1003@127.0.0.1:5060>", "Expires: 0"]],
    ["a Contact that is marked", ["Contact: <sip:1002@127.0.0.1:5060;line=abc>", "Expires: 0"]],
    ["a second Contact", [`${CONTACT}, <sip:1002@192.0.2.9>`, "Expires: 0"]],
    ["a Contact that is no SIP URI", ["Contact: <tel:1002>", "Expires: 0"]],
  ])("with %s is none of the relay's business", (_, extra) => {
    const { bench: relay, told } = bench();
    expect(relay.decide("asterisk", register(extra)).do).toBe("forward");
    expect(told).toEqual([]);
  });

  it("is one only if it comes from Asterisk, for a DN", () => {
    const { bench: relay, told } = bench();
    relay.decide("genesys", register([CONTACT, "Expires: 0"]), {});
    relay.decide("asterisk", register([CONTACT, "Expires: 0"]).replaceAll("sip:1002@", "sip:trunk@"));
    relay.decide("asterisk", register([CONTACT, "Expires: 0"]).replaceAll("REGISTER", "OPTIONS"));
    expect(told).toEqual([]);
  });
});
