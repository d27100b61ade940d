import { workOf } from "../../../tools/backup/differences";
import type { DatabaseFacts } from "../../../tools/backup/manifest";
import type { TreeEntry } from "../../../tools/backup/tree";

const file = (path: string, text: string): TreeEntry => ({
  path,
  type: "file",
  mode: 0o600,
  content: Buffer.from(text),
});
const top: TreeEntry = { path: "", type: "directory", mode: 0o700 };
const secrets = [top, file("ari", "a"), file("dn/1002", "b")];
const facts = (tables: DatabaseFacts["tables"], migrations = ["0001_a"]): DatabaseFacts => ({
  postgres: "17.1",
  migrations,
  tables: { "public.t": { rows: 2, digest: "d" }, ...tables },
});
const backup = { secrets, database: facts({ "monitor.dn_changes": { rows: 9 } }) };

describe("what a restore has to do", () => {
  it("is everything on an empty machine, and nothing is lost", () => {
    expect(workOf(backup, { secrets: undefined, database: "absent" })).toStrictEqual({
      secrets,
      database: true,
      lost: [],
    });
  });

  it("is nothing where everything is there, whatever has been added since or changes all the time", () => {
    const found = {
      secrets: [...secrets, file("dn/1003", "new")],
      database: facts({ "monitor.dn_changes": { rows: 10 } }),
    };
    expect(workOf(backup, found)).toStrictEqual({ secrets: [], database: false, lost: [] });
  });

  it("is the rest where a restore was broken off", () => {
    expect(workOf(backup, { secrets: [file("ari", "a")], database: "absent" })).toStrictEqual({
      secrets: [top, file("dn/1002", "b")],
      database: true,
      lost: [],
    });
  });

  it("names secrets that would be lost, and not what they are", () => {
    const { secrets: written, lost } = workOf(backup, {
      secrets: [file("ari", "other")],
      database: "absent",
    });
    expect(written).toStrictEqual(secrets);
    expect(lost).toStrictEqual(["secret ari: another one is there"]);
  });

  it.each<[string, DatabaseFacts | "stopped", string[]]>([
    [
      "that does not run",
      "stopped",
      ["database: one is there, and its server does not run, so it can't be looked at"],
    ],
    [
      "with other rows",
      facts({ "public.t": { rows: 1, digest: "e" }, "public.u": { rows: 0 } }),
      [
        "database: monitor.dn_changes: 9 rows in the backup, no such table here",
        "database: public.t: 2 rows in the backup, 1 row here",
        "database: public.u: no such table in the backup, 0 rows here",
      ],
    ],
    [
      "with as many rows, of other contents",
      facts({ "public.t": { rows: 2, digest: "e" }, "monitor.dn_changes": { rows: 9 } }),
      ["database: public.t: 2 rows, with other contents"],
    ],
    [
      "of another schema",
      facts({ "monitor.dn_changes": { rows: 9 } }, ["0001_a", "0002_b"]),
      ["database: its schema is of another version"],
    ],
  ])("names a database %s", (_, database, lost) => {
    expect(workOf(backup, { secrets, database })).toStrictEqual({ secrets: [], database: true, lost });
  });
});
