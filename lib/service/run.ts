import { parseArgs } from "node:util";
import type { z } from "zod";
import { ConfigError, type ReleasedConfig, readConfig } from "./config-file";
import { ControlServer, defaultControlSocket, requestReload, within } from "./control";
import { askHealth } from "./health";
import { ServiceHost, type StartService } from "./host";
import type { Logger } from "./logger";
import { createLogger } from "./logger";

/** `EX_TEMPFAIL`: what a reload hook answers when the service is not running. */
const notRunning = 75;

export interface ServiceDefinition<Config extends ReleasedConfig> {
  readonly name: string;
  readonly schema: z.ZodType<Config>;
  readonly start: StartService<Config>;
  /** The service's own /healthz, as its configuration places it. */
  readonly healthUrl: (config: Config) => string;
  /** Milliseconds for `stop()`; Docker sends SIGKILL 15 s after SIGTERM. @default 10000 */
  readonly stopDeadline?: number;
}

/**
 * A service's whole command line:
 *
 *     node server.js [--config FILE]           runs the service
 *     node server.js --check FILE              prints the faults of a configuration; exit status 0 or 1
 *     node server.js --reload HASH             makes the running service take a release over; 0, 1, 75: not running
 *
 * How the running service is, assets/nodejs/healthcheck asks. Environment: LOG_LEVEL, CONTROL_SOCKET.
 */
export function runService<Config extends ReleasedConfig>(definition: ServiceDefinition<Config>): void {
  const { values } = parseArgs({
    options: {
      config: { type: "string", default: "/config/current/config.json" },
      check: { type: "string" },
      reload: { type: "string" },
    },
  });
  const socket = process.env.CONTROL_SOCKET ?? defaultControlSocket;
  if (values.check !== undefined) process.exitCode = check(values.check, definition);
  else if (values.reload !== undefined) void reload(socket, values.reload);
  else void run(values.config, socket, definition);
}

function check<Config extends ReleasedConfig>(
  file: string,
  { schema }: Pick<ServiceDefinition<Config>, "schema">,
): number {
  try {
    readConfig(file, schema);
    return 0;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const fault of error.faults) console.log(`${error.file}: ${fault}`);
    return 1;
  }
}

async function reload(socket: string, hash: string): Promise<void> {
  const answer = await requestReload(socket, hash);
  if (answer.outcome === "error") console.log(answer.reason);
  process.exitCode = { ok: 0, error: 1, "not-running": notRunning }[answer.outcome];
}

async function run<Config extends ReleasedConfig>(
  file: string,
  socket: string,
  definition: ServiceDefinition<Config>,
): Promise<void> {
  const log = createLogger(definition.name, process.env.LOG_LEVEL);
  const die = (error: unknown) => {
    log.fatal({ err: error }, "the service ends: it cannot go on");
    process.exit(1);
  };
  process.on("uncaughtException", die);
  process.on("unhandledRejection", die);
  const host = new ServiceHost(file, definition.schema, definition.start, log, die);
  let control: ControlServer | undefined;
  stopOnSignal(log, definition.stopDeadline ?? 10_000, async () => {
    await control?.close();
    await host.stop();
  });
  try {
    await host.start();
    control = await ControlServer.listen(socket, {
      reload: (hash) => host.reload(hash),
      health: () => askHealth(definition.healthUrl(readConfig(file, definition.schema))),
    });
  } catch (error) {
    if (!(error instanceof ConfigError)) return die(error);
    for (const fault of error.faults) log.fatal({ file: error.file }, `configuration: ${fault}`);
    process.exit(1);
  }
}

function stopOnSignal(log: Logger, deadline: number, stop: () => Promise<void>): void {
  let stopping = false;
  const onSignal = async (signal: NodeJS.Signals) => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, "stopping");
    try {
      await within(stop(), deadline, "stopping");
      log.info("stopped");
      process.exit(0);
    } catch (error) {
      log.fatal({ err: error }, "not stopped cleanly");
      process.exit(1);
    }
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
}
