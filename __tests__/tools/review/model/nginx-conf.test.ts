import { nginxServers, webPaths, webSocketUpstream } from "../../../../tools/review/model/nginx-conf";

const conf = (servers: string) =>
  `http {\n  # listen 1;\n  upstream sip { server 127.0.0.1:8088; }\n${servers}}\n`;

describe("the servers of nginx.conf", () => {
  it("are its listens, with TLS or without", () => {
    const text = conf(
      "server { listen 192.0.2.1:443 ssl; listen [2001:db8::1]:443 ssl; location / { return 404; } }",
    );
    expect(nginxServers(text)).toStrictEqual([
      { address: "192.0.2.1", port: "443", tls: true, redirects: false },
      { address: "2001:db8::1", port: "443", tls: true, redirects: false },
    ]);
  });

  it("listen on all addresses where none is written", () => {
    const places = nginxServers(
      conf("server { listen 81; } server { listen *:82; } server { listen unix:/run/x; }"),
    );
    expect(places.map(({ address, port }) => `${address}:${port}`)).toStrictEqual([
      "0.0.0.0:81",
      "0.0.0.0:82",
    ]);
  });

  it("redirect when they do nothing else", () => {
    const redirect = "location / { return 301 https://$host:8443$request_uri; }";
    const [only, andMore] = nginxServers(
      conf(
        `server { listen 1.2.3.4:80; ${redirect} } server { listen 1.2.3.4:81; ${redirect} location /ws { proxy_pass http://sip; } }`,
      ),
    );
    expect([only?.redirects, andMore?.redirects]).toStrictEqual([true, false]);
  });
});

describe("where /ws goes", () => {
  it("is the upstream's server", () => {
    expect(webSocketUpstream(conf("server { location = /ws { proxy_pass http://sip/ws; } }"))).toBe(
      "127.0.0.1:8088",
    );
  });

  it("is the address itself where no upstream has that name", () => {
    expect(webSocketUpstream(conf("server { location = /ws { proxy_pass http://127.0.0.1:9/ws; } }"))).toBe(
      "127.0.0.1:9",
    );
  });

  it("is nowhere without the location", () => {
    expect(
      webSocketUpstream(conf("server { location = /other { proxy_pass http://sip; } }")),
    ).toBeUndefined();
  });
});

describe("paths that are passed on", () => {
  it.each<[string, string[]]>([
    ["location = /ws { proxy_pass http://sip/ws; } location /phone/ { alias /x/; }", ["/ws"]],
    [
      "location /api/ { limit_req zone=a; proxy_pass http://x/; location /api/deep/ { proxy_pass http://x; } }",
      ["/api/"],
    ],
    ['location /api/ { location ~ "^/api/[^/]{1,64}$" { proxy_pass http://x; } proxy_pass http://x/; }', []],
    ["location /a/ { return 301 /b/; } # location /c/ { proxy_pass http://x; }", []],
  ])("%s", (body, paths) => {
    expect(webPaths(conf(`server { ${body} }`))).toStrictEqual(paths);
  });
});
