import fc from "fast-check";
import type { Attributes } from "../../../tools/docker-provider/schema";
import { type State, UNKNOWN } from "../../../tools/docker-provider/value";
import { decode, encode } from "../../../tools/docker-provider/wire";

const attributes: Attributes = {
  name: { type: "string", optional: true },
  count: { type: "int", optional: true },
  on: { type: "bool", optional: true },
  args: { type: "list", element: { type: "string" }, optional: true },
  opts: { type: "map", optional: true },
  ports: {
    type: "list",
    optional: true,
    block: { internal: { type: "int", required: true }, ip: { type: "string", optional: true } },
  },
  data: { type: "list", computed: true, block: { ip: { type: "string", computed: true } } },
  timeouts: { type: "single", optional: true, block: { create: { type: "string", optional: true } } },
};

describe("wire", () => {
  it("writes every attribute: null where it is missing, an empty collection for a block", () => {
    expect(decode(attributes, encode(attributes, { name: "x" }))).toStrictEqual({
      name: "x",
      count: null,
      on: null,
      args: null,
      opts: null,
      ports: [],
      data: null,
      timeouts: null,
    });
  });

  it("brings back what was written", () => {
    const text = fc.string();
    const value = fc.record(
      {
        name: fc.option(text),
        count: fc.option(fc.integer()),
        on: fc.option(fc.boolean()),
        args: fc.option(fc.array(text)),
        opts: fc.option(fc.dictionary(fc.stringMatching(/^[a-z]+$/), text, { noNullPrototype: true })),
        ports: fc.array(fc.record({ internal: fc.nat(), ip: fc.option(text) }, { noNullPrototype: true })),
        data: fc.option(fc.array(fc.record({ ip: fc.option(text) }, { noNullPrototype: true }))),
        timeouts: fc.option(fc.record({ create: fc.option(text) }, { noNullPrototype: true })),
      },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(value, (state) => {
        expect(decode(attributes, encode(attributes, state))).toStrictEqual(state);
      }),
      { numRuns: 100 },
    );
  });

  it("writes an unknown value as extension 0 with one byte, as Terraform does", () => {
    const bytes = Buffer.from(encode({ name: { type: "string" } }, { name: UNKNOWN }).msgpack ?? []);
    expect(bytes.toString("hex")).toBe("81a46e616d65d40000");
    expect(decode({ name: { type: "string" } }, { msgpack: bytes })).toStrictEqual({ name: UNKNOWN });
  });

  it("takes an unknown value about which something is known (extension 12) for an unknown one", () => {
    const msgpack = Buffer.from("81a46e616d65c7030c8101c2", "hex");
    expect(decode({ name: { type: "string" } }, { msgpack })).toStrictEqual({ name: UNKNOWN });
  });

  it("keeps unknown values inside blocks and collections", () => {
    const state: State = {
      args: [UNKNOWN, "b"],
      ports: [{ internal: 80, ip: UNKNOWN }],
      opts: { a: UNKNOWN },
    };
    expect(decode(attributes, encode(attributes, state))).toMatchObject(state);
  });

  it("reads a number that Terraform writes as text", () => {
    const msgpack = Buffer.from("81a5636f756e74a53132333435", "hex");
    expect(decode({ count: { type: "int" } }, { msgpack })).toStrictEqual({ count: 12345 });
  });

  it("tells null from an object", () => {
    expect(encode(attributes, null).msgpack).toStrictEqual(Buffer.from([0xc0]));
    expect(decode(attributes, encode(attributes, null))).toBeNull();
  });

  it.each([
    [{ count: "many" }, "count: not a int"],
    [{ args: "a b" }, "args: not a list"],
    [{ ports: [{ internal: true }] }, "ports[0].internal: not a int"],
    [{ opts: ["a"] }, "opts: not a map"],
    [[], "value: not an object"],
  ])("refuses %j with the place", (json, message) => {
    expect(() => decode(attributes, { json: Buffer.from(JSON.stringify(json)) })).toThrow(message);
  });
});
