import { z } from "zod";
import { environmentFile } from "./schema";

/**
 * environments/schema.json: what an environment file may say, as JSON Schema draft 7, which editors know best. It
 * completes and checks keys and values; checks across values are the loader's.
 */
export function jsonSchema(): z.core.JSONSchema.BaseSchema {
  const { $schema, ...schema } = z.toJSONSchema(environmentFile, { io: "input", target: "draft-07" });
  return { $schema, title: "Environment of webrtc-genesys", ...schema };
}

/** The file's text: the same for the same schema. */
export function jsonSchemaText(): string {
  return `${JSON.stringify(jsonSchema(), null, 2)}\n`;
}
