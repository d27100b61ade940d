import type { PlanRules } from "../../plan";
import { blocks, isZero, type State, text, UNKNOWN, type Value } from "../../value";

export const rules: PlanRules = {
  // The schema calls these changeable, but the engine fixes them when it makes the container. The real provider plans
  // a change in place that does nothing, again and again.
  replacing: ["healthcheck", "init", "rm", "tmpfs"],

  normalise: (config) => ({
    ...config,
    ports: Array.isArray(config.ports)
      ? config.ports.map((item) =>
          item === UNKNOWN ? item : { ...(item as State), ip: (item as State).ip || "0.0.0.0" },
        )
      : (config.ports ?? null),
  }),

  suppress(attribute, prior, planned) {
    // An empty user or working directory means the image's own, which is what the container has got.
    if (attribute === "user" || attribute === "working_dir") return isZero(planned);
    if (attribute === "ports") return samePorts(prior, planned);
    return false;
  },

  // A container that must run and has ended is made again; starting it would keep what has become of its files.
  broken: (prior, planned) =>
    planned.must_run === true && prior.must_run !== false && typeof prior.exit_code === "number"
      ? ["exit_code"]
      : [],
};

/** Ports in another order are the same ports. */
function samePorts(a: Value, b: Value): boolean {
  const key = (port: State) =>
    port.external === UNKNOWN
      ? "unknown"
      : `${String(port.internal)}/${text(port.protocol)} ${text(port.ip)}:${String(port.external)}`;
  const [x, y] = [blocks(a).map(key).sort(), blocks(b).map(key).sort()];
  return x.length === y.length && x.every((item, index) => item === y[index] && item !== "unknown");
}
