import { hashOfKey } from "../../../assets/call-control/src/access/api-key";
import { DatabaseAway, type Query } from "../../../assets/call-control/src/database/database";

export interface KeyRow {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly agent?: string;
  readonly expiresAt?: Date;
}

/** The table call_control.api_keys, for the statements that ApiKeys makes. */
export function keyTable() {
  const rows = new Map<string, KeyRow>();
  const statements: string[] = [];
  const state = { away: false };
  const shown = (hash: string) => {
    const row = rows.get(hash);
    if (row === undefined) return [];
    const { name, scopes, agent = null, expiresAt = null } = row;
    return [{ hash, name, scopes, agent, expires_at: expiresAt }];
  };
  const query = async (text: string, [first]: readonly unknown[] = []): Promise<unknown[]> => {
    statements.push(text.replace(/\s+/g, " ").trim());
    if (state.away) throw new DatabaseAway("connect ECONNREFUSED");
    if (text.startsWith("UPDATE")) return [];
    return Array.isArray(first) ? first.flatMap((hash) => shown(String(hash))) : shown(String(first));
  };
  return {
    state,
    statements,
    query: query as unknown as Query,
    add(key: string, row: Partial<KeyRow>): void {
      rows.set(hashOfKey(key).toString("hex"), { name: `name-${rows.size}`, scopes: [], ...row });
    },
    remove(key: string): void {
      rows.delete(hashOfKey(key).toString("hex"));
    },
  };
}
