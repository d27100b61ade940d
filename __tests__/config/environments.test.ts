import { join } from "node:path";
import { loadEnvironments } from "../../config";

const loaded = loadEnvironments(join(__dirname, "..", "..", "environments"), {});
const named = (name: string) => {
  const found = loaded.find(({ environment }) => environment.name === name);
  if (found === undefined) throw new Error(`no environment ${name}`);
  return found;
};

it("the environments load without a warning", () => {
  expect(loaded.flatMap(({ warnings }) => warnings)).toStrictEqual([]);
});

it("local keeps to loopback, with the simulator in place of Genesys", () => {
  const { environment } = named("local");
  expect(environment).toMatchObject({
    forwardingMode: "static",
    host: { address: "127.0.0.1" },
    docker: { host: "unix:///var/run/docker.sock" },
    genesys: {
      simulator: true,
      servers: [
        { host: "127.0.0.2", port: 5060, transport: "udp" },
        { host: "127.0.0.3", port: 5060, transport: "udp" },
      ],
    },
    dns: [{ number: "1002" }, { number: "1003" }],
    nginx: { address: "127.0.0.1", port: 8443, httpPort: 8081, tls: { selfSigned: true } },
    asterisk: { sipAddress: "127.0.0.1", sipPort: 5060, httpPort: 8088, amiPort: 5038 },
    sipProxy: { address: "127.0.0.1", port: 8080, apiPort: 8082 },
    monitor: { address: "127.0.0.1", port: 8091, range: { from: "1000", to: "5020" } },
    postgres: { port: 5432 },
    simulatorPort: 8090,
    images: { source: "build" },
    secrets: { directory: ".secrets/local" },
  });
});

it("production is the site", () => {
  const { environment } = named("production");
  expect(environment).toMatchObject({
    forwardingMode: "static",
    host: { address: "192.168.210.54", publicAddress: "103.167.180.166" },
    docker: { host: "ssh://root@192.168.210.54" },
    genesys: {
      simulator: false,
      servers: [{ host: "192.168.210.81", port: 5060, transport: "udp" }],
      registration: { expires: 600, retryInterval: 10, forbiddenRetryInterval: 10 },
    },
    dns: [{ number: "1002" }, { number: "1003" }],
    monitor: { range: { from: "1000", to: "5020" } },
    nginx: { address: "192.168.210.54", port: 8443, tls: { selfSigned: false } },
    rtp: { from: 10000, to: 20000 },
    images: { source: "registry", prefix: "registry.example.com/webrtc-genesys" },
    secrets: { directory: "/etc/webrtc-genesys/secrets" },
  });
});
