import { upgrade } from "../../../tools/docker-provider/upgrade";

const json = (value: object) => Buffer.from(JSON.stringify(value));

describe("upgrade", () => {
  it("reads a state of today's version as it is", () => {
    const state = upgrade(
      "docker_volume",
      1,
      json({ id: "v", name: "v", labels: [{ label: "a", value: "1" }] }),
      {},
    );
    expect(state).toStrictEqual({
      id: "v",
      name: "v",
      labels: [{ label: "a", value: "1" }],
      driver: null,
      driver_opts: null,
      mountpoint: null,
    });
  });

  it("turns the labels of older versions from a map into blocks, also inside mounts", () => {
    expect(upgrade("docker_network", 0, json({ name: "n", labels: { a: "1" } }), {})).toMatchObject({
      labels: [{ label: "a", value: "1" }],
    });
    const container = { name: "c", mounts: [{ type: "volume", volume_options: [{ labels: { b: "2" } }] }] };
    expect(upgrade("docker_container", 1, json(container), {})).toMatchObject({
      mounts: [{ volume_options: [{ labels: [{ label: "b", value: "2" }] }] }],
    });
  });

  it("drops what the schema doesn't know", () => {
    expect(upgrade("docker_image", 0, json({ name: "i", latest: "sha256:1" }), {})).not.toHaveProperty(
      "latest",
    );
  });

  it("refuses states that it can't read, with the way out", () => {
    expect(() => upgrade("docker_container", 3, json({}), {})).toThrow(/schema version 3.*writes 2/);
    expect(() => upgrade("docker_container", 0, json({}), {})).toThrow(/refresh-only/);
    expect(() => upgrade("docker_volume", 0, undefined, { "labels.%": "0" })).toThrow(
      /before Terraform 0.12/,
    );
  });
});
