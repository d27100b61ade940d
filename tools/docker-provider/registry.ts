import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import { connect as tlsConnect } from "node:tls";

const HOST = "registry.terraform.io";
const PATH = "/.well-known/terraform.json";
const DEADLINE = 3_000;
const BODY_LIMIT = 64 * 1024;

/**
 * Whether Terraform could ask the registry for providers: its service discovery answers within the deadline, by the
 * way that HTTPS_PROXY and NO_PROXY prescribe.
 *
 * @param options.deadline milliseconds
 * @param options.ca certificates to trust instead of the system's
 */
export async function registryAnswers(
  env: NodeJS.ProcessEnv,
  options: { readonly deadline?: number; readonly ca?: string } = {},
): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(options.deadline ?? DEADLINE);
    const services = JSON.parse(await discover(env, signal, options.ca));
    return typeof services["providers.v1"] === "string";
  } catch {
    return false;
  }
}

async function discover(env: NodeJS.ProcessEnv, signal: AbortSignal, ca?: string): Promise<string> {
  const proxy = proxyFor(HOST, env);
  const socket = proxy && (await tunnel(proxy, signal));
  return new Promise((resolve, reject) => {
    const request = httpsRequest({
      host: HOST,
      path: PATH,
      signal,
      ca,
      // Node uses createConnection only where no agent is named.
      ...(socket
        ? { createConnection: () => tlsConnect({ socket, servername: HOST, ca }) }
        : { agent: false }),
    });
    request.once("error", reject);
    request.once("response", (response) => {
      if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
      body(response).then(resolve, reject);
    });
    request.end();
  });
}

async function body(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of response) {
    text += chunk;
    if (text.length > BODY_LIMIT) throw new Error("the answer is too long");
  }
  return text;
}

/** The proxy for a host, or undefined: HTTPS_PROXY, unless NO_PROXY names the host or a domain above it. */
export function proxyFor(host: string, env: NodeJS.ProcessEnv): URL | undefined {
  const proxy = env.HTTPS_PROXY || env.https_proxy;
  if (!proxy) return undefined;
  const exempt = (env.NO_PROXY || env.no_proxy || "")
    .split(",")
    .map((entry) =>
      entry
        .trim()
        .toLowerCase()
        .replace(/^\*?\./, "")
        .replace(/:\d+$/, ""),
    )
    .filter(Boolean);
  if (exempt.some((entry) => entry === "*" || host === entry || host.endsWith(`.${entry}`))) return undefined;
  return new URL(/^[a-z0-9]+:\/\//i.test(proxy) ? proxy : `http://${proxy}`);
}

function tunnel(proxy: URL, signal: AbortSignal): Promise<Socket> {
  const credentials = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  const request = (proxy.protocol === "https:" ? httpsRequest : httpRequest)({
    host: proxy.hostname.replace(/^\[|\]$/g, ""),
    port: proxy.port || (proxy.protocol === "https:" ? 443 : 80),
    method: "CONNECT",
    path: `${HOST}:443`,
    headers: {
      Host: `${HOST}:443`,
      ...(proxy.username
        ? { "Proxy-Authorization": `Basic ${Buffer.from(credentials).toString("base64")}` }
        : {}),
    },
    signal,
    agent: false,
  });
  return new Promise((resolve, reject) => {
    request.once("error", reject);
    request.once("connect", (response, socket) => {
      if (response.statusCode === 200) return resolve(socket);
      socket.destroy();
      reject(new Error(`the proxy answers with status ${response.statusCode}`));
    });
    request.end();
  });
}
