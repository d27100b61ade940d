import { existsSync, readFileSync } from "node:fs";
import { Client } from "pg";
import type { Environment } from "../../../config";
import { OperatorError } from "../../progress";
import { secretPath } from "../../secrets";

/** Of the role call_control. */
export function databasePassword(environment: Environment): string {
  const path = secretPath(environment, "postgres-call-control");
  if (path === undefined || !existsSync(path)) {
    throw new OperatorError("the secret postgres-call-control is not on this machine: ./bin/up makes it");
  }
  return readFileSync(path, "utf8").trim();
}

/** The environment's database by the role call_control; not connected yet. */
export function databaseOf(environment: Environment): Client {
  const { address: host, port } = environment.postgres;
  const client = new Client({
    ...{ host, port, user: "call_control", password: databasePassword(environment), database: "asterisk" },
    ...{ application_name: "bench", connectionTimeoutMillis: 5_000, query_timeout: 10_000 },
  });
  // Whoever waits for an answer is told; without a listener the loss would end the bench before it has tidied up.
  client.on("error", () => {});
  return client;
}
