import { renderNginxFiles } from "../../../constructs/nginx/render";

const props = {
  address: "192.0.2.1",
  port: 8443,
  httpPort: 8081,
  drainSeconds: 43_200,
  upstream: { host: "127.0.0.1", port: 8088 },
  phone: { talkEvents: true, autoAnswerHeaders: false, embedOrigins: [] as string[] },
  monitor: { host: "127.0.0.1", port: 8091 },
};
const conf = (changes: Partial<typeof props> = {}) =>
  renderNginxFiles({ ...props, ...changes })["nginx.conf"] ?? "";

describe("nginx.conf", () => {
  it("sends /ws to the upstream", () => {
    expect(conf()).toContain("upstream sip {\n        server 127.0.0.1:8088;\n    }");
    expect(conf({ upstream: { host: "127.0.0.1", port: 8080 } })).toContain("server 127.0.0.1:8080;");
  });

  it("bounds how long old workers stay for phones' sockets", () => {
    expect(conf({ drainSeconds: 60 })).toContain("\nworker_shutdown_timeout 60s;\n");
  });

  it("differs between upstreams in that line only", () => {
    const [before, after] = [conf(), conf({ upstream: { host: "127.0.0.1", port: 8080 } })].map((text) =>
      text.split("\n"),
    );
    expect(before?.filter((line, at) => line !== after?.[at])).toStrictEqual([
      "        server 127.0.0.1:8088;",
    ]);
  });

  it.each([
    "proxy_set_header Upgrade $http_upgrade;",
    'proxy_set_header Connection "Upgrade";',
    "proxy_set_header X-Real-IP $remote_addr;",
    "proxy_set_header X-Forwarded-For $remote_addr;",
    "proxy_set_header X-Forwarded-Proto $scheme;",
    "proxy_connect_timeout 60s;",
    "proxy_send_timeout 60s;",
    "proxy_read_timeout 86400s;",
  ])("has '%s' for the WebSocket", (line) => {
    expect(conf()).toContain(line);
  });

  it("offers TLS 1.2 and 1.3 with forward secrecy only", () => {
    expect(conf()).toContain("ssl_protocols TLSv1.2 TLSv1.3;");
    const ciphers =
      conf()
        .match(/ssl_ciphers (.*);/)?.[1]
        ?.split(":") ?? [];
    expect(ciphers.length).toBeGreaterThan(0);
    expect(ciphers.filter((cipher) => !cipher.startsWith("ECDHE-"))).toStrictEqual([]);
  });

  it("listens on the environment's address only", () => {
    expect(conf().match(/listen .*/g)).toStrictEqual([
      "listen 192.0.2.1:8081;",
      "listen 192.0.2.1:8443 ssl;",
    ]);
  });

  it("redirects plain HTTP to the TLS port", () => {
    expect(conf()).toContain("return 301 https://$host:8443$request_uri;");
  });

  it("lets nobody see the status page who does not log in, and keeps the password to itself", () => {
    const location = conf().match(/location \/status\/ \{([^}]*)\}/)?.[1] ?? "";
    expect(location).toContain("auth_basic_user_file status.htpasswd;");
    expect(location).toContain("limit_req zone=status ");
    expect(location).toContain("proxy_pass http://127.0.0.1:8091/;");
    expect(location).toContain('proxy_set_header Authorization "";');
    expect(conf().match(/127\.0\.0\.1:8091/g)).toHaveLength(1);
    expect(renderNginxFiles(props)["status.htpasswd"]).toBe("@{secret:status-users}");
  });

  it("takes certificate and key from their secret files", () => {
    expect(renderNginxFiles(props)).toMatchObject({
      "tls/certificate.pem": "@{secret:tls/certificate.pem}",
      "tls/key.pem": "@{secret:tls/key.pem}",
    });
  });
});

describe("the phone page", () => {
  /** Headers of the location that begins with these words. */
  const headersOf = (location: string, embedOrigins: string[] = []) => {
    const text = conf({ phone: { ...props.phone, embedOrigins } });
    const begin = text.indexOf(`location ${location} {`);
    expect(begin).toBeGreaterThan(0);
    const body = text.slice(begin, text.indexOf("}", text.indexOf("{", begin)));
    return Object.fromEntries(
      [...body.matchAll(/add_header (\S+) "(.*)" always;/g)].map(([, name, value]) => [name, value]),
    );
  };

  it("is told what the environment allows", () => {
    expect(JSON.parse(renderNginxFiles(props)["phone.json"] ?? "")).toStrictEqual(props.phone);
    expect(headersOf("= /phone/config.json")["Cache-Control"]).toBe("no-store");
  });

  it("keeps the headers of the whole server, which nginx drops where a location has its own", () => {
    for (const location of ["/phone/", "= /phone/config.json"]) {
      expect(headersOf(location)["Strict-Transport-Security"]).toBe("max-age=63072000");
      expect(headersOf(location)["X-Content-Type-Options"]).toBe("nosniff");
    }
  });

  it("lets nobody frame it unless the environment names them", () => {
    expect(headersOf("/phone/")["Content-Security-Policy"]).toMatch(/; frame-ancestors 'none'$/);
    const origins = ["https://workspace.example.com", "https://other.example:8443"];
    expect(headersOf("/phone/", origins)["Content-Security-Policy"]).toMatch(
      /; frame-ancestors https:\/\/workspace\.example\.com https:\/\/other\.example:8443$/,
    );
  });

  it("allows nothing inline and nothing from elsewhere", () => {
    const policy = headersOf("/phone/")["Content-Security-Policy"] ?? "";
    expect(policy).toMatch(/^default-src 'none'; /);
    expect(policy).not.toMatch(/unsafe|\*|data:|https?:/);
  });

  it("lets browsers keep what has a hash in its name, and nothing else", () => {
    const hashed = '~ "^/phone/[a-z]+-[A-Z0-9]{8}\\.[a-z]+$"';
    expect(conf()).toContain(`location ${hashed} {`);
    expect(conf().match(/immutable/g)).toHaveLength(1);
    expect(headersOf("/phone/")["Cache-Control"]).toBe("no-cache");
  });
});
