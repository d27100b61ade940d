import { readFileSync } from "node:fs";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { join } from "node:path";
import Docker from "dockerode";
import { Fault } from "../fault";
import { Engine } from "./engine";
import { sshAgent } from "./ssh";

/** How an engine is reached, as the provider block says it. */
export interface Endpoint {
  /** unix:///path, tcp://host:port or ssh://user@host:port. */
  readonly host: string;
  /** Directory with ca.pem, cert.pem and key.pem. */
  readonly certPath?: string;
  /** PEM texts; without `ca` the engine's certificate is not checked, as in the real provider. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** More arguments for ssh. */
  readonly sshOptions?: readonly string[];
}

interface Transport {
  readonly socketPath?: string;
  readonly protocol?: "http" | "https";
  readonly host?: string;
  readonly port?: number;
  readonly agent?: HttpAgent;
}

/** @throws Fault when the endpoint makes no sense or its certificates can't be read */
export function connect(endpoint: Endpoint): Engine {
  const transport = transportOf(endpoint);
  return new Engine(dockerode(transport), endpoint.host, () => transport.agent?.destroy());
}

/**
 * The same engine as a client of dockerode's.
 *
 * @param timeout milliseconds of silence after which a call fails; over ssh, ssh itself says when the line is gone
 * @throws Fault as {@link connect}
 */
export function clientOf(endpoint: Endpoint, timeout: number): Docker {
  return dockerode({ ...transportOf(endpoint), timeout });
}

/** dockerode lets DOCKER_HOST override what it is given; the provider block has been merged with it already. */
function dockerode(transport: Transport & { readonly timeout?: number }): Docker {
  const saved = process.env.DOCKER_HOST;
  delete process.env.DOCKER_HOST;
  try {
    return new Docker(transport as Docker.DockerOptions);
  } finally {
    if (saved !== undefined) process.env.DOCKER_HOST = saved;
  }
}

function transportOf(endpoint: Endpoint): Transport {
  const url = parse(endpoint.host);
  switch (url.protocol) {
    case "unix:":
      return { socketPath: decodeURIComponent(url.pathname), agent: new HttpAgent() };
    case "ssh:":
      // The host name only fills the Host header: the stream goes to wherever ssh leads.
      return {
        protocol: "http",
        host: "docker",
        port: 80,
        agent: sshAgent(url, endpoint.sshOptions ?? []),
      };
    case "tcp:":
    case "http:":
    case "https:": {
      const tls = material(endpoint);
      const secure = tls !== undefined || url.protocol === "https:";
      return {
        protocol: secure ? "https" : "http",
        host: url.hostname.replace(/^\[|\]$/g, ""),
        port: Number(url.port) || (secure ? 2376 : 2375),
        agent: secure
          ? new HttpsAgent({ ...tls, rejectUnauthorized: tls === undefined || tls.ca !== undefined })
          : new HttpAgent(),
      };
    }
    default:
      throw new Fault(
        "The Docker host can't be used",
        `${JSON.stringify(endpoint.host)} is not unix:///path, tcp://host:port or ssh://user@host.`,
        ["host"],
      );
  }
}

function parse(host: string): URL {
  try {
    return new URL(host);
  } catch {
    throw new Fault(
      "The Docker host can't be used",
      `${JSON.stringify(host)} is no address such as unix:///var/run/docker.sock, tcp://host:2376 or ssh://user@host.`,
      ["host"],
    );
  }
}

function material({
  ca,
  cert,
  key,
  certPath,
}: Endpoint): { ca?: string; cert: string; key: string } | undefined {
  if (cert || key) {
    if (!cert || !key)
      throw new Fault("TLS is set up half", "cert_material and key_material must be given together.", [
        cert ? "key_material" : "cert_material",
      ]);
    if (certPath)
      throw new Fault("TLS is set up twice", "Give either cert_path or cert_material and key_material.", [
        "cert_path",
      ]);
    return { ca: ca || undefined, cert, key };
  }
  if (!certPath) return undefined;
  const file = (name: string) => {
    try {
      return readFileSync(join(certPath, name), "utf8");
    } catch (error) {
      throw new Fault("A TLS file can't be read", (error as Error).message, ["cert_path"]);
    }
  };
  return { ca: file("ca.pem"), cert: file("cert.pem"), key: file("key.pem") };
}
