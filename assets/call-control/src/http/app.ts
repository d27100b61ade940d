import fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type RouteOptions,
} from "fastify";
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import type { Logger } from "../../../../lib/service";
import type { Access } from "../access/access";
import type { AuditTrail } from "../audit/audit-trail";
import { ApiError, apiErrorOf } from "./errors";
import { registerOpenApi } from "./openapi";
import { isSafe, type Routes } from "./route";

export interface HttpMeter {
  answered(method: string, route: string, status: number, seconds: number): void;
}

export interface ApiOptions {
  readonly access: Pick<Access, "authenticate" | "require">;
  readonly audit: Pick<AuditTrail, "record">;
  readonly meter: HttpMeter;
  readonly log: Logger;
  /** Each group of routes. */
  readonly routes: readonly Routes[];
}

export type Api = FastifyInstance;

/** Bytes of a body, where a route says nothing else. */
const bodyLimit = 64 * 1024;

const headers = {
  "Cache-Control": "no-store",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "X-Frame-Options": "DENY",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
};

/** The HTTP API without a listener. */
export async function buildApi(options: ApiOptions): Promise<Api> {
  const { access, audit, meter, log, routes } = options;
  const app = fastify({
    bodyLimit,
    // nginx has the API below /api/: so it is the same for who asks this service itself, as the page does in both cases.
    rewriteUrl: ({ url = "/" }) => (url.startsWith("/api/") ? url.slice(4) : url),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 200 },
    // X-Forwarded-For counts when nginx sends it.
    trustProxy: "loopback",
    genReqId: () => crypto.randomUUID(),
    exposeHeadRoutes: false,
    // The answer to a request that takes longer is of no use; what handlers wait for has deadlines of its own.
    requestTimeout: 30_000,
    keepAliveTimeout: 65_000,
    forceCloseConnections: "idle",
    frameworkErrors: (error, _request, reply) => void refuse(reply, apiErrorOf(error)),
    http: { maxHeaderSize: 16_384, headersTimeout: 5_000 },
  }).withTypeProvider<ZodTypeProvider>();
  app.server.maxConnections = 1_000;
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.decorateRequest("principal", undefined);
  app.addHook("onRoute", checkRoute);
  app.addHook("onRequest", async (request, reply) => {
    request.audited = { at: new Date(), detail: {} };
    reply.headers({ ...headers, "X-Request-Id": request.id });
    const { open, scope } = request.routeOptions.config;
    if (scope === undefined || open === "everybody" || (open === "loopback" && isLoopback(request.ip)))
      return;
    request.principal = await access.authenticate(request.headers.authorization, request.ip);
    if (scope !== "any") access.require(request.principal, scope);
  });
  app.setErrorHandler((error, request, reply) => {
    const answer = apiErrorOf(error);
    if (answer.status >= 500) {
      log[levelOf(answer)](
        { err: error, request: request.id, route: request.routeOptions.url },
        `${request.method} failed: ${(error as Error).message}`,
      );
    }
    request.audited.code = answer.code;
    request.audited.detail.error = answer.message;
    return refuse(reply, answer);
  });
  app.setNotFoundHandler(({ method }) => {
    throw new ApiError(
      "NOT_FOUND",
      `there is nothing to ${method} at this path: /openapi.json has what there is`,
    );
  });
  app.addHook("onResponse", async (request, reply) => {
    const { config, url = "none" } = request.routeOptions;
    // How long a stream of events was open is no time that an answer took.
    const stream = String(reply.raw.getHeader("content-type")).startsWith("text/event-stream");
    meter.answered(request.method, url, reply.statusCode, stream ? 0 : reply.elapsedTime / 1_000);
    if (config.action !== undefined) audit.record(entryOf(request, config.action, reply.statusCode));
  });
  await registerOpenApi(app);
  for (const group of routes) await app.register(group);
  await app.ready();
  return app;
}

/** That the database is away is said once, by those who write to it. */
function levelOf({ code }: ApiError): "error" | "warn" | "debug" {
  if (code === "INTERNAL") return "error";
  return code === "ASTERISK" ? "warn" : "debug";
}

function refuse(reply: FastifyReply, answer: ApiError): FastifyReply {
  reply.code(answer.status).headers(answer.headers).type("application/json");
  // As text: the schemas of a route's answers don't matter to what went wrong.
  return reply.serializer((body: unknown) => JSON.stringify(body)).send(answer.body());
}

/** A route that forgets who may use it, or to be audited, ends the start. */
function checkRoute({ method, url, config }: RouteOptions): void {
  const { open, scope, action } = config ?? {};
  if (scope === undefined && open !== "everybody") throw new Error(`route ${method} ${url} has no scope`);
  const methods = Array.isArray(method) ? method : [method];
  if (action === undefined && !methods.every(isSafe))
    throw new Error(`route ${method} ${url} has no audit action`);
}

function entryOf(
  request: FastifyRequest,
  action: string,
  status: number,
): Parameters<AuditTrail["record"]>[0] {
  const { at, target, code, detail } = request.audited;
  return {
    at,
    actor: request.principal?.actor ?? "none",
    address: request.ip,
    action,
    ...(target !== undefined && { target }),
    status,
    ...(code !== undefined && { code }),
    detail: { ...detail, request: request.id },
  };
}

function isLoopback(address: string): boolean {
  return /^(::ffff:)?127\./.test(address) || address === "::1";
}
