import { renderComment, sectionHeader } from "./conf";

/** A context of extensions.conf: its lines under its name, and above it what it is for. */
export function context(name: string, lines: readonly string[], comment?: string): string {
  return [...(comment ? renderComment(comment) : []), sectionHeader(name), ...lines].join("\n");
}
