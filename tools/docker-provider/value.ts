import type { Attribute, Attributes } from "./schema";

/** Stands for Terraform's "known after apply" wherever a value can stand. */
export const UNKNOWN: unique symbol = Symbol("unknown");

export type Value = null | typeof UNKNOWN | string | number | boolean | Value[] | { [key: string]: Value };

/** A resource's, a block's or the provider's value: one entry per attribute of its schema. */
export type State = { [attribute: string]: Value };

/** True when the value, or anything inside it, is not known yet. */
export function hasUnknown(value: Value): boolean {
  if (value === UNKNOWN) return true;
  if (Array.isArray(value)) return value.some(hasUnknown);
  if (value !== null && typeof value === "object") return Object.values(value).some(hasUnknown);
  return false;
}

/**
 * The provider's SDK keeps no difference between an attribute that is left out and one that holds its type's zero
 * value, and state files hold either. So both compare as equal.
 */
export function isZero(value: Value): boolean {
  if (value === null || value === "" || value === 0 || value === false) return true;
  if (value === UNKNOWN) return false;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === "object" && Object.keys(value).length === 0;
}

/** Whether two values of one attribute mean the same: zero equals unset, sets have no order. */
export function equivalent(attribute: Attribute, a: Value, b: Value): boolean {
  if (a === UNKNOWN || b === UNKNOWN) return false;
  if (isZero(a) && isZero(b)) return true;
  switch (attribute.type) {
    case "single":
      return equivalentObjects(attribute.block ?? {}, asObject(a), asObject(b));
    case "map": {
      const [x, y] = [asObject(a), asObject(b)];
      const keys = new Set([...Object.keys(x), ...Object.keys(y)]);
      return [...keys].every((key) => x[key] === y[key] && x[key] !== UNKNOWN);
    }
    case "list":
    case "set": {
      const [x, y] = [asList(a), asList(b)];
      if (x.length !== y.length) return false;
      const same = (p: Value, q: Value) =>
        attribute.block
          ? equivalentObjects(attribute.block, asObject(p), asObject(q))
          : p === q && p !== UNKNOWN;
      if (attribute.type === "list") return x.every((item, i) => same(item, y[i] ?? null));
      const rest = [...y];
      return x.every((item) => {
        const found = rest.findIndex((other) => same(item, other));
        if (found >= 0) rest.splice(found, 1);
        return found >= 0;
      });
    }
    default:
      return a === b;
  }
}

/** As {@link equivalent}, attribute by attribute. */
export function equivalentObjects(attributes: Attributes, a: State, b: State): boolean {
  return Object.entries(attributes).every(([name, attribute]) =>
    equivalent(attribute, at(a, name), at(b, name)),
  );
}

/** An attribute's value; null when it is missing. */
export function at(state: State, attribute: string): Value {
  return state[attribute] ?? null;
}

/** An object with a value for each of the attributes. */
export function mapAttributes(
  attributes: Attributes,
  value: (name: string, attribute: Attribute) => Value,
): State {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, attribute]) => [name, value(name, attribute)]),
  );
}

/** The value as a list; null and unknown have no members. */
export function asList(value: Value | undefined): Value[] {
  return Array.isArray(value) ? value : [];
}

/** The value as an object; null and unknown have no members. */
export function asObject(value: Value | undefined): State {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? value : {};
}

/** The members of a list or set of blocks. */
export function blocks(value: Value | undefined): State[] {
  return asList(value).map(asObject);
}

/** The members of a list or set of strings; a null member counts as "". */
export function strings(value: Value | undefined): string[] {
  return asList(value).map((item) => (typeof item === "string" ? item : ""));
}

/** A map of strings. */
export function stringMap(value: Value | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(asObject(value)).map(([key, item]) => [key, String(item ?? "")]));
}

/** A string, "" when unset. */
export function text(value: Value | undefined): string {
  return typeof value === "string" ? value : "";
}

/** A number, 0 when unset. */
export function integer(value: Value | undefined): number {
  return typeof value === "number" ? value : 0;
}

/** A blocks' set of labels as the engine takes it. */
export function labels(value: Value | undefined): Record<string, string> {
  return Object.fromEntries(blocks(value).map((item) => [text(item.label), text(item.value)]));
}

/** The engine's labels as a blocks' set. */
export function labelBlocks(value: Record<string, string> | null | undefined): State[] {
  return Object.entries(value ?? {}).map(([label, item]) => ({ label, value: item }));
}
