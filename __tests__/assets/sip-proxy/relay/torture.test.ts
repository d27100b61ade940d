import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseDatagram } from "../../../../lib/sip";
import { until } from "../support/fake-asterisk";
import { fromGenesys } from "./support";
import { addressesIn, closeAll, startRelay, UdpPeer } from "./wire";

const A = addressesIn("127.0.61");

/** Ports that a Via among the messages names, or stands for by its transport. */
const ANSWER_PORTS = [5060, 5050, 5061];

const FORWARDED = [
  ...[
    "wsinv",
    "intmeth",
    "esc01",
    "escnull",
    "esc02",
    "lwsdisp",
    "longreq",
    "dblreq",
    "semiuri",
    "transports",
  ],
  ...["mpart01", "baddate", "badbranch", "unksm2", "invut", "regaut01", "cparam01", "cparam02", "regescrt"],
  ...["sdp01", "inv2543"],
];

const REFUSED: readonly (readonly [file: string, status: number])[] = [
  ["badinv01", 400],
  ["clerr", 400],
  ["ncl", 400],
  ["scalar02", 400],
  ["quotbal", 400],
  ["ltgtruri", 400],
  ["lwsruri", 400],
  ["lwsstart", 400],
  ["trws", 400],
  ["escruri", 400],
  ["regbadct", 400],
  ["badaspec", 400],
  ["baddn", 400],
  ["badvers", 505],
  ["mismatch01", 400],
  ["mismatch02", 400],
  ["insuf", 400],
  ["unkscm", 416],
  ["novelsc", 416],
  ["bext01", 420],
  ["multi01", 400],
  ["mcl01", 400],
  ["zeromf", 483],
];

/** Responses, and whether one passes whose top Via is ours. */
const RESPONSES: readonly (readonly [file: string, passes: boolean])[] = [
  ["unreason", true],
  ["noreason", true],
  ["scalarlg", false],
  ["bigcode", false],
  ["bcast", false],
];

/** Rows that a proxy adds to or changes. */
const PROXYS = new Set(["via", "v", "max-forwards", "record-route", "route"]);

function read(file: string): Buffer {
  return readFileSync(join(__dirname, "../../../lib/sip/rfc4475", `${file}.dat`));
}

/** The rows that are none of the proxy's business, and the body. */
function others(bytes: Buffer): unknown {
  const { message } = parseDatagram(bytes);
  if (message === undefined) throw new Error("not parsed");
  const rows = message.rows().filter(([name]) => !PROXYS.has(name.toLowerCase().trim()));
  return { rows, body: message.body.toString("latin1") };
}

describe("RFC 4475 torture messages on the wire", () => {
  let count = 0;
  let genesys: UdpPeer[];
  let asterisk: UdpPeer;

  beforeEach(async () => {
    await startRelay(A);
    asterisk = await UdpPeer.open(A.asterisk);
    genesys = await Promise.all(ANSWER_PORTS.map((port) => UdpPeer.open(A.genesys, port)));
  });
  afterEach(closeAll);

  /** What the message made come out at either end, before a message that was sent after it. */
  async function outcomeOf(bytes: Buffer): Promise<{ forwarded: string[]; answered: string[] }> {
    const [peer] = genesys as [UdpPeer];
    const mark = `z9hG4bKlast${count++};`;
    const last = fromGenesys("OPTIONS", {
      via: `SIP/2.0/UDP ${A.genesys};branch=${mark}rport`,
      uri: `sip:1002@${A.genesysSide}:5070`,
    });
    peer.send(bytes, A.genesysSide);
    peer.send(last, A.genesysSide);
    const isLast = (text: string) => text.includes(mark);
    await until(() => asterisk.raw.some(isLast), "the message after it came to Asterisk");
    // And one that is refused, for what may have been answered.
    peer.send(last.replace("Max-Forwards: 70", "Max-Forwards: 0"), A.genesysSide);
    const answers = () => genesys.flatMap((one) => one.raw);
    await until(() => answers().some(isLast), "the message after it was answered");
    return {
      forwarded: asterisk.raw.filter((text) => !text.includes("z9hG4bKlast")),
      answered: answers().filter((text) => !text.includes("z9hG4bKlast")),
    };
  }

  it("are all here", () => {
    expect(
      new Set([...FORWARDED, ...REFUSED.map(([file]) => file), ...RESPONSES.map(([file]) => file)]).size,
    ).toBe(49);
  });

  it.each(FORWARDED)(
    "%s reaches Asterisk with everything that is not the proxy's as it came",
    async (file) => {
      const { forwarded, answered } = await outcomeOf(read(file));
      expect(answered).toEqual([]);
      expect(forwarded).toHaveLength(1);
      const bytes = Buffer.from(forwarded[0] as string, "latin1");
      expect(others(bytes)).toEqual(others(read(file)));
      const { message } = parseDatagram(bytes);
      expect(message?.via).toMatchObject({ host: A.asteriskSide, port: 5070, hasMagicCookie: true });
    },
  );

  it.each(REFUSED)("%s gets %i, and Asterisk sees nothing of it", async (file, status) => {
    const { forwarded, answered } = await outcomeOf(read(file));
    expect(forwarded).toEqual([]);
    expect(answered).toHaveLength(1);
    expect(answered[0]).toMatch(new RegExp(`^SIP/2.0 ${status} `));
  });

  it.each(RESPONSES)("%s is dropped without a word: its Via is not ours (18.1.2)", async (file) => {
    expect(await outcomeOf(read(file))).toEqual({ forwarded: [], answered: [] });
  });

  it.each(RESPONSES)("%s below a Via of ours passes: %s", async (file, passes) => {
    // bcast keeps the Via that leads to everybody; the others get one that leads to Asterisk.
    const below = file === "bcast" ? "" : `Via: SIP/2.0/UDP ${A.asterisk};branch=z9hG4bKa\r\n`;
    const ours = `\r\nVia: SIP/2.0/UDP ${A.genesysSide}:5070;branch=z9hG4bKr\r\n${below}`;
    const bytes = Buffer.from(read(file).toString("latin1").replace("\r\n", ours), "latin1");
    const { forwarded, answered } = await outcomeOf(bytes);
    expect(answered).toEqual([]);
    expect(forwarded).toHaveLength(passes ? 1 : 0);
    if (passes) expect(others(Buffer.from(forwarded[0] as string, "latin1"))).toEqual(others(read(file)));
  });

  it("wsinv: the Route of a loose router stays; mpart01: that of a strict one becomes the Request-URI (16.6(6))", async () => {
    const [loose] = (await outcomeOf(read("wsinv"))).forwarded;
    expect(loose).toMatch(/^INVITE sip:vivekg@chair-dnrc\.example\.com;unknownparam SIP/);
    expect(loose).toContain("<sip:services.example.com;lr;unknownwith=value;unknown-no-value>");
    const strict = (await outcomeOf(read("mpart01"))).forwarded.find((text) => text.startsWith("MESSAGE"));
    expect(strict).toMatch(/^MESSAGE sip:127\.0\.0\.1:5080 SIP/);
    expect(strict).toContain("Route: <sip:kumiko@example.org>\r\n");
  });

  it("escruri: the headers in the URI are never forwarded; dblreq: nor is the second request", async () => {
    expect((await outcomeOf(read("escruri"))).forwarded).toEqual([]);
    expect((await outcomeOf(read("dblreq"))).forwarded.join()).not.toContain("INVITE");
  });
});
