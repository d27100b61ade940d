import { differingTables } from "./database";
import type { DatabaseFacts } from "./manifest";
import { filesOf, type TreeEntry } from "./tree";

/** What is on the Docker host before a restore. */
export interface Found {
  /** undefined: no such directory. */
  readonly secrets: readonly TreeEntry[] | undefined;
  readonly database: DatabaseFacts | "absent" | "stopped";
}

/** What a restore has to do there. */
export interface Work {
  /** Secrets that are missing or others: all of the backup's directories, and these files. */
  readonly secrets: readonly TreeEntry[];
  readonly database: boolean;
  /** What would be lost by it, in words; empty on an empty machine, and where a restore was broken off. */
  readonly lost: readonly string[];
}

/** What a restore of that backup has to do. Secrets that the backup does not have stay. */
export function workOf(
  backup: { readonly secrets: readonly TreeEntry[]; readonly database: DatabaseFacts },
  found: Found,
): Work {
  const there = filesOf(found.secrets ?? []);
  const differing = [...filesOf(backup.secrets).values()].filter(({ path, content }) => {
    const here = there.get(path);
    return here !== undefined && !here.content.equals(content);
  });
  const same = new Set([...there.keys()].filter((path) => !differing.some((file) => file.path === path)));
  const secrets = backup.secrets.filter((entry) => entry.type === "directory" || !same.has(entry.path));
  const database = databaseWork(backup.database, found.database);
  const lost = [...differing.map(({ path }) => `secret ${path}: another one is there`), ...database.lost];
  return {
    secrets: secrets.some(({ type }) => type === "file") ? secrets : [],
    database: database.needed,
    lost,
  };
}

function databaseWork(backup: DatabaseFacts, found: Found["database"]): { needed: boolean; lost: string[] } {
  if (found === "absent") return { needed: true, lost: [] };
  if (found === "stopped") {
    return {
      needed: true,
      lost: ["database: one is there, and its server does not run, so it can't be looked at"],
    };
  }
  const sameSchema = JSON.stringify(backup.migrations) === JSON.stringify(found.migrations);
  const lost = [
    ...(sameSchema ? [] : ["database: its schema is of another version"]),
    ...differingTables(backup, found).map((line) => `database: ${line}`),
  ];
  return { needed: lost.length > 0, lost };
}
