import { renderNginxFiles } from "../../../constructs/nginx/render";

const props = {
  address: "192.0.2.1",
  port: 8443,
  httpPort: 8081,
  drainSeconds: 43_200,
  upstream: { host: "127.0.0.1", port: 8088 },
  phone: { talkEvents: true, autoAnswerHeaders: false, embedOrigins: [] },
  monitor: { host: "127.0.0.1", port: 8091 },
};
const without = renderNginxFiles(props)["nginx.conf"] ?? "";
const conf =
  renderNginxFiles({ ...props, callControl: { host: "127.0.0.9", port: 8083 } })["nginx.conf"] ?? "";

/** What stands between the braces of a location. */
function bodyOf(location: string): string {
  const start = conf.indexOf(`location ${location} {`);
  expect(start).toBeGreaterThan(0);
  let depth = 0;
  for (let end = conf.indexOf(" {", start) + 1; end < conf.length; end++) {
    if (conf[end] === "{") depth++;
    // The braces of a regular expression are quoted and come in pairs.
    if (conf[end] === "}" && --depth === 0) return conf.slice(start, end);
  }
  throw new Error(`${location} is not closed`);
}

it("is not there without call-control", () => {
  expect(without).not.toMatch(/api|calls|without_query/);
});

it("adds lines only: nothing else of nginx changes with it", () => {
  const rest = without.split("\n");
  for (const line of conf.split("\n")) if (line === rest[0]) rest.shift();
  expect(rest).toStrictEqual([]);
});

it("strips /api, and leaves /calls as it is", () => {
  expect(bodyOf("/api/")).toContain("proxy_pass http://127.0.0.9:8083/;");
  expect(bodyOf("/calls/")).toContain("proxy_pass http://127.0.0.9:8083;");
  expect(bodyOf("= /calls")).toContain("return 301 /calls/;");
});

it.each(["/api/", "/calls/"])("of %s bounds what one address asks for, and says who it is", (location) => {
  const body = bodyOf(location);
  for (const line of [
    "limit_req zone=api burst=200 nodelay;",
    "limit_conn api_requests 500;",
    "proxy_set_header X-Forwarded-For $remote_addr;",
    "proxy_max_temp_file_size 0;",
    "proxy_read_timeout 60s;",
    "access_log /dev/stdout without_query;",
  ])
    expect(body).toContain(line);
  // The key passes: call-control is who checks it.
  expect(body).not.toContain("Authorization");
});

it("takes more than 64 KiB for a campaign's leads only", () => {
  expect(conf.match(/client_max_body_size .*/g)).toStrictEqual([
    "client_max_body_size 64k;",
    "client_max_body_size 2m;",
  ]);
  expect(bodyOf('~ "^/api/telephony/campaigns/[^/]{1,64}/leads/?$"')).toContain("client_max_body_size 2m;");
});

it("logs no query", () => {
  expect(/log_format without_query '(.*)'/.exec(conf)?.[1]).not.toMatch(/\$request[" ]|\$request_uri|\$args/);
});
