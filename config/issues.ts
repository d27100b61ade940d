import type { z } from "zod";
import { type Fault, type Path, pathText } from "./faults";
import type { YamlText } from "./yaml";

/** Says where each issue of zod stands in the file. The messages are the schema's own (values.ts). */
export function faultsOf(issues: readonly z.core.$ZodIssue[], yaml: YamlText, file: string): Fault[] {
  const faults = issues.flatMap((issue) => faultsOfIssue(issue, [], yaml, file));
  // A value that breaks several rules of its kind gets the same message from each.
  const byText = new Map(faults.map((fault) => [`${fault.path} ${fault.message}`, fault]));
  return [...byText.values()];
}

function faultsOfIssue(issue: z.core.$ZodIssue, prefix: Path, yaml: YamlText, file: string): Fault[] {
  const path = [...prefix, ...(issue.path as Path)];
  if (issue.code === "unrecognized_keys") {
    const messages = issue.message.split("\n");
    return issue.keys.map((key, index) => {
      const keyPath = [...path, key];
      return { file, ...yaml.placeOfKey(keyPath), path: pathText(keyPath), message: messages[index] ?? "" };
    });
  }
  if (issue.code === "invalid_union") {
    const meant = meantAlternative(issue.errors);
    if (meant !== undefined) return meant.flatMap((inner) => faultsOfIssue(inner, path, yaml, file));
  }
  const others = issue.code === "custom" ? ((issue.params?.others ?? []) as Path[]) : [];
  const shown = [path, ...others].find((candidate) => yaml.has(candidate)) ?? path;
  return [{ file, ...yaml.placeOf(shown), path: pathText(path), message: issue.message }];
}

/** The one alternative of a union whose type the value has: its issues say more than "none of these". */
function meantAlternative(alternatives: readonly z.core.$ZodIssue[][]): z.core.$ZodIssue[] | undefined {
  const candidates = alternatives.filter(
    (issues) => !issues.some((issue) => issue.code === "invalid_type" && issue.path.length === 0),
  );
  return candidates.length === 1 ? candidates[0] : undefined;
}
