import type { MonitorConfig } from "./config";
import type { Query } from "./database";

/** A row of Asterisk's ps_contacts. */
export interface Binding {
  readonly uri: string;
  /** ISO 8601 */
  readonly expiresAt?: string;
  readonly userAgent?: string;
  readonly via?: string;
}

/** Rows that are taken at most: twenty for each DN of a range would be a fault elsewhere. */
const maxRows = 200_000;

/** Characters of a user agent, a URI or an address that are shown. */
const maxText = 300;

interface ContactRecord {
  readonly endpoint: string;
  readonly uri: string | null;
  readonly expires: string | null;
  readonly user_agent: string | null;
  readonly via_addr: string | null;
  readonly via_port: number | null;
}

/** Bindings that have not run out, by DN, of the DNs in the range. */
export async function takeBindings(
  query: Query,
  range: MonitorConfig["range"],
): Promise<ReadonlyMap<string, readonly Binding[]>> {
  const rows = await query<ContactRecord>(
    `SELECT endpoint, uri, expiration_time AS expires, user_agent, via_addr, via_port
     FROM ps_contacts
     WHERE length(endpoint) = length($1) AND endpoint COLLATE "C" BETWEEN $1 AND $2
       AND expiration_time > extract(epoch FROM now())
     ORDER BY endpoint, uri LIMIT ${maxRows}`,
    [range.from, range.to],
  );
  const bindings = new Map<string, Binding[]>();
  for (const row of rows) {
    if (row.uri === null) continue;
    const one = bindingOf(row, row.uri);
    const others = bindings.get(row.endpoint);
    if (others === undefined) bindings.set(row.endpoint, [one]);
    else others.push(one);
  }
  return bindings;
}

function bindingOf({ expires, user_agent, via_addr, via_port }: ContactRecord, uri: string): Binding {
  const seconds = Number(expires);
  const via = via_addr ? `${decoded(via_addr)}${via_port ? `:${via_port}` : ""}` : undefined;
  return {
    uri: decoded(uri),
    ...(seconds > 0 && seconds < 1e11 && { expiresAt: new Date(seconds * 1_000).toISOString() }),
    ...(user_agent && { userAgent: decoded(user_agent) }),
    ...(via && { via }),
  };
}

/** Asterisk writes `;` as `^3B`, and `^` itself as `^5E`: a semicolon separates values in its realtime. */
function decoded(text: string): string {
  const whole = text.replace(/\^([0-9A-F]{2})/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
  return whole.slice(0, maxText);
}
