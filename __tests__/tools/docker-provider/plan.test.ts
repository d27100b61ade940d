import { plan } from "../../../tools/docker-provider/plan";
import { rules } from "../../../tools/docker-provider/resources/container/rules";
import { schemas } from "../../../tools/docker-provider/schema";
import { type State, UNKNOWN } from "../../../tools/docker-provider/value";
import { complete } from "../../../tools/docker-provider/wire";

const schema = schemas.docker_container;
const config = (given: State): State => complete(schema.attributes, { name: "c", image: "i", ...given });
const create = (given: State) => plan(schema, null, config(given), rules).planned;
/** What the provider records after an apply: the plan, with values for what was unknown. */
const applied = (given: State, observed: State = {}): State => {
  const planned = create(given);
  return Object.fromEntries(
    Object.entries(planned).map(([name, value]) => [
      name,
      value === UNKNOWN ? (observed[name] ?? null) : value,
    ]),
  );
};
const change = (before: State, after: State, observed?: State) =>
  plan(schema, applied(before, observed), config(after), rules);

describe("plan of a new resource", () => {
  it("fills in defaults, also inside blocks", () => {
    const planned = create({ ports: [{ internal: 80 }], upload: [{ file: "/f", content: "x" }] });
    expect(planned).toMatchObject({
      must_run: true,
      restart: "no",
      wait_timeout: 60,
      network_mode: "bridge",
    });
    expect(planned.container_read_refresh_timeout_milliseconds).toBe(15000);
    expect(planned.ports).toStrictEqual([
      { internal: 80, external: UNKNOWN, ip: "0.0.0.0", protocol: "tcp" },
    ]);
    expect(planned.upload).toMatchObject([{ executable: false }]);
  });

  it("leaves computed attributes to the apply and unset ones unset", () => {
    const planned = create({});
    expect(planned).toMatchObject({ id: UNKNOWN, exit_code: UNKNOWN, env: UNKNOWN, healthcheck: UNKNOWN });
    expect(planned).toMatchObject({ user: null, memory: null });
  });

  it("passes unknown values of the configuration on", () => {
    expect(create({ image: UNKNOWN, command: ["a", UNKNOWN] })).toMatchObject({
      image: UNKNOWN,
      command: ["a", UNKNOWN],
    });
  });
});

