import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import type { Principal } from "../access/principal";
import type { Scope } from "../access/scopes";
import { ApiError } from "./errors";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What who asks must have, `any`: a key that is good; every route has either this or `open: "everybody"`. */
    readonly scope?: Scope | "any";
    /** `everybody`: no key is needed. `loopback`: none from this host itself, and the scope from elsewhere. */
    readonly open?: "everybody" | "loopback";
    /** What audit rows call it, also when it was refused: `call.originate`. Every route that changes something has one. */
    readonly action?: string;
  }

  interface FastifyRequest {
    /** Who asks; undefined where nobody has to say. */
    principal?: Principal;
    /** What the audit row is to tell beside who and when; handlers add to it. */
    audited: { readonly at: Date; target?: string; code?: string; detail: Record<string, unknown> };
  }
}

/** A group of routes. */
export type Routes = FastifyPluginAsyncZod;

/** Who asks. Only for handlers of routes with a scope that are not open. */
export function principalOf(request: { readonly principal?: Principal }): Principal {
  if (request.principal === undefined) throw new Error("a route without a scope has asked who is there");
  return request.principal;
}

/** Whether a method changes nothing (RFC 9110, 9.2.1). */
export function isSafe(method: string): boolean {
  return method === "GET" || method === "HEAD" || method === "OPTIONS";
}

export function notFound(what: string): ApiError {
  return new ApiError("NOT_FOUND", what);
}
