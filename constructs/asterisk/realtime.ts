import { renderConf } from "./conf";
import type { AsteriskFilesProps } from "./props";

/** The section of res_odbc.conf, the DSN of odbc.ini, and the login role. */
const DATABASE = "asterisk";

/** Types of objects that the database holds beside pjsip.conf, and its tables. */
const TABLES = { endpoint: "ps_endpoints", aor: "ps_aors", auth: "ps_auths" } as const;

/**
 * Where Asterisk finds its objects: phones in Postgres, the trunk in pjsip.conf.
 *
 * Contacts are in Postgres only, so that they outlive the container and others can read them.
 */
export function renderRealtimeFiles({
  postgres,
}: Pick<AsteriskFilesProps, "postgres">): Record<string, string> {
  const both = Object.entries(TABLES).map(([type, table]) => [
    type,
    [`config,pjsip.conf,criteria=type=${type}`, `realtime,${table}`],
  ]);
  return {
    "sorcery.conf": renderConf([
      {
        name: "res_pjsip",
        options: { ...Object.fromEntries(both), contact: "realtime,ps_contacts" },
        comment: "The first source that has an object of a name wins.",
      },
    ]),
    "extconfig.conf": renderConf([
      {
        name: "settings",
        options: Object.fromEntries(
          [...Object.values(TABLES), "ps_contacts"].map((table) => [table, `odbc,${DATABASE}`]),
        ),
      },
    ]),
    "res_odbc.conf": renderConf([
      {
        name: DATABASE,
        options: {
          enabled: true,
          dsn: DATABASE,
          username: DATABASE,
          password: { secret: "postgres-asterisk" },
          "pre-connect": true,
          max_connections: 10,
          connect_timeout: 3,
          // Seconds after a failed connect in which requests fail at once instead of waiting for another.
          negative_connection_cache: 2,
        },
      },
    ]),
    // unixODBC reads both from the directory in ODBCSYSINI (assets/asterisk/Dockerfile).
    "odbc.ini": renderConf([
      {
        name: DATABASE,
        options: {
          Driver: "PostgreSQL",
          Servername: postgres.address,
          Port: postgres.port,
          Database: DATABASE,
          SSLmode: "disable",
          // Prepared on the server, so that a value can't become a part of a statement.
          UseServerSidePrepare: 1,
          ReadOnly: "no",
          MaxVarcharSize: 4096,
          KeepaliveTime: 30,
        },
      },
    ]),
    "odbcinst.ini": renderConf([
      { name: "PostgreSQL", options: { Description: "PostgreSQL, Unicode", Driver: "psqlodbcw.so" } },
    ]),
  };
}
