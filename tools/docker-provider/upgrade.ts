import { Fault } from "./fault";
import { type ResourceName, schemas } from "./schema";
import type { State } from "./value";
import { objectFrom } from "./wire";

type Json = Record<string, unknown>;

/**
 * A recorded state in today's form.
 *
 * Labels were a map once (docker_container 1, docker_network and docker_volume 0) and are a set of blocks now.
 *
 * @throws Fault for a state that is newer than the schema, or older than what can be read
 */
export function upgrade(
  name: ResourceName,
  version: number,
  json: Uint8Array | undefined,
  flatmap: Record<string, string> | undefined,
): State | null {
  const schema = schemas[name];
  if (!json?.length) {
    if (flatmap && Object.keys(flatmap).length > 0) throw tooOld(name, "from before Terraform 0.12");
    return null;
  }
  if (version > schema.version)
    throw new Fault(
      `The state of this ${name} is newer than the provider`,
      `It has schema version ${version}, this provider writes ${schema.version} (kreuzwerker/docker 3.6.2). Use the provider release that wrote it.`,
    );
  if (name === "docker_container" && version < 1) throw tooOld(name, `of schema version ${version}`);
  const raw = JSON.parse(Buffer.from(json).toString()) as Json;
  return objectFrom(schema.attributes, version < schema.version ? withLabelBlocks(raw) : raw, "");
}

function tooOld(name: string, what: string): Fault {
  return new Fault(
    `The state of this ${name} is too old`,
    `It is ${what}. Run \`terraform apply -refresh-only\` once with kreuzwerker/docker 3.6.2 from the registry.`,
  );
}

/** The object with every `labels` map in it, at any depth, as a list of blocks. */
function withLabelBlocks(raw: Json): Json {
  return Object.fromEntries(
    Object.entries(raw).map(([name, value]) => {
      if (name === "labels" && isMap(value))
        return [name, Object.entries(value).map(([label, item]) => ({ label, value: String(item) }))];
      if (Array.isArray(value))
        return [name, value.map((item) => (isMap(item) ? withLabelBlocks(item) : item))];
      return [name, value];
    }),
  );
}

function isMap(value: unknown): value is Json {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
