import { type Attribute, type Attributes, isBlock, type ResourceSchema } from "./schema";
import {
  asList,
  asObject,
  at,
  equivalent,
  isZero,
  mapAttributes,
  type State,
  UNKNOWN,
  type Value,
} from "./value";

/** What a resource adds to the general rules. */
export interface PlanRules {
  /** True where a change replaces the resource although the schema says otherwise, since the engine can't do it. */
  replacing?(attribute: string, prior: Value, planned: Value): boolean;
  /** Brings configured values to the form in which they are kept, before anything is compared. */
  normalise?(config: State, prior: State | null): State;
  /** True where a difference between the prior and the planned value of an attribute means nothing. */
  suppress?(attribute: string, prior: Value, planned: Value): boolean;
  /** Attributes that must be computed anew by replacing the resource, judged by its recorded state alone. */
  broken?(prior: State, planned: State): readonly string[];
}

export interface Plan {
  readonly planned: State;
  /** Top-level attributes whose change can only be had by a new resource. */
  readonly replace: readonly string[];
}

/**
 * What the resource will look like after the apply.
 *
 * @param prior the recorded state, null for a new resource
 */
export function plan(
  schema: ResourceSchema,
  prior: State | null,
  config: State,
  rules: PlanRules = {},
): Plan {
  const { attributes } = schema;
  const wanted = rules.normalise ? rules.normalise(config, prior) : config;
  const planned = planObject(attributes, prior, wanted);
  if (prior === null) return { planned, replace: [] };

  const replace: string[] = [];
  for (const [name, attribute] of Object.entries(attributes)) {
    const before = at(prior, name);
    const after = at(planned, name);
    if (equivalent(attribute, before, after)) continue;
    if (rules.suppress?.(name, before, after)) planned[name] = before;
    else if (rules.replacing?.(name, before, after) || replaces(attribute, before, after)) replace.push(name);
  }
  for (const name of rules.broken?.(prior, planned) ?? []) {
    planned[name] = UNKNOWN;
    replace.push(name);
  }
  return { planned, replace };
}

function planObject(attributes: Attributes, prior: State | null, config: State): State {
  return mapAttributes(attributes, (name, attribute) =>
    planAttribute(attribute, prior === null ? undefined : at(prior, name), at(config, name)),
  );
}

/** @param prior undefined when the object that has this attribute is new */
function planAttribute(attribute: Attribute, prior: Value | undefined, config: Value): Value {
  const planned = wanted(attribute, prior, config);
  return prior !== undefined && equivalent(attribute, prior, planned) ? prior : planned;
}

function wanted(attribute: Attribute, prior: Value | undefined, config: Value): Value {
  if (config === UNKNOWN) return UNKNOWN;
  const unset = config === null || (isBlock(attribute) && Array.isArray(config) && config.length === 0);
  if (unset) {
    if (attribute.default !== undefined) return attribute.default;
    // A block list that the engine may fill in is as unknown as any other computed value.
    if (attribute.computed) return prior === undefined ? UNKNOWN : prior;
    return config;
  }
  const { block } = attribute;
  if (!block || !isBlock(attribute)) return config;
  if (!Array.isArray(config))
    return planObject(block, prior === undefined ? null : asObject(prior), asObject(config));
  const before = attribute.type === "list" ? asList(prior) : [];
  return config.map((item, index) => {
    if (item === UNKNOWN) return UNKNOWN;
    const old = before[index];
    return planObject(block, old === undefined ? null : asObject(old), asObject(item));
  });
}

/** Whether the change of a value forces a replacement, by its own flag or by that of anything inside it. */
function replaces(attribute: Attribute, before: Value, after: Value): boolean {
  if (attribute.force_new) return true;
  const { block } = attribute;
  if (!block || attribute.type === "single") return false;
  const [old, now] = [asList(before), asList(after)];
  if (attribute.type === "set" || old.includes(UNKNOWN) || now.includes(UNKNOWN) || after === UNKNOWN) {
    // A member of a set has no identity but its content: a changed one is one removed and one added.
    return [...old, ...now].some((item) => holdsForceNew(block, asObject(item)));
  }
  return Array.from({ length: Math.max(old.length, now.length) }).some((_, index) => {
    const [a, b] = [asObject(old[index]), asObject(now[index])];
    return Object.entries(block).some(
      ([name, inner]) =>
        !equivalent(inner, at(a, name), at(b, name)) && replaces(inner, at(a, name), at(b, name)),
    );
  });
}

function holdsForceNew(attributes: Attributes, value: State): boolean {
  return Object.entries(attributes).some(([name, attribute]) => {
    const item = at(value, name);
    if (isZero(item)) return false;
    return attribute.force_new || replaces(attribute, null, item);
  });
}
