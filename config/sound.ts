import type { z } from "zod";
import { type Path, pathText } from "./faults";

/** A value of which any part may be faulty (null) or missing. */
export type Sound<T> = T extends readonly (infer Item)[]
  ? readonly Sound<Item>[] | null
  : T extends object
    ? { readonly [Key in keyof T]?: Sound<T[Key]> } | null
    : T | null;

/**
 * A copy of a parsed file in which every faulty value is null, made from what zod left and the issues that it found so
 * far. Unknown keys do no harm to their neighbours.
 */
export function soundPart<T>(value: T, issues: readonly z.core.$ZodRawIssue[]): Sound<T> {
  const faulty = new Set(
    issues
      .filter((issue) => issue.code !== "unrecognized_keys")
      .map((issue) => pathText((issue.path ?? []) as Path)),
  );
  const copy = (part: unknown, path: Path): unknown => {
    if (faulty.has(pathText(path))) return null;
    if (Array.isArray(part)) return part.map((item, index) => copy(item, [...path, index]));
    if (typeof part !== "object" || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([key, item]) => [key, copy(item, [...path, key])]));
  };
  return (faulty.size === 0 ? value : copy(value, [])) as Sound<T>;
}
