import { z } from "zod";
import { scopeNames } from "../access/scopes";
import { principalOf, type Routes } from "./route";

const accessSchema = z
  .object({
    name: z.string().meta({ description: "As audit rows have it: `key:<name>` or `jwt:<subject>`." }),
    scopes: z.array(z.string()),
    agent: z.string().nullable().meta({ description: "Its calls are this DN's only; null: anybody's." }),
  })
  .meta({ examples: [{ name: "key:desktop", scopes: ["calls:read", "calls:originate"], agent: "1001" }] });

/** What the key that is sent may do. */
export const accessRoutes: Routes = async (app) => {
  app.get(
    "/telephony/access/",
    {
      config: { scope: "any" },
      schema: {
        summary: "What this key may do",
        tags: ["service"],
        response: { 200: accessSchema },
      },
    },
    async (request) => {
      const { actor, scopes, agent = null } = principalOf(request);
      return { name: actor, scopes: scopeNames.filter((scope) => scopes.has(scope)), agent };
    },
  );
};
