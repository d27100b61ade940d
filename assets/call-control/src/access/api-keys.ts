import { DatabaseAway, type Query } from "../database/database";
import { hashOfKey } from "./api-key";
import type { Principal } from "./principal";
import { isScope, type Scope } from "./scopes";

export interface ApiKeyLimits {
  /** Milliseconds between two looks at the keys in use: so late a key that was taken away is refused. */
  readonly refresh: number;
  /** Milliseconds for which keys that were known stay good while the database can't be asked. */
  readonly outage: number;
  /** Milliseconds without use, after which a key is looked up again. */
  readonly idle: number;
  /** Milliseconds between two notes that a key was used. */
  readonly note: number;
  /** Keys that are kept in mind. */
  readonly known: number;
}

const defaultLimits: ApiKeyLimits = {
  refresh: 2_000,
  outage: 300_000,
  idle: 600_000,
  note: 60_000,
  known: 1_000,
};

interface Row {
  readonly hash: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly agent: string | null;
  readonly expires_at: Date | null;
}

interface Known {
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
  readonly agent?: string;
  readonly expiresAt: number;
  usedAt: number;
  /** When its use was last written down. */
  notedAt: number;
}

const COLUMNS = "encode(key_hash, 'hex') AS hash, name, scopes, agent, expires_at";

/**
 * The API keys of `call_control.api_keys`. One that is used is kept in mind, and all that are in mind are looked at
 * together every few seconds, so that no request but a key's first waits for the database.
 */
export class ApiKeys {
  /** By the hex of the hash; the one that was used longest ago first. */
  readonly #known = new Map<string, Known>();
  readonly #lookups = new Map<string, Promise<Known | undefined>>();
  /** When the known keys were last seen in the database. */
  #confirmedAt = 0;
  #timer?: NodeJS.Timeout;
  #stopped = false;

  constructor(
    private readonly query: Query,
    private readonly limits: ApiKeyLimits = defaultLimits,
    private readonly now: () => number = Date.now,
  ) {}

  start(): void {
    this.#timer = setTimeout(() => void this.#look(), this.limits.refresh);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** The key's holder when the key is in mind, without asking anybody. @throws DatabaseAway */
  recall(key: string): Principal | undefined {
    const hash = hashOfKey(key).toString("hex");
    return this.#principal(hash, this.#use(hash));
  }

  /** The key's holder; undefined: there is no such key, or it has expired. @throws DatabaseAway */
  async find(key: string): Promise<Principal | undefined> {
    const hash = hashOfKey(key).toString("hex");
    return this.#principal(hash, this.#use(hash) ?? (await this.#lookUp(hash)));
  }

  #principal(hash: string, known: Known | undefined): Principal | undefined {
    if (known === undefined || known.expiresAt <= this.now()) return undefined;
    const { name, scopes, agent } = known;
    return {
      actor: `key:${name}`,
      scopes,
      ...(agent !== undefined && { agent }),
      isValid: () => this.#isValid(hash),
    };
  }

  #isValid(hash: string): boolean {
    try {
      return (this.#use(hash)?.expiresAt ?? 0) > this.now();
    } catch {
      return false;
    }
  }

  #use(hash: string): Known | undefined {
    const known = this.#known.get(hash);
    if (known === undefined) return undefined;
    if (this.now() - this.#confirmedAt > this.limits.outage) {
      throw new DatabaseAway(`keys could not be looked at for ${Math.round(this.limits.outage / 1_000)} s`);
    }
    known.usedAt = this.now();
    this.#known.delete(hash);
    this.#known.set(hash, known);
    return known;
  }

  /** One statement, however many requests wait for the same key. */
  #lookUp(hash: string): Promise<Known | undefined> {
    const running = this.#lookups.get(hash);
    if (running !== undefined) return running;
    const lookup = this.#ask(hash).finally(() => this.#lookups.delete(hash));
    this.#lookups.set(hash, lookup);
    return lookup;
  }

  async #ask(hash: string): Promise<Known | undefined> {
    const asked = this.now();
    const [row] = await this.query<Row>(
      `SELECT ${COLUMNS} FROM call_control.api_keys WHERE key_hash = decode($1, 'hex')`,
      [hash],
    );
    if (row === undefined) return undefined;
    // The other keys in mind have not been looked at by this.
    if (this.#known.size === 0) this.#confirmedAt = asked;
    const known = { ...readRow(row), usedAt: this.now(), notedAt: 0 };
    this.#known.set(hash, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > this.limits.known && oldest !== undefined) this.#known.delete(oldest);
    return known;
  }

  async #look(): Promise<void> {
    for (const [hash, { usedAt }] of this.#known) {
      if (usedAt < this.now() - this.limits.idle) this.#known.delete(hash);
    }
    try {
      if (this.#known.size > 0) await this.#refresh();
    } catch {
      // The keys stay as they are until `outage` has passed. That the database is away is said elsewhere.
    }
    if (!this.#stopped) this.start();
  }

  async #refresh(): Promise<void> {
    const asked = this.now();
    const hashes = [...this.#known.keys()];
    const rows = await this.query<Row>(
      `SELECT ${COLUMNS} FROM call_control.api_keys
       WHERE key_hash IN (SELECT decode(hash, 'hex') FROM unnest($1::text[]) AS hash)`,
      [hashes],
    );
    const found = new Map(rows.map((row) => [row.hash, row]));
    for (const hash of hashes) {
      const known = this.#known.get(hash);
      const row = found.get(hash);
      if (row === undefined) this.#known.delete(hash);
      else if (known !== undefined) Object.assign(known, { agent: undefined }, readRow(row));
    }
    this.#confirmedAt = asked;
    await this.#note();
  }

  async #note(): Promise<void> {
    const due = [...this.#known.values()].filter(
      ({ usedAt, notedAt }) => usedAt > notedAt && this.now() - notedAt >= this.limits.note,
    );
    if (due.length === 0) return;
    for (const known of due) known.notedAt = this.now();
    await this.query(
      `UPDATE call_control.api_keys SET last_used_at = used.at
       FROM jsonb_to_recordset($1::jsonb) AS used (name text, at timestamptz) WHERE api_keys.name = used.name`,
      [JSON.stringify(due.map(({ name, usedAt }) => ({ name, at: new Date(usedAt).toISOString() })))],
    );
  }
}

function readRow({ name, scopes, agent, expires_at }: Row): Omit<Known, "usedAt" | "notedAt"> {
  return {
    name,
    // A scope of a later release is of no use here.
    scopes: new Set(scopes.filter(isScope)),
    ...(agent !== null && { agent }),
    expiresAt: expires_at?.getTime() ?? Number.POSITIVE_INFINITY,
  };
}
