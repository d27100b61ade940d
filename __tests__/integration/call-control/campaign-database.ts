import type { CallControlConfig } from "../../../assets/call-control/src/config";
import { Database } from "../../../assets/call-control/src/database/database";
import { silent } from "../../assets/call-control/support/world";
import { healthy } from "../asterisk/docker";
import { passwords, ports, Stand } from "../asterisk/stand";

/** Of this suite's own. */
export const ADDRESS = "127.0.84.1";
const PASSWORD = "call-control's";

/** Postgres with the schema of a release, and connections by the role of call-control. */
export class CampaignDatabase {
  readonly stand: Stand;
  readonly #open: Database[] = [];
  readonly settings: CallControlConfig["database"] = {
    host: ADDRESS,
    port: ports.postgres,
    user: "call_control",
    password: PASSWORD,
  };

  constructor(name: string) {
    this.stand = new Stand(`asterisk-test-${name}`, ADDRESS);
  }

  async start(): Promise<void> {
    this.stand.writeSecrets({ ...passwords, "postgres-call-control": PASSWORD });
    await this.stand.prepare("postgres", "database");
    await this.stand.startPostgres();
    const { status, output } = await this.stand.releaseDatabase();
    if (status !== 0) throw new Error(output);
    await this.stand.sql(`ALTER ROLE call_control LOGIN PASSWORD '${PASSWORD.replace("'", "''")}'`);
    await healthy(this.stand.postgres);
  }

  connect(): Database {
    const database = new Database(this.settings, silent);
    this.#open.push(database);
    return database;
  }

  get client(): Database["client"] {
    return { ...this.settings, database: "asterisk" };
  }

  async stop(): Promise<void> {
    await Promise.all(this.#open.map((database) => database.close()));
    await this.stand.remove();
  }
}
