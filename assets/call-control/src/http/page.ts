import type { PageFile } from "../../../../lib/service";
import type { Routes } from "./route";

const headers = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; media-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
};

/** The page at /calls/. It holds no data: what it shows, it asks the API for with the key that its user gives it. */
export function pageRoutes(page: ReadonlyMap<string, PageFile>): Routes {
  return async (app) => {
    for (const [path, { type, body, immutable }] of page) {
      app.get(
        `/calls${path}`,
        { config: { open: "everybody" }, schema: { hide: true } },
        async (request, reply) => {
          // The page names its files from its own folder.
          const [asked = ""] = request.url.split("?", 1);
          if (path === "/" && !asked.endsWith("/")) return reply.redirect("calls/", 308);
          reply.header("Cache-Control", immutable ? "public, max-age=31536000, immutable" : "no-cache");
          return reply.headers(headers).type(type).send(body);
        },
      );
    }
  };
}
