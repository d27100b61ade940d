import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "pg";
import type { CallControlConfigInput } from "../../../assets/call-control/src/config";
import type { Environment } from "../../../config";
import { callControlConfig } from "../../../constructs/call-control/call-control";
import { buildContext } from "../../../constructs/service/context";
import { OperatorError } from "../../progress";
import { freePort, memoryOf, PROXY_CORE, startOn, stop } from "../proxy/processes";
import { databaseOf, databasePassword } from "./database";
import { FakeAri } from "./fake-ari";
import type { CallControlSettings } from "./index";

/** Names the rows of the bench, and the service's own look at them. */
export const INSTANCE = "bench";

const READY_DEADLINE = 20_000;

/** What a bench of the service works with. */
export interface Stand {
  readonly ari: FakeAri;
  readonly database: Client;
  /** Bytes that the service holds in memory (PSS). */
  memory(): number;
}

/**
 * The service as its image starts it, between an Asterisk that is simulated and the environment's database. Whatever
 * becomes of `work`, its process and its rows are gone afterwards.
 */
export async function withService<T>(
  environment: Environment,
  settings: CallControlSettings,
  work: (stand: Stand) => Promise<T>,
): Promise<T> {
  const password = databasePassword(environment);
  const database = databaseOf(environment);
  const ari = new FakeAri();
  const directory = mkdtempSync(join(tmpdir(), "webrtc-genesys-call-control-"));
  try {
    await database.connect();
    await expectQuiet(database);
    await removeRows(database);
    const api = await freePort("127.0.0.1");
    const url = `http://127.0.0.1:${await ari.listen()}`;
    const config = configOf(environment, settings, { api, url, password });
    const file = join(directory, "config.json");
    writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
    const log = openSync(join(directory, "log"), "w");
    const server = join(buildContext("call-control", "bench").directory, "server.js");
    const child = startOn(PROXY_CORE, [process.execPath, server, "--config", file], {
      output: log,
      env: { CONTROL_SOCKET: join(directory, "control.sock"), LOG_LEVEL: "info" },
    });
    closeSync(log);
    const { pid } = child;
    try {
      if (pid === undefined) throw new OperatorError("call-control could not be started");
      await ready(api, join(directory, "log"));
      return await work({ ari, database, memory: () => memoryOf([pid]) });
    } finally {
      await stop(child);
    }
  } finally {
    // The service writes what waits while it ends, so rows go last.
    await removeRows(database).catch(() => undefined);
    await database.end().catch(() => undefined);
    await ari.close().catch(() => undefined);
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The environment's own, so that nothing of its rows grows older or younger by the bench. */
function configOf(
  environment: Environment,
  settings: CallControlSettings,
  { api, url, password }: { api: number; url: string; password: string },
): CallControlConfigInput {
  const { jwt: _, ...config } = callControlConfig(environment, settings);
  return {
    ...config,
    ...{ release: "bench", instance: INSTANCE, internalCalls: "genesys", webhooks: [] },
    listen: { address: "127.0.0.1", port: api },
    ari: { ...config.ari, url, password: "bench" },
    database: { ...config.database, password },
    recording: { ...config.recording, signingKey: "bench has no recordings" },
  };
}

/** A second service would take campaigns that run, and recordings that it can't find at its Asterisk, for its own. */
async function expectQuiet(database: Client): Promise<void> {
  const { rows } = await database.query<{ busy: boolean }>(
    `SELECT EXISTS (SELECT FROM call_control.campaigns WHERE state = 'running')
         OR EXISTS (SELECT FROM call_control.recordings WHERE state = 'recording') AS busy`,
  );
  if (rows[0]?.busy) throw new OperatorError("a campaign or a recording runs: the bench would disturb it");
}

async function removeRows(database: Client): Promise<void> {
  await database.query("DELETE FROM call_control.call_log WHERE instance = $1", [INSTANCE]);
}

async function ready(api: number, log: string): Promise<void> {
  for (const until = Date.now() + READY_DEADLINE; Date.now() < until; await sleep(100)) {
    const answer = await fetch(`http://127.0.0.1:${api}/healthz`, {
      signal: AbortSignal.timeout(5_000),
    }).catch(() => undefined);
    if (answer?.ok) return;
  }
  const tail = readFileSync(log, "utf8").slice(-2_000);
  throw new OperatorError(`call-control was not ready within ${READY_DEADLINE / 1_000} s\n${tail}`);
}
