import { shownName } from "../../../config";

export interface CallerId {
  /** Absent where there is none, or only what stands for none. */
  readonly displayName?: string;
  /** Why the name is not taken over. */
  readonly fault?: string;
}

/** FreePBX writes `device <1002>` where nobody gave a name. */
const NO_NAMES = new Set(["", "device", "unknown", "anonymous"]);

/** The name in `"Alice" <1002>`, `Alice <1002>`, `<1002>`, `Alice` or `1002`. */
export function readCallerId(value: string, number: string): CallerId {
  const [, quoted, bare] = /^\s*(?:"((?:\\.|[^"\\])*)"|([^<"]*?))\s*(?:<[^>]*>)?\s*$/su.exec(value) ?? [];
  const name = (quoted?.replace(/\\(.)/gs, "$1") ?? bare ?? value).trim();
  if (NO_NAMES.has(name.toLowerCase()) || /^\+?\d+$/.test(name) || name === `Agent ${number}`) return {};
  const checked = shownName.safeParse(name);
  return checked.success ? { displayName: name } : { fault: `its name ${checked.error.issues[0]?.message}` };
}
