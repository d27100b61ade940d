import { Fault, type Path } from "./fault";
import { type Attribute, type Attributes, isBlock, type ResourceName, schemas } from "./schema";
import {
  asList,
  asObject,
  at,
  blocks,
  hasUnknown,
  isZero,
  type State,
  strings,
  text,
  UNKNOWN,
  type Value,
} from "./value";

/** Says what is wrong with a value, or nothing. Values that are unset or unknown are never asked about. */
type Check = (value: Value) => string | undefined;

const pattern =
  (expression: RegExp, right: string): Check =>
  (value) =>
    expression.test(text(value)) ? undefined : `${JSON.stringify(value)} is not right: ${right}`;
const atLeast =
  (least: number): Check =>
  (value) =>
    typeof value === "number" && value < least ? `${value} is below ${least}` : undefined;
const duration = pattern(/^(0|([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$/, "a duration such as 30s or 1m30s");
const base64 = pattern(
  /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
  "standard base64 with padding",
);

/** Checks by resource and by attribute; members of blocks by "block.attribute". */
const checks: Record<string, Record<string, Check>> = {
  docker_container: {
    restart: pattern(/^(no|on-failure|always|unless-stopped)$/, "no, on-failure, always or unless-stopped"),
    memory: atLeast(0),
    memory_swap: atLeast(-1),
    shm_size: atLeast(0),
    cpu_shares: atLeast(0),
    cpu_period: atLeast(0),
    cpu_quota: atLeast(0),
    cpus: pattern(/^[0-9]+(\.[0-9]+)?$/, "a number of CPUs such as 1.5"),
    cpu_set: pattern(/^\d+([,-]\d+)*$/, "CPUs such as 0-2 or 0,1"),
    cgroupns_mode: pattern(/^(private|host)$/, "private or host"),
    command: (value) => (strings(value).includes("") ? "a word of the command is empty" : undefined),
    "mounts.type": pattern(/^(bind|volume|tmpfs)$/, "bind, volume or tmpfs"),
    "mounts.bind_options.propagation": pattern(
      /^(private|rprivate|shared|rshared|slave|rslave)$/,
      "private, rprivate, shared, rshared, slave or rslave",
    ),
    "volumes.host_path": pattern(/^([a-zA-Z]:[\\/]|\/)/, "an absolute path"),
    "upload.content_base64": base64,
    "upload.permissions": pattern(/^0[0-7]{3}$/, "four octal digits such as 0644"),
    "healthcheck.interval": duration,
    "healthcheck.timeout": duration,
    "healthcheck.start_period": duration,
    "healthcheck.start_interval": duration,
    "healthcheck.retries": atLeast(0),
    "ports.protocol": pattern(/^(tcp|udp|sctp)$/, "tcp, udp or sctp"),
  },
  docker_image: {},
  docker_network: {},
  docker_volume: {},
  provider: {},
};

/** Attributes of the real provider that this one can't honour. Setting one is an error, never ignored. */
const unimplemented: Record<string, Record<string, string>> = {
  docker_container: { gpus: "device requests for GPUs" },
  docker_image: {
    "build.builder": "buildx builders",
    "build.secrets": "BuildKit's secrets",
    "build.remote_context": "a remote build context",
    "build.session_id": "BuildKit's sessions",
    "build.build_log_file": "a build log file",
    "build.build_id": "cancelling a build by id",
  },
  docker_network: {},
  docker_volume: {},
  provider: {},
};

/** Every fault of a configuration that can be told without the engine. */
export function validate(name: ResourceName | "provider", config: State): Fault[] {
  const faults: Fault[] = [];
  walk(schemas[name].attributes, config, [], "", (path, key, attribute, value) => {
    const missing = unimplemented[name]?.[key];
    if (missing !== undefined && !isZero(value))
      faults.push(
        new Fault(
          `${key} is not implemented by the built-in Docker provider`,
          `It has no ${missing}. Leave the attribute out, or use kreuzwerker/docker from the registry (WEBRTC_GENESYS_PROVIDER=registry).`,
          path,
        ),
      );
    const problem = hasUnknown(value) || isZero(value) ? undefined : checks[name]?.[key]?.(value);
    if (problem) faults.push(new Fault(`${key} of ${name} is not valid`, problem, path));
    if (attribute.max_items !== undefined && asList(value).length > attribute.max_items)
      faults.push(new Fault(`Too many ${key} blocks`, `At most ${attribute.max_items} can be given.`, path));
    for (const other of attribute.conflicts_with ?? [])
      if (!isZero(value) && !isZero(at(config, other)))
        faults.push(new Fault(`${key} conflicts with ${other}`, "Only one of them can be set.", path));
  });
  return name === "docker_container" ? [...faults, ...containerFaults(config)] : faults;
}

type Visit = (path: Path, key: string, attribute: Attribute, value: Value) => void;

/** Visits every attribute that is there. A member of a set has no index, so its attributes have the set's path. */
function walk(
  attributes: Attributes,
  value: State,
  path: Path,
  prefix: string,
  visit: Visit,
  inSet = false,
): void {
  for (const [name, attribute] of Object.entries(attributes)) {
    const item = at(value, name);
    const here = inSet ? path : [...path, name];
    visit(here, prefix + name, attribute, item);
    const { block } = attribute;
    if (!block || !isBlock(attribute)) continue;
    const below = `${prefix}${name}.`;
    if (attribute.type === "single") walk(block, asObject(item), here, below, visit, inSet);
    else
      blocks(item).forEach((member, index) => {
        const isSet = inSet || attribute.type === "set";
        walk(block, member, isSet ? here : [...here, index], below, visit, isSet);
      });
  }
}

function containerFaults(config: State): Fault[] {
  const faults: Fault[] = [];
  for (const upload of blocks(config.upload)) {
    const sources = [upload.content, upload.content_base64, upload.source];
    if (sources.includes(UNKNOWN)) continue;
    // An empty `content` is a file without content; only a source that is left out doesn't count.
    const given = sources.filter((source) => source !== null && source !== undefined);
    if (given.length !== 1)
      faults.push(
        new Fault(
          `upload of ${text(upload.file)} needs exactly one source`,
          `${given.length} of content, content_base64 and source are set.`,
          ["upload"],
        ),
      );
  }
  for (const volume of blocks(config.volumes)) {
    if ([volume.from_container, volume.container_path].includes(UNKNOWN)) continue;
    const [from, path] = [text(volume.from_container), text(volume.container_path)];
    if ((from === "") === (path === ""))
      faults.push(
        new Fault(
          "A volumes block needs either container_path or from_container",
          from ? "Both are set." : "Neither is set.",
          ["volumes"],
        ),
      );
  }
  const waits = config.attach === true && config.start !== false;
  if (waits && (config.must_run === null || config.must_run === true))
    faults.push(
      new Fault(
        "attach needs must_run = false",
        "attach waits for the container's process to end, and a container that must run may not end.",
        ["must_run"],
      ),
    );
  return faults;
}
