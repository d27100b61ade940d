import { colors } from "../colors";
import type { Manifest } from "./manifest";

/** What a backup has, as a table. */
export function renderSummary(path: string, bytes: number, manifest: Manifest): string {
  const { database, parts } = manifest;
  const secrets = parts.filter(({ name }) => name.startsWith("secrets/"));
  const tables = Object.entries(database.tables).filter(([name]) => name !== "public.migrations");
  const rows = tables.filter(([, table]) => table.rows > 0).map(([name, table]) => `${name} ${table.rows}`);
  const lines: [string, string][] = [
    ["file", `${path}, ${bytesText(bytes)}`],
    ["of", `${manifest.environment}, ${manifest.time}, by version ${manifest.project}`],
    ["secrets", `${secrets.length} files, ${bytesText(secrets.reduce((sum, { size }) => sum + size, 0))}`],
    [
      "database",
      `PostgreSQL ${database.postgres}, schema ${database.migrations.at(-1) ?? "without migrations"}`,
    ],
    ["rows", rows.join(", ") || "none"],
  ];
  const width = Math.max(...lines.map(([name]) => name.length));
  return lines.map(([name, text]) => `${name.padEnd(width)}  ${colors.dim(text)}`).join("\n");
}

export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const [size, unit] = bytes < 1024 ** 2 ? [bytes / 1024, "KiB"] : [bytes / 1024 ** 2, "MiB"];
  return `${size.toFixed(1)} ${unit}`;
}
