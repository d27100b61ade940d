import { z } from "zod";
import { isScope, scopeNames } from "../../../../assets/call-control/src/access/scopes";
import { TestApi } from "../api";

interface Schema {
  readonly $ref?: string;
  readonly examples?: readonly unknown[];
}

interface Operation {
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly { readonly bearer?: readonly string[] }[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema: Schema;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Record<string, { schema: Schema }> }>
  >;
}

interface Document {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly securitySchemes: Readonly<Record<string, unknown>>;
  };
}

let test: TestApi;
let document: Document;
let operations: readonly (readonly [string, Operation])[];

beforeAll(async () => {
  test = await TestApi.start();
  document = (await test.app.inject({ url: "/openapi.json" })).json();
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const,
    ),
  );
});

afterAll(() => test.stop());

it("is of OpenAPI 3.1, and says where the API is and what scopes there are", () => {
  expect(document).toMatchObject({
    openapi: "3.1.0",
    info: { title: "Call control", version: "1" },
    servers: [{ url: "/api" }],
    components: { securitySchemes: { bearer: { type: "http", scheme: "bearer" } } },
  });
  for (const scope of scopeNames) expect(document.info.description).toContain(`\`${scope}\``);
});

it("has every route, with the scope that it needs", () => {
  const scopes = operations.map(([name, { security = [] }]) => [name, security[0]?.bearer?.join() ?? "-"]);
  const documented = Object.fromEntries(scopes);
  expect(documented).toMatchObject({
    "GET /openapi.json": "-",
    "GET /healthz": "server:read",
    "GET /metrics": "server:read",
    "GET /telephony/access/": "",
    "POST /telephony/calls/originate/": "calls:originate",
    "POST /telephony/calls/hangup/": "calls:control",
    "POST /telephony/calls/transfer/": "calls:control",
    "POST /telephony/calls/{id}/transfer/complete/": "calls:control",
    "POST /telephony/calls/{id}/transfer/cancel/": "calls:control",
    "POST /telephony/calls/{id}/hold/": "calls:control",
    "POST /telephony/calls/{id}/resume/": "calls:control",
    "POST /telephony/calls/{id}/dtmf/": "calls:control",
    "GET /telephony/calls/": "calls:read",
    "GET /telephony/calls/live/": "calls:read",
    "GET /telephony/calls/{id}/": "calls:read",
    "POST /telephony/calls/{id}/recording/": "recordings:write",
    "DELETE /telephony/calls/{id}/recording/": "recordings:write",
    "GET /telephony/calls/{id}/recordings/": "recordings:read",
    "GET /telephony/recordings/{id}/url/": "recordings:read",
    "GET /telephony/recordings/{id}/audio": "-",
    "GET /telephony/server/test": "server:read",
    "GET /telephony/events/": "calls:read",
    "GET /telephony/audit/": "audit:read",
    "POST /telephony/campaigns/": "campaigns:write",
  });
  // Routes are found in the tree of the router, too: none is hidden but the page's files.
  const routes = test.app.printRoutes({ commonPrefix: false, method: "POST" });
  expect(operations.filter(([name]) => name.startsWith("POST")).length).toBe(
    routes.match(/\(POST\)/g)?.length,
  );
});

it("describes each route: what for, who may, what comes back, and the one shape of errors", () => {
  const faults: string[] = [];
  for (const [name, { summary, tags, security, responses }] of operations) {
    if (!summary) faults.push(`${name} has no summary`);
    if (tags?.length !== 1) faults.push(`${name} has no tag of its own`);
    if (security === undefined) faults.push(`${name} does not say who may`);
    const statuses = Object.keys(responses);
    if (!statuses.some((status) => /^2\d\d$/.test(status))) faults.push(`${name} never succeeds`);
    for (const scope of security?.[0]?.bearer ?? [])
      if (!isScope(scope)) faults.push(`${name}: scope ${scope}`);
    if (security?.length && !["401", "403", "429"].every((status) => statuses.includes(status))) {
      faults.push(`${name} refuses nobody`);
    }
    for (const [status, { content, description }] of Object.entries(responses)) {
      if (!description || description === "Default Response") faults.push(`${name} ${status} has no words`);
      const schema = content?.["application/json"]?.schema;
      const isError = Number(status) >= 400 && !(name === "GET /healthz" && status === "503");
      if (isError && schema?.$ref !== "#/components/schemas/Error")
        faults.push(`${name} ${status} has another shape`);
    }
  }
  expect(faults).toStrictEqual([]);
});

it("declares each parameter of a path", () => {
  for (const [name, { parameters = [] }] of operations) {
    const inPath = [...name.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter);
    const declared = parameters.filter(({ in: where, required }) => where === "path" && required);
    expect([name, declared.map(({ name: parameter }) => parameter).sort()]).toStrictEqual([
      name,
      inPath.sort(),
    ]);
  }
});

it("refers to nothing that is not there", () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, to = ""]) => to);
  expect(references.length).toBeGreaterThan(50);
  for (const to of new Set(references)) {
    const [, name = ""] = /^#\/components\/schemas\/(\w+)$/.exec(to) ?? [];
    expect(Object.keys(document.components.schemas)).toContain(name);
  }
});

it("has examples that are what the schemas say", () => {
  const definitions = document.components.schemas;
  const faults: string[] = [];
  let checked = 0;
  const check = (place: string, schema: Schema, example: unknown) => {
    const text = JSON.stringify({ ...schema, $defs: definitions });
    const converted = z.fromJSONSchema(JSON.parse(text.replaceAll("#/components/schemas/", "#/$defs/")));
    const result = converted.safeParse(example);
    if (!result.success) faults.push(`${place}: ${result.error.message}`);
    checked++;
  };
  /** OpenAPI has examples in schemas, and beside them. */
  const visit = (node: unknown, place: string): void => {
    if (typeof node !== "object" || node === null) return;
    const { schema, example, examples } = node as { schema?: Schema; example?: unknown; examples?: unknown };
    if (schema !== undefined && example !== undefined) check(place, schema, example);
    if (Array.isArray(examples)) for (const each of examples) check(place, node as Schema, each);
    for (const [key, inner] of Object.entries(node)) {
      if (key !== "example" && key !== "examples") visit(inner, `${place}/${key}`);
    }
  };
  visit(document.paths, "");
  visit(definitions, "schemas");
  expect(faults).toStrictEqual([]);
  expect(checked).toBeGreaterThan(30);
});
