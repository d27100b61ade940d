import { nanoseconds } from "../../duration";
import type { PlanRules } from "../../plan";
import {
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
} from "../../value";

const FIXED = ["healthcheck", "init", "rm", "tmpfs"];
const LIMITS = ["memory", "memory_swap", "cpu_shares", "cpu_set", "cpu_period", "cpu_quota"];

export const rules: PlanRules = {
  // The schema calls these changeable, but the engine fixes them when it makes the container, and can change a limit but
  // not lift it. The real provider plans a change in place that does nothing, again and again.
  replacing: (attribute, _prior, planned) =>
    FIXED.includes(attribute) || (LIMITS.includes(attribute) && isZero(planned)),

  normalise: (config, prior) => ({
    ...config,
    ports: Array.isArray(config.ports)
      ? config.ports.map((item) =>
          item === UNKNOWN ? item : normalPort(asObject(item), blocks(prior?.ports)),
        )
      : at(config, "ports"),
  }),

  suppress(attribute, prior, planned) {
    switch (attribute) {
      // An empty user or working directory means the image's own, which is what the container has got.
      case "user":
      case "working_dir":
        return isZero(planned);
      case "ports":
        return samePorts(prior, planned);
      case "capabilities":
        return sameForm(prior, planned, capabilityNames);
      case "healthcheck":
        return sameForm(prior, planned, checkInNanoseconds);
      default:
        return false;
    }
  },

  // A container that must run and has ended is made again; starting it would keep what has become of its files.
  broken: (prior, planned) =>
    planned.must_run === true && planned.start !== false && typeof prior.exit_code === "number"
      ? ["exit_code"]
      : [],
};

/** An empty address means all. A port that was left to the engine keeps the one that it has got. */
function normalPort(port: State, recorded: State[]): State {
  const ip = port.ip || "0.0.0.0";
  const same = recorded.find(
    (old) => old.internal === port.internal && old.protocol === (port.protocol || "tcp") && old.ip === ip,
  );
  return { ...port, ip, external: port.external || (same ? at(same, "external") : null) };
}

/** Ports in another order are the same ports. */
function samePorts(prior: Value, planned: Value): boolean {
  return sameForm(prior, planned, (value) =>
    blocks(value)
      .map((port) => JSON.stringify([port.internal, port.protocol, port.ip, port.external]))
      .sort(),
  );
}

/** Whether two values are the same in a form that leaves out what doesn't matter. */
function sameForm(prior: Value, planned: Value, form: (value: Value) => unknown): boolean {
  return !hasUnknown(planned) && JSON.stringify(form(prior)) === JSON.stringify(form(planned));
}

/** The engine takes NET_ADMIN and CAP_NET_ADMIN for the same. */
function capabilityNames(value: Value): string[][] {
  const item = blocks(value)[0] ?? {};
  const names = (list: Value) =>
    strings(list)
      .map((name) => name.toUpperCase().replace(/^CAP_/, ""))
      .sort();
  return [names(at(item, "add")), names(at(item, "drop"))];
}

/** 90s and 1m30s are the same. */
function checkInNanoseconds(value: Value): unknown {
  return blocks(value).map((check) => [
    strings(check.test),
    check.retries ?? 0,
    ...["interval", "timeout", "start_period", "start_interval"].map((name) =>
      nanoseconds(text(check[name])),
    ),
  ]);
}
