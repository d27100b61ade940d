import {
  type Attributes,
  isBlock,
  schemas,
  toProtocol,
  typeExpression,
} from "../../../tools/docker-provider/schema";

const { docker_container, docker_image, docker_network, docker_volume, provider } = schemas;

interface Block {
  attributes: { name: string; type: Buffer; required: boolean; optional: boolean; computed: boolean }[];
  block_types: { type_name: string; nesting: string; max_items: number; block: Block }[];
}

const protocol = (name: keyof typeof schemas) =>
  toProtocol(schemas[name]) as { version: number; block: Block };
const attribute = (block: Block, name: string) => block.attributes.find((item) => item.name === name);
const nested = (block: Block, name: string) => block.block_types.find((item) => item.type_name === name);

describe("schema", () => {
  it("has the versions under which kreuzwerker/docker 3.6.2 writes its states", () => {
    expect(
      Object.fromEntries(Object.entries(schemas).map(([name, { version }]) => [name, version])),
    ).toStrictEqual({
      provider: 0,
      docker_container: 2,
      docker_image: 0,
      docker_network: 1,
      docker_volume: 1,
    });
  });

  it("gives every resource an id", () => {
    for (const { attributes } of [docker_container, docker_image, docker_network, docker_volume])
      expect(attributes.id).toMatchObject({ type: "string", computed: true });
  });

  it("maps simple types", () => {
    expect(typeExpression({ type: "int" })).toBe("number");
    expect(typeExpression({ type: "float" })).toBe("number");
    expect(typeExpression({ type: "bool" })).toBe("bool");
    expect(typeExpression({ type: "map" })).toStrictEqual(["map", "string"]);
    expect(typeExpression({ type: "set", element: { type: "string" } })).toStrictEqual(["set", "string"]);
    expect(typeExpression({ type: "list", element: { type: "int" } })).toStrictEqual(["list", "number"]);
  });

  it("makes an optional collection of objects a nested block", () => {
    const { block } = protocol("docker_container");
    expect(nested(block, "upload")).toMatchObject({ nesting: "SET", max_items: 0 });
    expect(nested(block, "healthcheck")).toMatchObject({ nesting: "LIST", max_items: 1 });
    expect(nested(protocol("docker_image").block, "timeouts")).toMatchObject({ nesting: "SINGLE" });
    expect(attribute(block, "upload")).toBeUndefined();
  });

  it("makes a collection that only the provider sets an attribute", () => {
    const { block } = protocol("docker_container");
    expect(nested(block, "network_data")).toBeUndefined();
    const type = JSON.parse(attribute(block, "network_data")?.type.toString() ?? "null");
    expect(type[0]).toBe("list");
    expect(type[1][0]).toBe("object");
    expect(type[1][1]).toHaveProperty("ip_prefix_length", "number");
  });

  it("has labels as blocks of label and value wherever they stand", () => {
    const found: string[] = [];
    const look = (attributes: Attributes, path: string) => {
      for (const [name, item] of Object.entries(attributes)) {
        if (name === "labels" && item.type === "set") {
          found.push(path + name);
          expect(Object.keys(item.block ?? {})).toStrictEqual(["label", "value"]);
        }
        if (item.block) look(item.block, `${path}${name}.`);
      }
    };
    for (const [name, { attributes }] of Object.entries(schemas)) look(attributes, `${name}.`);
    expect(found).toStrictEqual([
      "docker_container.labels",
      "docker_container.mounts.volume_options.labels",
      "docker_network.labels",
      "docker_volume.labels",
    ]);
  });

  it("lets the provider's host be left out, since the environment has a value for it", () => {
    expect(provider.attributes.host).toMatchObject({ optional: true });
    expect(provider.attributes.host?.required).toBeUndefined();
  });

  it("holds no default that is not a value", () => {
    const look = (attributes: Attributes) => {
      for (const item of Object.values(attributes)) {
        if (item.default !== undefined) {
          const kind = item.type === "int" ? "number" : item.type === "bool" ? "boolean" : "string";
          expect(typeof item.default).toBe(kind);
        }
        if (item.block) look(item.block);
      }
    };
    for (const { attributes } of Object.values(schemas)) look(attributes);
  });

  it("keeps required, optional and computed apart", () => {
    const { block } = protocol("docker_container");
    expect(attribute(block, "name")).toMatchObject({ required: true, optional: false, computed: false });
    expect(attribute(block, "env")).toMatchObject({ required: false, optional: true, computed: true });
    expect(attribute(block, "exit_code")).toMatchObject({ required: false, optional: false, computed: true });
    expect(isBlock(docker_container.attributes.env ?? { type: "set" })).toBe(false);
  });
});
