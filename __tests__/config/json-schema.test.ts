import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { jsonSchema, jsonSchemaText } from "../../config/json-schema";
import { SITE } from "./files";

const ENVIRONMENTS = join(__dirname, "..", "..", "environments");

/** What an editor that knows environments/schema.json would say. */
const published = z.fromJSONSchema(
  JSON.parse(readFileSync(join(ENVIRONMENTS, "schema.json"), "utf8")) as z.core.JSONSchema.JSONSchema,
);

function accepts(text: string): boolean {
  return published.safeParse(parse(text)).success;
}

it("is published as it is generated: npm run schema", () => {
  expect(readFileSync(join(ENVIRONMENTS, "schema.json"), "utf8")).toBe(jsonSchemaText());
});

it.each(["local.yaml", "production.yaml"])("accepts environments/%s", (name) => {
  const text = readFileSync(join(ENVIRONMENTS, name), "utf8");
  expect(text.split("\n")[0]).toBe("# yaml-language-server: $schema=./schema.json");
  expect(accepts(text)).toBe(true);
});

it.each([
  "dns: [1002, '0042', 5001-5020, {number: 7, displayName: Ann}]",
  "nginx: {address: '::', tls: {selfSigned: true}}",
  "state: {backend: s3, options: {bucket: b, key: k, endpoints: {s3: x}}}",
  "images: {source: registry, prefix: registry.example.com:5000/a/b, tag: 1.2.0}",
  "callControl: {trunks: [{name: a, host: 192.0.2.9}], dids: [{number: '+31201234567', dn: 1002}]}",
  "docker: {host: 'ssh://deploy@edge.example.com:2222', sshOptions: [-i, key]}",
])("accepts %s", (text) => {
  expect(accepts(SITE + text)).toBe(true);
});

it.each([
  "forwardingMode: kamailio",
  "nginx: {prot: 1}",
  "unknown: 1",
  "nginx: {port: 65536}",
  "nginx: {port: 1.5}",
  "callControl: {allowedPrefixes: ['0031']}",
  "callControl: {address: 192.0.2.1}",
  "codecs: [g729]",
  "codecs: []",
  "dns: [12a]",
  "dns: [{displayName: Ann}]",
  "rtp: 10000",
  "images: {source: registry}",
  "docker: {host: 'http://x'}",
  "asterisk: {internalAddress: 10.0.0.1}",
])("refuses %s", (text) => {
  expect(accepts(SITE + text)).toBe(false);
});

it("describes every key", () => {
  const bare: string[] = [];
  const visit = (schema: z.core.JSONSchema.BaseSchema, path: string) => {
    for (const [key, value] of Object.entries(schema.properties ?? {})) {
      if (typeof value === "boolean") continue;
      // The keyword that tells alternatives apart explains itself.
      if (value.description === undefined && value.const === undefined) bare.push(`${path}.${key}`);
      visit(value, `${path}.${key}`);
    }
    for (const part of [schema.items, schema.anyOf, schema.oneOf].flat()) {
      if (typeof part === "object") visit(part as z.core.JSONSchema.BaseSchema, `${path}[]`);
    }
  };
  visit(jsonSchema(), "");
  expect(bare).toStrictEqual([]);
});
