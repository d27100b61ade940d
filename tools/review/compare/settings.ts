import type { Environment } from "../../../config";
import type { SettingChange } from "./change";

/** They have sentences and lists of their own. */
const TOLD_ELSEWHERE = new Set(["dns", "name"]);

/** Every setting whose value differs, as it is with all defaults. Lists count as one value. */
export function settingChanges(before: Environment, after: Environment): SettingChange[] {
  const [old, now] = [leaves(before), leaves(after)];
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((path) => old.get(path) !== now.get(path))
    .sort()
    .map((path) => ({
      path,
      ...(old.has(path) && { before: old.get(path) as string }),
      ...(now.has(path) && { after: now.get(path) as string }),
    }));
}

function leaves(settings: Environment): Map<string, string> {
  const found = new Map<string, string>();
  const walk = (value: unknown, path: readonly string[]) => {
    if (value === undefined || TOLD_ELSEWHERE.has(path[0] ?? "")) return;
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      found.set(path.join("."), JSON.stringify(value));
      return;
    }
    for (const [key, item] of Object.entries(value)) walk(item, [...path, key]);
  };
  walk(settings, []);
  return found;
}
