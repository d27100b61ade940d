import { type Attribute, type Attributes, isBlock, schemas } from "../../docker-provider/schema";
import type { State, Value } from "../../docker-provider/value";
import { complete } from "../../docker-provider/wire";

/** What a review reads of a cdk.tf.json. */
export interface TerraformJson {
  readonly resource: {
    readonly docker_container?: Readonly<Record<string, ResourceJson>>;
    readonly docker_image?: Readonly<Record<string, ResourceJson>>;
    readonly docker_volume?: Readonly<Record<string, ResourceJson>>;
  };
}

export interface ResourceJson {
  readonly "//": { readonly metadata: { readonly path: string } };
  readonly name: string;
  readonly [attribute: string]: unknown;
}

/** Replaces references to other resources' names (`${docker_image.X.name}`) by the names, at any depth. */
export function resolveNames(json: TerraformJson): TerraformJson {
  const resources = json.resource as Readonly<Record<string, Readonly<Record<string, ResourceJson>>>>;
  const named = (text: string) =>
    text.replace(
      /\$\{(docker_[a-z]+)\.([\w-]+)\.name\}/g,
      (whole, type, id) => resources[type]?.[id]?.name ?? whole,
    );
  const walk = (value: unknown): unknown => {
    if (typeof value === "string") return named(value);
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item)]));
  };
  return walk(json) as TerraformJson;
}

/** The container as Terraform hands it to the provider: a single block becomes a list of one. */
export function containerState(resource: ResourceJson): State {
  return blocksAsLists(schemas.docker_container.attributes, resource);
}

function blocksAsLists(attributes: Attributes, value: Readonly<Record<string, unknown>>): State {
  const given = Object.entries(value).filter(([name, item]) => attributes[name] && item !== undefined);
  return complete(
    attributes,
    Object.fromEntries(given.map(([name, item]) => [name, member(attributes[name] as Attribute, item)])),
  );
}

function member(attribute: Attribute, value: unknown): Value {
  const { block } = attribute;
  if (!block || value === null) return value as Value;
  const inner = (item: unknown) => blocksAsLists(block, item as Readonly<Record<string, unknown>>);
  if (Array.isArray(value)) return value.map(inner);
  return isBlock(attribute) && attribute.type !== "single" ? [inner(value)] : inner(value);
}

/** Undoes the escaping of what Terraform would take for a template. */
export function unescapeTemplates(text: string): string {
  return text.replace(/([$%])\1(?=\{)/g, "$1");
}
