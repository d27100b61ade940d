import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { jsonSchemaText } from "./json-schema";

/** Writes environments/schema.json; to be run after every change of the schema. */
writeFileSync(join(__dirname, "..", "environments", "schema.json"), jsonSchemaText());
