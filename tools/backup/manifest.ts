import { z } from "zod";
import { OperatorError } from "../progress";

/** What a database was at one moment. */
export const databaseFacts = z.object({
  /** Of the server, such as "17.6 (Debian …)". */
  postgres: z.string(),
  /** Names of the migrations that it has seen, in their order. */
  migrations: z.array(z.string()),
  /** By "schema.table", those whose rows a backup has. */
  tables: z.record(
    z.string(),
    z.object({
      rows: z.number(),
      /** Over the content, whatever the order; absent where that changes all the time. */
      digest: z.string().optional(),
    }),
  ),
});

export type DatabaseFacts = z.infer<typeof databaseFacts>;

const manifestSchema = z.object({
  /** Name of the environment. */
  environment: z.string(),
  /** When it was made, ISO 8601. */
  time: z.string(),
  /** Version of the project that has made it. */
  project: z.string(),
  database: databaseFacts,
  /** In the order of the archive. */
  parts: z.array(z.object({ name: z.string(), size: z.number(), sha256: z.string() })),
});

export type Manifest = z.infer<typeof manifestSchema>;

/** @throws OperatorError when it is none */
export function parseManifest(text: string): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new OperatorError(`its manifest is no JSON: ${(error as Error).message}`);
  }
  const result = manifestSchema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new OperatorError(`its manifest is faulty at ${issue?.path.join(".")}: ${issue?.message}`);
}

/**
 * Whether this project can take the backup for an environment.
 *
 * @param known names of the migrations of this project
 * @throws OperatorError that says why not
 */
export function checkManifest(manifest: Manifest, environment: string, known: readonly string[]): void {
  if (manifest.environment !== environment) {
    throw new OperatorError(
      `it is a backup of environment '${manifest.environment}', and not of '${environment}'`,
    );
  }
  const unknown = manifest.database.migrations.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new OperatorError(
      `its database is newer than this project, which does not know the migrations ${unknown.join(", ")}: ` +
        `restore it with version ${manifest.project} or later`,
    );
  }
}
