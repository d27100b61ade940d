import { join } from "node:path";
import { parseArgs } from "node:util";
import { carryOutDns } from "./dns";
import { carryOutKeys } from "./keys";
import { release } from "./release";

/**
 * Without an argument, brings the database to the state that a release wants. With `dns` or `keys`, carries out the
 * request of an operator that comes on stdin (request.ts, key-request.ts).
 *
 * The server is found by PGHOST, PGPORT and PGUSER; by default its socket in /run/control, as `postgres`.
 */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: {
      config: { type: "string", default: "/release/files/dns.json" },
      secrets: { type: "string", default: "/run/secrets" },
      migrations: { type: "string", default: join(__dirname, "migrations") },
    },
    allowPositionals: true,
  });
  const [command, ...rest] = positionals;
  const requests: Record<string, typeof carryOutDns | typeof carryOutKeys> = {
    dns: carryOutDns,
    keys: carryOutKeys,
  };
  if (command === undefined) {
    return release(values, print).catch((error: Error) => {
      throw new Error(`database release failed: ${error.message}`);
    });
  }
  const carryOut = rest.length === 0 && Object.hasOwn(requests, command) ? requests[command] : undefined;
  if (carryOut === undefined)
    throw new Error(`'${positionals.join(" ")}' is no command: dns, keys, or none for a release`);
  print(JSON.stringify(await carryOut(process.stdin)));
  // Whoever asks may leave stdin open.
  process.stdin.destroy();
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

main().catch((error: unknown) => {
  process.stdin.destroy();
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
