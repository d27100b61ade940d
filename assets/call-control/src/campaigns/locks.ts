import { Client, type ClientConfig } from "pg";
import { DatabaseAway } from "../database/database";

/** Of advisory locks: one class for campaigns, and in it a number for each. */
const LOCK_CLASS = 7_340_252;

/** Milliseconds between two looks whether the connection still stands, and for the answer to one. */
const times = { beat: 5_000, answer: 4_000 };

/**
 * Which campaigns this instance dials: one instance at a time does, by an advisory lock of the database. It goes with the
 * connection, so that another instance takes over as soon as this one dies.
 */
export class CampaignLocks {
  readonly #held = new Set<string>();
  #client?: Client;
  #connecting?: Promise<Client>;
  #beat?: NodeJS.Timeout;

  /** @param lost the connection has ended, and all locks with it */
  constructor(
    private readonly options: ClientConfig,
    private readonly lost: (reason: string) => void,
  ) {}

  holds(campaignId: string): boolean {
    return this.#held.has(campaignId);
  }

  /** @returns whether this instance has it now. @throws DatabaseAway */
  async take(campaignId: string): Promise<boolean> {
    if (this.#held.has(campaignId)) return true;
    const away = (error: Error): never => {
      throw new DatabaseAway(error.message, { cause: error });
    };
    const client = this.#client ?? (await this.#connectOnce().catch(away));
    const lock = "SELECT pg_try_advisory_lock($1, hashtext($2)) AS taken";
    const { rows } = await client.query<{ taken: boolean }>(lock, [LOCK_CLASS, campaignId]).catch(away);
    if (rows[0]?.taken !== true || client !== this.#client) return false;
    this.#held.add(campaignId);
    return true;
  }

  async giveUp(campaignId: string): Promise<void> {
    if (!this.#held.delete(campaignId)) return;
    await this.#client?.query("SELECT pg_advisory_unlock($1, hashtext($2))", [LOCK_CLASS, campaignId]);
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#forget();
    await client?.end().catch(() => undefined);
  }

  #connectOnce(): Promise<Client> {
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #connect(): Promise<Client> {
    const client = new Client({
      ...this.options,
      keepAlive: true,
      connectionTimeoutMillis: times.answer,
      query_timeout: times.answer,
      application_name: "call-control campaigns",
    });
    const end = (reason: string) => {
      if (client !== this.#client) return;
      this.#forget();
      client.end().catch(() => undefined);
      this.lost(reason);
    };
    client.on("error", ({ message }) => end(message));
    client.on("end", () => end("the connection was closed"));
    await client.connect();
    this.#client = client;
    // A connection that is dead without having been closed still has its locks here, and soon no more there.
    this.#beat = setInterval(() => {
      client.query("SELECT").catch(({ message }: Error) => end(message));
    }, times.beat);
    return client;
  }

  #forget(): void {
    clearInterval(this.#beat);
    this.#client = undefined;
    this.#held.clear();
  }
}