describe("plan of a change", () => {
  it("is empty when nothing changed", () => {
    const given = {
      command: ["a"],
      ports: [{ internal: 80, external: 8080 }],
      mounts: [{ type: "volume", target: "/d", source: "v" }],
      upload: [{ file: "/f", content: "x" }],
      capabilities: [{ drop: ["ALL"] }],
    };
    const prior = applied(given, { id: "1", env: [], hostname: "h" });
    const { planned, replace } = plan(schema, prior, config(given), rules);
    expect(planned).toStrictEqual(prior);
    expect(replace).toStrictEqual([]);
  });

  it("takes zero values of a state for unset ones, as the real provider writes them", () => {
    const prior = { ...applied({}), memory: 0, cpu_set: "", dns: [], publish_all_ports: false, tmpfs: {} };
    const { planned, replace } = plan(schema, prior, config({}), rules);
    expect(planned).toStrictEqual(prior);
    expect(replace).toStrictEqual([]);
  });

  it("keeps what the engine has set where the configuration says nothing", () => {
    const { planned, replace } = change({}, {}, { hostname: "h", runtime: "runc", shm_size: 64 });
    expect(planned).toMatchObject({ hostname: "h", runtime: "runc", shm_size: 64 });
    expect(replace).toStrictEqual([]);
  });

  it.each<[string, State, State]>([
    ["image", {}, { image: "j" }],
    ["command", { command: ["a"] }, { command: ["b"] }],
    ["env", { env: ["A=1"] }, { env: ["A=2"] }],
    ["upload", { upload: [{ file: "/f", content: "x" }] }, { upload: [{ file: "/f", content: "y" }] }],
    ["mounts", {}, { mounts: [{ type: "tmpfs", target: "/t" }] }],
    ["ports", { ports: [{ internal: 80, external: 1 }] }, { ports: [{ internal: 80, external: 2 }] }],
    ["user", { user: "1" }, { user: "2" }],
    ["labels", { labels: [{ label: "a", value: "1" }] }, { labels: [{ label: "a", value: "2" }] }],
  ])("replaces the container when %s changes", (name, before, after) => {
    expect(change(before, after).replace).toStrictEqual([name]);
  });

  it("replaces it when a value that forces it isn't known yet", () => {
    const { planned, replace } = change({}, { image: UNKNOWN });
    expect(planned.image).toBe(UNKNOWN);
    expect(replace).toStrictEqual(["image"]);
  });

  it("replaces it when an attribute that forces it is removed", () => {
    expect(change({ read_only: true }, {}).replace).toStrictEqual(["read_only"]);
  });

  it.each<[State, State]>([
    [{ memory: 64 }, { memory: 128 }],
    [{ restart: "always" }, {}],
    [{ cpu_shares: 5 }, { cpu_shares: 6 }],
    [{ wait: true }, { wait: false }],
    [{ destroy_grace_seconds: 3 }, {}],
  ])("changes %j to %j in place", (before, after) => {
    const { planned, replace } = change(before, after);
    expect(replace).toStrictEqual([]);
    expect(planned).not.toStrictEqual(applied(before));
  });

  it.each([["healthcheck"], ["init"], ["rm"], ["tmpfs"]])(
    "replaces it for %s, which the engine can't change",
    (name) => {
      const values: Record<string, [State, State]> = {
        healthcheck: [{ healthcheck: [{ test: ["CMD", "a"] }] }, { healthcheck: [{ test: ["CMD", "b"] }] }],
        init: [{ init: true }, { init: false }],
        rm: [{ rm: true }, {}],
        tmpfs: [{}, { tmpfs: { "/tmp": "size=1m" } }],
      };
      const [before, after] = values[name] ?? [{}, {}];
      expect(change(before, after).replace).toStrictEqual([name]);
    },
  );

  it("replaces it to lift a limit, which the engine can only change", () => {
    expect(change({ memory: 64 }, {}).replace).toStrictEqual(["memory"]);
    expect(change({ cpu_shares: 5 }, { cpu_shares: 0 }).replace).toStrictEqual(["cpu_shares"]);
  });

  it("compares sets without order and lists with it", () => {
    const uploads = [
      { file: "/a", content: "x" },
      { file: "/b", content: "y" },
    ];
    expect(change({ upload: uploads }, { upload: [...uploads].reverse() }).replace).toStrictEqual([]);
    expect(change({ command: ["a", "b"] }, { command: ["b", "a"] }).replace).toStrictEqual(["command"]);
  });

  it.each<[string, State, State]>([
    [
      "an order of ports",
      {
        ports: [
          { internal: 1, external: 1 },
          { internal: 2, external: 2 },
        ],
      },
      {
        ports: [
          { internal: 2, external: 2 },
          { internal: 1, external: 1 },
        ],
      },
    ],
    [
      "an empty ip of a port",
      { ports: [{ internal: 1, external: 1 }] },
      { ports: [{ internal: 1, external: 1, ip: "" }] },
    ],
    [
      "the prefix of a capability",
      { capabilities: [{ add: ["CAP_CHOWN"], drop: ["ALL"] }] },
      { capabilities: [{ add: ["CHOWN"], drop: ["all"] }] },
    ],
    [
      "the notation of a duration",
      { healthcheck: [{ test: ["a"], interval: "1m30s" }] },
      { healthcheck: [{ test: ["a"], interval: "90s" }] },
    ],
    ["a user that is left to the image", { user: "root" }, { user: "" }],
    ["a working directory that is left to the image", { working_dir: "/" }, {}],
  ])("makes nothing of %s", (_, before, after) => {
    const { planned, replace } = change(before, after);
    expect(replace).toStrictEqual([]);
    expect(planned).toStrictEqual(applied(before));
  });

  it("makes a container again that must run and has ended", () => {
    const prior = { ...applied({}), exit_code: 137 };
    const { planned, replace } = plan(schema, prior, config({}), rules);
    expect(replace).toStrictEqual(["exit_code"]);
    expect(planned.exit_code).toBe(UNKNOWN);
  });

  it.each<State>([{ must_run: false }, { start: false }])("leaves an ended one alone with %j", (given) => {
    expect(plan(schema, { ...applied(given), exit_code: 0 }, config(given), rules).replace).toStrictEqual([]);
  });

  it("replaces an image when its build changes, and changes keep_locally in place", () => {
    const image = schemas.docker_image;
    const given = (build: State, more: State = {}) =>
      complete(image.attributes, { name: "n", build: [{ context: "c", ...build }], ...more });
    const prior = plan(image, null, given({})).planned;
    expect(plan(image, prior, given({ build_args: { A: "1" } })).replace).toStrictEqual(["build"]);
    // A member of a set is another one as soon as anything in it differs.
    expect(plan(image, prior, given({ tag: ["n:2"] })).replace).toStrictEqual(["build"]);
    expect(plan(image, prior, given({}, { triggers: { hash: "1" } })).replace).toStrictEqual(["triggers"]);
    expect(plan(image, prior, given({}, { keep_locally: true })).replace).toStrictEqual([]);
  });
});
