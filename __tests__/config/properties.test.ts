import fc from "fast-check";
import { stringify } from "yaml";
import { EnvironmentError, inRange, loadEnvironment } from "../../config";
import { rangeNumbers, rangeSize } from "../../config/dns";
import { editDistance, nearest } from "../../config/nearest";
import { siteLoader, testDirectory } from "./files";

const directory = testDirectory();
const { load } = siteLoader(directory);

/** Loads, or throws EnvironmentError with at least one fault that says something; anything else fails the test. */
function loadOrFaults(content: string | Buffer): void {
  try {
    loadEnvironment(directory.write("site.yaml", content), {});
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    expect(error.faults.length).toBeGreaterThan(0);
    for (const { message, line, column } of error.faults) {
      expect(message).not.toBe("");
      expect([line ?? 1, column ?? 1].every((number) => Number.isInteger(number) && number >= 1)).toBe(true);
    }
    // A line per fault, whatever characters the file brings.
    expect(error.render().split(/[\n\r\u2028\u2029]/)).toHaveLength(Math.min(error.faults.length, 101));
  }
}

const keys = [
  ..."forwardingMode host docker genesys dns allowedDns monitor nginx asterisk postgres sipProxy callControl rtp codecs images".split(
    " ",
  ),
  ..."secrets state options servers trunks dids queues members prefixes address port number name displayName range tls source __proto__ constructor a".split(
    " ",
  ),
];
const values = [
  "static",
  "1002",
  "5001-5020",
  "5020-5001",
  "127.0.0.1",
  "::",
  "registry",
  "s3",
  "",
  "~",
  "*a",
  "0010",
  "1e400",
];
const pieces = [
  ..."\n:-?#&*!|>'\"%@`,[]{} \t\u0000\u2028\ud800",
  "\n  ",
  ": ",
  "\n- ",
  "---\n",
  "&a ",
  "*a",
  "<<: ",
];

/** A tree of known keys with values of any kind: gets past YAML and into the schema. */
const tree = fc.letrec<{ value: unknown; section: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom<unknown>(...values, 8443, 5060, 0, -1, 1.5, true, null),
    fc.string({ maxLength: 20 }),
    fc.double(),
    fc.array(tie("value"), { maxLength: 4 }),
    tie("section"),
  ),
  section: fc.dictionary(fc.constantFrom(...keys), tie("value"), { maxKeys: 8 }),
})).section;

describe("any file gives an environment or an EnvironmentError", () => {
  it("of bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => loadOrFaults(Buffer.from(bytes))));
  });

  it("of pieces of YAML", () => {
    const piece = fc.constantFrom(...pieces, ...keys, ...values);
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (parts) => loadOrFaults(parts.join(""))),
      { numRuns: 1000 },
    );
  });

  it("of known keys with any values", () => {
    fc.assert(
      fc.property(tree, (data) => loadOrFaults(stringify(data))),
      { numRuns: 500 },
    );
  });

  it("of a sound site with any values in it", () => {
    const site = { host: { address: "192.0.2.1" }, genesys: { servers: [{ host: "192.0.2.2" }] } };
    fc.assert(
      fc.property(tree, (data) => loadOrFaults(stringify({ ...(data as object), ...site }))),
      { numRuns: 500 },
    );
  });
});

const range = fc
  .tuple(
    fc.integer({ min: 1, max: 20 }),
    fc.bigInt({ min: 0n, max: 10n ** 20n }),
    fc.integer({ min: 0, max: 200 }),
  )
  .map(([length, start, size]) => {
    const from = start % 10n ** BigInt(length);
    const to = from + BigInt(size);
    const last = to < 10n ** BigInt(length) ? to : 10n ** BigInt(length) - 1n;
    return { from: from.toString().padStart(length, "0"), to: last.toString().padStart(length, "0") };
  });

describe("ranges of DNs", () => {
  it("have as many numbers as rangeSize says, all of one length, rising, and all within", () => {
    fc.assert(
      fc.property(range, (dns) => {
        const numbers = [...rangeNumbers(dns)];
        expect(BigInt(numbers.length)).toBe(rangeSize(dns));
        expect(numbers).toStrictEqual([...new Set(numbers)].sort());
        expect(numbers.every((number) => inRange(number, dns))).toBe(true);
      }),
    );
  });

  it("come back from a file digit by digit", () => {
    fc.assert(
      fc.property(range, ({ from, to }) => {
        const text = `host: {address: 192.0.2.1}\ngenesys: {servers: [{host: 192.0.2.2}]}\nmonitor: {range: '${from}-${to}'}\nprobeDn: '123456789'\n`;
        fc.pre(!inRange("123456789", { from, to }));
        expect(load(text).environment.monitor.range).toStrictEqual({ from, to });
      }),
    );
  });
});

describe("the distance of words", () => {
  const word = fc.string({ maxLength: 12 });
  it("is zero for equal words, symmetric, and bounded by the longer one", () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(editDistance(a, a)).toBe(0);
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
        expect(editDistance(a, b) === 0).toBe(a === b);
      }),
    );
  });

  it.each([
    ["kitten", "sitting", 3],
    ["host", "hots", 1],
    ["", "abc", 3],
    ["port", "ports", 1],
  ])("%s, %s: %d", (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
  });

  it("names the nearest of several, and none that is far", () => {
    expect(nearest("sip_port", ["httpPort", "sipPort", "amiPort"])).toBe("sipPort");
    expect(nearest("dn", ["dns", "rtp"])).toBe("dns");
    expect(nearest("username", ["port", "address"])).toBeUndefined();
    expect(nearest("x", [])).toBeUndefined();
  });
});
