import swagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";
import { z } from "zod";
import { scopes } from "../access/scopes";
import { errorSchema } from "./errors";

const description = `Calls that an Asterisk of webrtc-genesys controls: originate, hang up, transfer, hold, record, and campaigns.

Every request carries an API key or a token: \`Authorization: Bearer <key>\`. What a key may do is told by its scopes:

${Object.entries(scopes)
  .map(([name, words]) => `- \`${name}\`: ${words}`)
  .join("\n")}

A key that belongs to an agent sees and changes only the calls in which its DN speaks.
Paths are good with and without a slash at their end. Times are ISO 8601, numbers DNs or E.164.`;

/** What any route with a scope may answer beside its own. */
const refusals = { 401: errorSchema, 403: errorSchema, 429: errorSchema, 500: errorSchema, 503: errorSchema };

/** Collects the OpenAPI document (3.1) of all routes that are registered after it, and serves it. */
export async function registerOpenApi(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Call control", version: "1", description },
      servers: [{ url: "/api", description: "through nginx, and at the service itself" }],
      components: {
        securitySchemes: {
          bearer: {
            type: "http",
            scheme: "bearer",
            description: "An API key, or a JWT of the issuer that the environment names.",
          },
        },
      },
      tags: [],
    },
    transform: (route) => {
      const { open, scope } = (route.route.config ?? {}) as { open?: string; scope?: string };
      const { schema } = route;
      if (schema === undefined || schema.hide) return jsonSchemaTransform(route);
      const response = { ...(scope && refusals), ...(schema.response as object) };
      // OpenAPI 3.1 lets any scheme name what is needed beside it.
      const security =
        open === "everybody" || scope === undefined ? [] : [{ bearer: scope === "any" ? [] : [scope] }];
      return jsonSchemaTransform({ ...route, schema: { ...schema, response, security } });
    },
    transformObject: jsonSchemaTransformObject,
  });
  app.get(
    "/openapi.json",
    {
      config: { open: "everybody" },
      schema: {
        summary: "This document",
        tags: ["service"],
        response: { 200: z.record(z.string(), z.unknown()).describe("OpenAPI 3.1") },
      },
    },
    async () => app.swagger(),
  );
}
