import { schemas } from "../../../tools/docker-provider/schema";
import { validate } from "../../../tools/docker-provider/validate";
import { type State, UNKNOWN } from "../../../tools/docker-provider/value";
import { complete } from "../../../tools/docker-provider/wire";

const container = (given: State) =>
  validate(
    "docker_container",
    complete(schemas.docker_container.attributes, { name: "c", image: "i", ...given }),
  );
const image = (given: State) =>
  validate("docker_image", complete(schemas.docker_image.attributes, { name: "i", ...given }));

describe("validate", () => {
  it("accepts a container with everything in order", () => {
    expect(
      container({
        restart: "unless-stopped",
        healthcheck: [{ test: ["CMD", "true"], interval: "1m30s", timeout: "500ms" }],
        upload: [
          { file: "/a", content: "" },
          { file: "/b", content_base64: "aGk=", permissions: "0600" },
        ],
        volumes: [{ container_path: "/d", host_path: "/h" }],
        mounts: [{ type: "bind", target: "/t", bind_options: [{ propagation: "rshared" }] }],
        attach: true,
        must_run: false,
      }),
    ).toStrictEqual([]);
  });

  it.each<[State, (string | number)[], RegExp]>([
    [{ restart: "sometimes" }, ["restart"], /"sometimes".*on-failure/],
    [{ memory: -1 }, ["memory"], /-1 is below 0/],
    [{ cpu_set: "a" }, ["cpu_set"], /0-2/],
    [{ command: ["a", ""] }, ["command"], /empty/],
    [{ healthcheck: [{ test: ["a"], interval: "soon" }] }, ["healthcheck", 0, "interval"], /"soon"/],
    [{ ports: [{ internal: 80 }, { internal: 81, protocol: "icmp" }] }, ["ports", 1, "protocol"], /"icmp"/],
    [{ mounts: [{ type: "nfs", target: "/t" }] }, ["mounts"], /"nfs"/],
    [
      { mounts: [{ type: "bind", target: "/t", bind_options: [{ propagation: "x" }] }] },
      ["mounts"],
      /rslave/,
    ],
    [{ volumes: [{ container_path: "/d", host_path: "h" }] }, ["volumes"], /absolute/],
    [{ volumes: [{ read_only: true }] }, ["volumes"], /Neither/],
    [{ upload: [{ file: "/f" }] }, ["upload"], /0 of content/],
    [{ upload: [{ file: "/f", content: "a", source: "b" }] }, ["upload"], /2 of content/],
    [{ upload: [{ file: "/f", content_base64: "%" }] }, ["upload"], /base64/],
    [{ upload: [{ file: "/f", content: "a", permissions: "rwx" }] }, ["upload"], /octal/],
    [{ capabilities: [{ add: ["A"] }, { add: ["B"] }] }, ["capabilities"], /At most 1/],
    [{ attach: true }, ["must_run"], /may not end/],
    [{ gpus: "all" }, ["gpus"], /use kreuzwerker\/docker/],
  ])("says what is wrong with %j", (given, path, message) => {
    const faults = container(given);
    expect(faults).toHaveLength(1);
    expect(faults[0]?.path).toStrictEqual(path);
    expect(faults[0]?.detail).toMatch(message);
  });

  it("reports everything at once", () => {
    expect(container({ restart: "x", memory: -1, gpus: "all" }).map((fault) => fault.path)).toStrictEqual([
      ["gpus"],
      ["memory"],
      ["restart"],
    ]);
  });

  it("asks nothing of values that aren't known yet", () => {
    expect(container({ restart: UNKNOWN, command: [UNKNOWN], upload: UNKNOWN })).toStrictEqual([]);
    expect(container({ upload: [{ file: "/f", content: UNKNOWN }], memory: UNKNOWN })).toStrictEqual([]);
  });

  it.each(["builder", "secrets", "remote_context", "session_id", "build_log_file", "build_id"])(
    "refuses build.%s, which it doesn't implement",
    (name) => {
      const value = name === "secrets" ? [{ id: "s", src: "f" }] : "x";
      const [fault] = image({ build: [{ context: "c", [name]: value }] });
      expect(fault?.path).toStrictEqual(["build"]);
      expect(fault?.summary).toContain(`build.${name} is not implemented`);
    },
  );

  it("refuses pull_triggers beside build", () => {
    expect(image({ build: [{ context: "c" }], pull_triggers: ["a"] })[0]?.summary).toBe(
      "build conflicts with pull_triggers",
    );
  });
});
