import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import type { Decision } from "../../../../assets/sip-proxy/src/relay/decision";
import type { SideName } from "../../../../assets/sip-proxy/src/relay/sides";
import { parseDatagram } from "../../../../lib/sip";
import { ASTERISK, Bench, fromAsterisk, fromGenesys, GENESYS } from "./support";

const torture = join(__dirname, "../../../lib/sip/rfc4475");
const bench = new Bench();

const invite = fromGenesys("INVITE", {
  extra: ["Record-Route: <sip:p;lr>", "X-Genesys-CallUUID: A1"],
  body: "v=0",
});
const register = fromAsterisk("REGISTER", {
  uri: "sip:192.0.2.81",
  extra: ["Contact: <sip:1002@127.0.0.1:5060;line=a>;expires=60, <sip:x@y>"],
});
const bye = fromAsterisk("BYE", { extra: ["Route: <sip:192.0.2.54:5070;lr>, <sip:192.0.2.81:5062>"] });
const notify = fromGenesys("NOTIFY", { to: "<sip:1002@192.0.2.81>;tag=b", extra: ["Event: talk"] });
const response = bench.forward("genesys", invite).text.replace(/^INVITE .*/, "SIP/2.0 180 Ringing");

const corpus = [
  ...[invite, register, bye, notify, response].map((text) => Buffer.from(text, "latin1")),
  ...readdirSync(torture)
    .filter((name) => name.endsWith(".dat"))
    .map((name) => readFileSync(join(torture, name))),
];

/** Text that means something to a parser. */
const splinters = [
  ...'<>;,:@"%\r\n \t[]\\?=\0',
  ...[
    "\r\n",
    "[fe80::1%ab]",
    "[::ffff:192.0.2.81]",
    ";maddr=1.2.3.4",
    ";rport",
    ";lr",
    "%00",
    "sips:",
    "tel:1",
  ],
  ...[
    "Route: <sip:127.0.0.4:5070;lr>\r\n",
    "Via: SIP/2.0/UDP 127.0.0.4:5070;branch=z9hG4bKx\r\n",
    "Contact: *\r\n",
  ],
];

const mutated = fc
  .record({
    base: fc.constantFrom(...corpus),
    edits: fc.array(
      fc.record({ at: fc.nat(4_000), remove: fc.nat(12), insert: fc.constantFrom("", ...splinters) }),
      { maxLength: 5 },
    ),
  })
  .map(({ base, edits }) =>
    edits.reduce((text, { at, remove, insert }) => {
      const start = at % (text.length + 1);
      return text.slice(0, start) + insert + text.slice(start + remove);
    }, base.toString("latin1")),
  );

/** Where something of the relay's goes to, with which side that is. */
function hops(decision: Decision, from: SideName): [SideName, string][] {
  if (decision.do === "forward") {
    const all = [decision.hop, ...(decision.fallback ? [decision.fallback.hop] : [])];
    return all.map(({ address }) => [decision.to, address.address]);
  }
  return decision.do === "answer" ? [[from, decision.hop.address.address]] : [];
}

describe("whatever comes", () => {
  it("nothing is thrown, nothing goes to anybody but Genesys and Asterisk, and what goes can be read", () => {
    fc.assert(
      fc.property(mutated, fc.constantFrom<SideName>("genesys", "asterisk"), (text, side) => {
        const decision = bench.decide(side, text);
        for (const [to, address] of hops(decision, side)) {
          expect(address).toBe(to === "genesys" ? GENESYS.address : ASTERISK.address);
        }
        if (decision.do === "forward") {
          const { message, fault } = parseDatagram(decision.bytes);
          expect(fault).toBeUndefined();
          if (message?.isRequest) expect(message.maxForwards).toBeLessThan(255);
          decision.undeliverable?.();
        }
        if (decision.do === "talk") decision.answer(200, "OK");
      }),
      { numRuns: 20_000 },
    );
  });

  it("a message as large as they get is decided at once", () => {
    const many = (row: string, count: number) => Array.from({ length: count }, () => row);
    const worst = [
      fromAsterisk("BYE", { extra: many("Route: <sip:127.0.0.4:5070;lr>", 240) }),
      fromAsterisk("INVITE", { extra: [`Route: ${many("<sip:127.0.0.4:5070;lr>", 340).join(", ")}`] }),
      fromGenesys("INVITE", { extra: many("Via: SIP/2.0/UDP 127.0.0.4:5070;branch=z9hG4bKx", 240) }),
      fromAsterisk("REGISTER", {
        uri: "sip:192.0.2.81",
        extra: many(`Contact: ${many("<sip:a@b>", 20).join()}`, 200),
      }),
    ];
    for (const text of worst) bench.decide("asterisk", text); // compiled
    for (const text of worst) {
      const start = performance.now();
      for (let i = 0; i < 5; i++)
        bench.decide(text.startsWith("INVITE sip:1002") ? "genesys" : "asterisk", text);
      expect((performance.now() - start) / 5).toBeLessThan(50);
    }
  });
});
