import data from "./schema.json";

/** One attribute or nested block as schema.json describes it. */
export interface Attribute {
  readonly type: "string" | "int" | "float" | "bool" | "list" | "set" | "map" | "single";
  /** Type of the members of a list, set or map of simple values. */
  readonly element?: { readonly type: string };
  /** Attributes of the members of a list or set of blocks, or of a single block. */
  readonly block?: Attributes;
  readonly required?: boolean;
  readonly optional?: boolean;
  readonly computed?: boolean;
  readonly sensitive?: boolean;
  readonly deprecated?: boolean;
  readonly force_new?: boolean;
  readonly default?: string | number | boolean;
  readonly max_items?: number;
  readonly conflicts_with?: readonly string[];
}

export type Attributes = { readonly [name: string]: Attribute };

export interface ResourceSchema {
  /** Version of the state's form; states of older versions are upgraded on reading. */
  readonly version: number;
  readonly attributes: Attributes;
}

export type ResourceName = "docker_container" | "docker_image" | "docker_network" | "docker_volume";

/** Schema of the provider block and of each resource, by name. */
export const schemas = data as unknown as Record<ResourceName | "provider", ResourceSchema>;

/** A collection of objects is a nested block in the language, unless only the provider sets it. */
export function isBlock(attribute: Attribute): boolean {
  return attribute.block !== undefined && !(attribute.computed && !attribute.optional);
}

type TypeExpression = string | [string, TypeExpression] | [string, { [name: string]: TypeExpression }];

/** Terraform's own notation of a type, such as `["set","string"]`. */
export function typeExpression(attribute: Attribute): TypeExpression {
  switch (attribute.type) {
    case "int":
    case "float":
      return "number";
    case "string":
    case "bool":
      return attribute.type;
    case "single":
      return objectType(attribute.block ?? {});
    default:
      return [
        attribute.type,
        attribute.block ? objectType(attribute.block) : simple(attribute.element?.type),
      ];
  }
}

function objectType(attributes: Attributes): TypeExpression {
  return [
    "object",
    Object.fromEntries(Object.entries(attributes).map(([name, item]) => [name, typeExpression(item)])),
  ];
}

function simple(type = "string"): string {
  return type === "int" || type === "float" ? "number" : type;
}

const NESTING = { list: "LIST", set: "SET", single: "SINGLE" } as const;

/** A schema as the message `Schema` of plugin protocol 5. */
export function toProtocol(schema: ResourceSchema): object {
  return { version: schema.version, block: protocolBlock(schema.attributes) };
}

function protocolBlock(attributes: Attributes): object {
  const entries = Object.entries(attributes);
  return {
    attributes: entries
      .filter(([, attribute]) => !isBlock(attribute))
      .map(([name, attribute]) => ({
        name,
        type: Buffer.from(JSON.stringify(typeExpression(attribute))),
        required: attribute.required ?? false,
        optional: attribute.optional ?? false,
        computed: attribute.computed ?? false,
        sensitive: attribute.sensitive ?? false,
        deprecated: attribute.deprecated ?? false,
      })),
    block_types: entries
      .filter(([, attribute]) => isBlock(attribute))
      .map(([name, attribute]) => ({
        type_name: name,
        block: protocolBlock(attribute.block ?? {}),
        nesting: NESTING[attribute.type as keyof typeof NESTING],
        min_items: attribute.required ? 1 : 0,
        max_items: attribute.max_items ?? 0,
      })),
  };
}
