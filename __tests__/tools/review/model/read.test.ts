import { placeOf, whoReaches } from "../../../../tools/review/model/reach";
import { resolveNames, unescapeTemplates } from "../../../../tools/review/model/terraform-json";
import { deployment, site } from "../support/deployments";

const proxy = () => deployment(site({ forwardingMode: "proxy" }));

describe("the model of an environment", () => {
  it("has its services, each with its container and its files", () => {
    const { services } = deployment();
    expect(Object.keys(services)).toStrictEqual([
      "asterisk",
      "nginx",
      "nginx-certificate",
      "postgres",
      "registration-monitor",
      "sip-proxy",
    ]);
    expect(services.nginx?.container?.name).toBe("site-nginx");
    expect(services.nginx?.oneShots.map(({ name }) => name)).toStrictEqual(["site-nginx-release"]);
    expect(Object.keys(services.nginx?.files ?? {})).toContain("nginx.conf");
    expect(services.asterisk?.files["extensions.conf"]).toContain("Set(DN=${FILTER(0-9,${EXTEN})})");
  });

  it("has references resolved", () => {
    const { services } = deployment();
    expect(services.asterisk?.container?.attributes.image).toBe(
      "registry.example.com/webrtc-genesys/asterisk:0.1.0",
    );
    expect(JSON.stringify(services)).not.toContain("${docker_");
  });

  it("knows where /ws goes and who registers", () => {
    expect([deployment().webSocketUpstream, proxy().webSocketUpstream]).toStrictEqual([
      "127.0.0.1:8088",
      "127.0.0.1:8080",
    ]);
    expect([deployment().registrations, proxy().registrations]).toStrictEqual([["1002", "1003"], []]);
  });

  it("has every secret file, the DNs' and the probe's among them", () => {
    expect(deployment().secrets).toStrictEqual([
      "ami-monitor",
      "ami-proxy",
      "ari",
      "dn/1002",
      "dn/1003",
      "dn/9999",
      "postgres-asterisk",
      "postgres-monitor",
      "sip-proxy-api",
      "sip-proxy-api-read",
      "status-users",
      "tls/certificate.pem",
      "tls/key.pem",
    ]);
  });

  it("lists what is listened on, by the names that operators know", () => {
    const lines = deployment().listeners.map((one) => `${placeOf(one)} ${one.name}`);
    expect(lines).toStrictEqual([
      "TCP 192.0.2.10:8081 the HTTP server of nginx",
      "TCP 192.0.2.10:8443 the HTTPS server of nginx",
      "TCP 127.0.0.1:8088 the HTTP server of Asterisk",
      "TCP 127.0.0.1:5038 the manager interface of Asterisk",
      "UDP and TCP 127.0.0.1:5060 the SIP trunk of Asterisk",
      "UDP 0.0.0.0:10000-20000 media of Asterisk",
      "TCP 127.0.0.1:5432 PostgreSQL",
      "TCP 127.0.0.1:8091 the status page of registration-monitor",
      "UDP and TCP 192.0.2.10:5070 the relay's side towards Genesys",
      "UDP and TCP 127.0.0.4:5070 the relay's side towards Asterisk",
      "TCP 127.0.0.1:8082 the HTTP API of sip-proxy",
    ]);
  });

  it("has the WebSocket edge in proxy mode only", () => {
    const names = (one = deployment()) => one.listeners.map(({ name }) => name);
    expect(names(proxy())).toContain("the WebSocket edge of sip-proxy");
    expect(names()).not.toContain("the WebSocket edge of sip-proxy");
  });
});

describe("Terraform's JSON", () => {
  const metadata = { metadata: { path: "p" } };

  it("keeps a reference that leads nowhere", () => {
    const json = {
      resource: { docker_container: { c: { "//": metadata, name: "c", image: "${docker_image.x.name}" } } },
    };
    expect(resolveNames(json).resource.docker_container?.c?.image).toBe("${docker_image.x.name}");
  });

  it("has templates that were escaped", () => {
    expect(unescapeTemplates("$${EXTEN} %%{x} $$ ${y}")).toBe("${EXTEN} %{x} $$ ${y}");
  });
});

describe("who reaches an address", () => {
  it.each([
    ["127.0.0.4", "the host itself only"],
    ["::1", "the host itself only"],
    ["0:0:0:0:0:0:0:1", "the host itself only"],
    ["0.0.0.0", "whoever reaches any address of the host"],
    ["::", "whoever reaches any address of the host"],
    ["192.0.2.10", "whoever reaches 192.0.2.10"],
  ])("%s: %s", (address, who) => expect(whoReaches(address)).toBe(who));
});
