import { ExtensionCodec, encode as pack, decode as unpack } from "@msgpack/msgpack";
import { type Attribute, type Attributes, isBlock } from "./schema";
import { asObject, type State, UNKNOWN, type Value } from "./value";

const codec = new ExtensionCodec();
// Type 0 is a plain unknown value; type 12 one about which Terraform already knows something ("not null", a prefix).
// Nothing here needs what it knows.
codec.register({
  type: 0,
  encode: (value) => (value === UNKNOWN ? new Uint8Array([0]) : null),
  decode: () => UNKNOWN,
});
codec.register({ type: 12, encode: () => null, decode: () => UNKNOWN });

/** The message `DynamicValue`. */
export interface DynamicValue {
  msgpack?: Uint8Array | null;
  json?: Uint8Array | null;
}

/**
 * A DynamicValue as the value of the given attributes, or null.
 *
 * @throws Error when the bytes are no value of these attributes
 */
export function decode(attributes: Attributes, value: DynamicValue | null | undefined): State | null {
  if (value?.msgpack?.length)
    return objectFrom(attributes, unpack(value.msgpack, { extensionCodec: codec }), "");
  if (value?.json?.length) return objectFrom(attributes, JSON.parse(Buffer.from(value.json).toString()), "");
  return null;
}

/** The value as a DynamicValue; attributes that are missing are null, blocks that are missing are empty. */
export function encode(attributes: Attributes, value: State | null): DynamicValue {
  return {
    msgpack: Buffer.from(
      pack(value === null ? null : complete(attributes, value), {
        extensionCodec: codec,
        ignoreUndefined: true,
      }),
    ),
  };
}

/** The object with exactly the schema's attributes; null becomes an empty collection where a block stands. */
export function complete(attributes: Attributes, value: State): State {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, attribute]) => [
      name,
      completeValue(attribute, value[name] ?? null),
    ]),
  );
}

function completeValue(attribute: Attribute, value: Value): Value {
  if (value === UNKNOWN) return value;
  if (value === null) return isBlock(attribute) && attribute.type !== "single" ? [] : null;
  const { block } = attribute;
  if (!block) return value;
  if (Array.isArray(value))
    return value.map((item) => (item === UNKNOWN ? item : complete(block, asObject(item))));
  return complete(block, asObject(value));
}

/**
 * Reads a JSON or msgpack tree as the given attributes. Members that the schema doesn't know are dropped, as
 * Terraform itself does with a state that an older provider wrote.
 */
export function objectFrom(attributes: Attributes, raw: unknown, path: string): State | null {
  if (raw === null || raw === undefined) return null;
  if (typeof raw !== "object" || Array.isArray(raw)) throw new Error(`${path || "value"}: not an object`);
  const source = raw as Record<string, unknown>;
  return complete(
    attributes,
    Object.fromEntries(
      Object.entries(attributes).map(([name, attribute]) => [
        name,
        valueFrom(attribute, source[name], path ? `${path}.${name}` : name),
      ]),
    ),
  );
}

function valueFrom(attribute: Attribute, raw: unknown, path: string): Value {
  if (raw === null || raw === undefined) return null;
  if (raw === UNKNOWN) return UNKNOWN;
  switch (attribute.type) {
    case "single":
      return objectFrom(attribute.block ?? {}, raw, path);
    case "map": {
      if (typeof raw !== "object" || Array.isArray(raw)) throw new Error(`${path}: not a map`);
      return Object.fromEntries(
        Object.entries(raw).map(([key, item]) => [key, scalarFrom("string", item, `${path}.${key}`)]),
      );
    }
    case "list":
    case "set": {
      if (!Array.isArray(raw)) throw new Error(`${path}: not a ${attribute.type}`);
      return raw.map((item, index) =>
        attribute.block && item !== UNKNOWN
          ? objectFrom(attribute.block, item, `${path}[${index}]`)
          : scalarFrom(attribute.element?.type ?? "string", item, `${path}[${index}]`),
      );
    }
    default:
      return scalarFrom(attribute.type, raw, path);
  }
}

function scalarFrom(type: string, raw: unknown, path: string): Value {
  if (raw === null || raw === undefined) return null;
  if (raw === UNKNOWN) return UNKNOWN;
  const kind = typeof raw;
  if (type === "string" && (kind === "string" || kind === "number" || kind === "boolean")) return String(raw);
  if (type === "bool" && kind === "boolean") return raw as boolean;
  if (type === "int" || type === "float") {
    // Terraform writes a number that fits no machine word as decimal text.
    const number = kind === "number" || kind === "bigint" || kind === "string" ? Number(raw) : Number.NaN;
    if (Number.isFinite(number)) return number;
  }
  throw new Error(`${path}: not a ${type}`);
}
