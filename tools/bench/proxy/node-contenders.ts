import type { ChildProcess } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { SipProxyConfigInput } from "../../../assets/sip-proxy/src/config";
import { buildContext } from "../../../constructs/service/context";
import { OperatorError } from "../../progress";
import type { Contender, Running } from "./contender";
import type { FieldPorts } from "./field";
import { freePort, listening, PROXY_CORE, startOn, stop } from "./processes";

/** REGISTERs a second that Genesys gets at most: so many that the proxy waits for nothing. */
const UNBOUNDED = 100_000;

/** The yardstick. @param script bundled bare-tunnel.ts */
export function bareTunnel(script: string): Contender {
  return {
    name: "bare tunnel in Node",
    async start(field: FieldPorts): Promise<Running> {
      const port = await freePort("127.0.0.1");
      const args = [port, field.ws, field.genesys].map(String);
      const child = startOn(PROXY_CORE, [process.execPath, script, ...args], { output: "inherit" });
      return running(child, port, "the bare tunnel", () => undefined);
    },
  };
}

export interface SipProxyOptions {
  /** REGISTERs a second to Genesys. @default as many as there are */
  readonly rate?: number;
  readonly port?: number;
  /** Port at 127.0.0.1 where the relay listens for Genesys. */
  readonly trunk?: number;
  /** Options of Node.js itself. */
  readonly nodeOptions?: readonly string[];
}

/** sip-proxy with everything that it does, its log too, which goes to a file. */
export function sipProxy(options: SipProxyOptions = {}): Contender {
  return {
    name: "this proxy",
    async start(field: FieldPorts): Promise<Running> {
      const { directory: context } = buildContext("sip-proxy", "bench");
      const directory = mkdtempSync(join(tmpdir(), "webrtc-genesys-sip-proxy-"));
      const port = options.port ?? (await freePort("127.0.0.1"));
      const api = await freePort("127.0.0.1");
      const trunk = options.trunk ?? (await freePort("127.0.0.1"));
      const file = join(directory, "config.json");
      writeFileSync(file, JSON.stringify(configOf(field, port, api, trunk, options.rate)));
      const log = openSync(join(directory, "log"), "w");
      const [...command] = entrypointOf(context);
      command.splice(1, 0, ...(options.nodeOptions ?? []));
      command.push("--config", file);
      const child = startOn(PROXY_CORE, command, {
        output: log,
        env: { CONTROL_SOCKET: join(directory, "control.sock"), LOG_LEVEL: process.env.LOG_LEVEL ?? "info" },
      });
      closeSync(log);
      const clean = () => rmSync(directory, { recursive: true, force: true });
      try {
        const proxy = await running(child, port, "sip-proxy", clean);
        await ready(api);
        return proxy;
      } catch (error) {
        const tail = readFileSync(join(directory, "log"), "utf8").slice(-2_000);
        await stop(child);
        clean();
        throw new OperatorError(`${(error as Error).message}\n${tail}`);
      }
    },
  };
}

/** As the image starts it, with the options of Node.js that stand there. */
function entrypointOf(context: string): string[] {
  const dockerfile = readFileSync(join(context, "Dockerfile"), "utf8");
  const [node, ...args] = JSON.parse(/^ENTRYPOINT (\[.*\])$/m.exec(dockerfile)?.[1] ?? "[]") as string[];
  if (node !== "node") throw new OperatorError(`${context}/Dockerfile does not start node`);
  return [
    process.execPath,
    ...args.map((arg) => (arg === "/app/server.js" ? join(context, "server.js") : arg)),
  ];
}

function configOf(
  field: FieldPorts,
  port: number,
  api: number,
  trunk: number,
  rate = UNBOUNDED,
): SipProxyConfigInput {
  return {
    release: "bench",
    // A phone of the bench does in a second what others do in a day.
    edge: { port, limits: { messagesPerSecond: 100_000 } },
    asterisk: { url: `ws://127.0.0.1:${field.ws}/ws` },
    ami: { port: field.ami, secret: "bench" },
    genesys: {
      servers: [{ host: "127.0.0.2", port: field.genesys }],
      rate,
      burst: Math.max(1, Math.ceil(rate / 10)),
      localAddress: "127.0.0.1",
    },
    trunk: { host: "127.0.0.1" },
    allowedDns: [{ from: "10000", to: "99999" }],
    api: { port: api },
    relay: {
      genesysSide: { address: "127.0.0.1", port: trunk },
      asteriskSide: { port: trunk },
      asterisk: { address: "127.0.0.1", port: field.trunk },
    },
  };
}

async function running(child: ChildProcess, port: number, name: string, clean: () => void): Promise<Running> {
  if (child.pid === undefined) throw new OperatorError(`${name} could not be started`);
  await listening("127.0.0.1", port, name);
  return {
    pids: [child.pid],
    port,
    stop: async () => {
      await stop(child);
      clean();
    },
  };
}

/** Waits until sip-proxy reports ready: Asterisk's manager and Genesys answer. */
async function ready(api: number): Promise<void> {
  for (const until = Date.now() + 20_000; Date.now() < until; await sleep(100)) {
    const answer = await fetch(`http://127.0.0.1:${api}/healthz`).catch(() => undefined);
    if (answer?.ok) return;
  }
  throw new OperatorError("sip-proxy was not ready within 20 s");
}
