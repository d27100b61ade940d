import type { AriClient } from "../../../../lib/ari";
import { within } from "../../../../lib/service";
import type { Query } from "../database/database";

/** What a look at something that the service stands on has found. */
export type Finding =
  | { readonly ok: true; readonly milliseconds: number; readonly says: string }
  | { readonly ok: false; readonly milliseconds: number; readonly error: string };

export type Probe = () => Promise<Finding>;

/** Milliseconds. */
const deadline = 4_000;

/** Asks Asterisk for its version over ARI's REST interface. */
export function asteriskProbe(ari: Pick<AriClient, "asterisk">): Probe {
  return () => find("Asterisk", async () => `Asterisk ${(await ari.asterisk.info()).system.version}`);
}

/** Asks the database for something that its role may only see when the migrations have run. */
export function databaseProbe(query: Query): Probe {
  return () =>
    find("the database", async () => {
      await query("SELECT FROM call_control.call_log LIMIT 1");
      return "PostgreSQL has the schema of call-control";
    });
}

async function find(what: string, ask: () => Promise<string>): Promise<Finding> {
  const started = performance.now();
  const elapsed = () => Math.round((performance.now() - started) * 10) / 10;
  try {
    const says = await within(ask(), deadline, `${what}'s answer`);
    return { ok: true, milliseconds: elapsed(), says };
  } catch (error) {
    return { ok: false, milliseconds: elapsed(), error: (error as Error).message };
  }
}
