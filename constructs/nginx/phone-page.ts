import type { PageConfig } from "../../assets/nginx/phone/logic/page-config";

/** Where the image has the bundled page (assets/nginx/Dockerfile). */
const ROOT = "/usr/share/webrtc-genesys/phone";

/**
 * Everything that the page needs comes from its own origin. Nothing inline, no form that leaves the page, and no frame
 * around it but those of `embedOrigins`: the page has a password in memory and a microphone in its hands.
 */
export function phonePageHeaders({ embedOrigins }: Pick<PageConfig, "embedOrigins">): Record<string, string> {
  const ancestors = embedOrigins.length > 0 ? embedOrigins.join(" ") : "'none'";
  return {
    "Content-Security-Policy": [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self'",
      // wss: of the own host is 'self' too (CSP 3, 6.7.2.8).
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "require-trusted-types-for 'script'",
      `frame-ancestors ${ancestors}`,
    ].join("; "),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy":
      "microphone=(self), speaker-selection=(self), autoplay=(self), clipboard-write=(self), camera=(), geolocation=(), display-capture=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    // What embeds the page is named by frame-ancestors; nobody else has a use for its files.
    "Cross-Origin-Resource-Policy": "same-origin",
  };
}

/** The locations of /phone/ in the TLS server. `add_header` in a location replaces the server's own ones. */
export function renderPhonePage(phone: PageConfig, serverHeaders: readonly string[]): string {
  const headers = (cacheControl: string) =>
    [
      ...serverHeaders,
      ...Object.entries({ ...phonePageHeaders(phone), "Cache-Control": cacheControl }).map(
        ([name, value]) => `${name} "${value}" always`,
      ),
    ]
      .map((header) => `            add_header ${header};`)
      .join("\n");
  return `
        location = /phone {
            absolute_redirect off;
            return 301 /phone/;
        }
        location /phone/ {
            alias ${ROOT}/;
            index index.html;
            # Compressed when the image was built.
            gzip_static on;
            gzip_vary on;
${headers("no-cache")}
            # It would be made of the time that the image was built and the size: the hashes in the names are better.
            etag off;
            if_modified_since off;

            location ~ "^/phone/[a-z]+-[A-Z0-9]{8}\\.[a-z]+$" {
                root /usr/share/webrtc-genesys;
${headers("public, max-age=31536000, immutable").replaceAll(/^/gm, "    ")}
            }
        }
        location = /phone/config.json {
            alias /config/current/phone.json;
${headers("no-store")}
        }`;
}
