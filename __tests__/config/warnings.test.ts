import { SITE, siteLoader, testDirectory } from "./files";

const { warnings } = siteLoader(testDirectory());

function siteWarnings(text: string, variables = {}): string[] {
  return warnings(`${SITE}${text}\n`, variables);
}

it("has none for an ordinary site", () => {
  expect(siteWarnings("dns: [1002, 1003]")).toStrictEqual([]);
});

describe("static mode", () => {
  it("names proxy mode for more than 50 DNs", () => {
    expect(siteWarnings("dns: [1001-1050]")).toStrictEqual([]);
    expect(siteWarnings("dns: [1001-1051]")).toStrictEqual([
      "3:6 dns: has 51 DNs: static mode is for at most 50; with forwardingMode: proxy each is registered only while its phone is",
    ]);
    expect(siteWarnings("dns: [1001-1051]\nforwardingMode: proxy")).toStrictEqual([]);
  });

  it("counts as the variable says", () => {
    expect(siteWarnings("dns: [1001-1051]", { FORWARDING_MODE: "proxy" })).toStrictEqual([]);
    expect(
      siteWarnings("dns: [1001-1051]\nforwardingMode: proxy", { FORWARDING_MODE: "static" }),
    ).toHaveLength(1);
  });

  it("says that no DN means none", () => {
    expect(siteWarnings("comfortNoise: false")).toStrictEqual([
      "1:1 dns: lists no DN, so that static mode registers none at Genesys",
    ]);
    expect(siteWarnings("forwardingMode: proxy")).toStrictEqual([]);
  });
});

it("names DNs that are never forwarded or watched", () => {
  expect(siteWarnings("dns: [1002, 6001-6005]\nforwardingMode: proxy")).toStrictEqual([
    "3:6 dns: has 6001, 6002, 6003 and 2 more outside allowedDns (1000-5020): never registered at Genesys",
    "3:6 dns: has 6001, 6002, 6003 and 2 more outside monitor.range (1000-5020): not watched",
  ]);
  expect(siteWarnings("dns: ['01002']")).toStrictEqual([
    "3:6 dns: has 01002 outside monitor.range (1000-5020): not watched",
  ]);
});

it("names the sysctl for privileged ports", () => {
  expect(siteWarnings("dns: [1002]\nnginx: {port: 443, httpPort: 1024}")).toStrictEqual([
    "4:15 nginx.port: the HTTPS server of nginx is not root, and 192.0.2.1:443 is a privileged port: on the host, set the sysctl net.ipv4.ip_unprivileged_port_start to 443 or lower",
  ]);
});

it("warns of a tag that moves", () => {
  expect(
    siteWarnings("dns: [1002]\nimages: {source: registry, prefix: registry.example.com/a, tag: latest}"),
  ).toStrictEqual(["4:65 images.tag: 'latest' means another image every day: name a release"]);
});
