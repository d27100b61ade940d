/** A file or a directory below a directory, which itself has the path "". */
export type TreeEntry =
  | { readonly path: string; readonly type: "directory"; readonly mode: number }
  | { readonly path: string; readonly type: "file"; readonly mode: number; readonly content: Buffer };

/** Files only, by their path. */
export function filesOf(tree: readonly TreeEntry[]): Map<string, Extract<TreeEntry, { type: "file" }>> {
  return new Map(tree.flatMap((entry) => (entry.type === "file" ? [[entry.path, entry] as const] : [])));
}
