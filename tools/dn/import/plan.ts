import { credentialOfSecret } from "../../../assets/database/src/credential";
import { type Dn, type DnRange, type Environment, inRanges, rangeText } from "../../../config";
import { PHONE_REALM } from "../../../constructs/asterisk/props";
import type { DnItem } from "./environment-file";
import type { FoundPhone, LeftOut } from "./phones";

/** A phone, and what is done for it. Its name is the one that the environment file has, where it lists it. */
export interface PlannedPhone extends FoundPhone {
  readonly inFile: boolean;
  /** What happens to its secret: it is new, the same, or another one that is replaced. */
  readonly secretChange: "new" | "same" | "replaced";
}

export interface ImportPlan {
  readonly phones: readonly PlannedPhone[];
  readonly leftOut: readonly LeftOut[];
  /** For the end of the list `dns`. */
  readonly dns: readonly DnItem[];
  /** For the end of the list `allowedDns`; it starts with what is allowed by default where the file has no such list. */
  readonly allowedDns: readonly DnItem[];
}

/** Numbers without names that follow each other are a range from here on. */
const RANGE_FROM = 3;

/**
 * What an import writes.
 *
 * @param secretOf the secret dn/<number> as it is now; undefined where there is none
 * @param overwrite whether a secret with another password is replaced
 * @param hasAllowedDns whether the environment file has the list
 */
export function planImport(
  found: readonly FoundPhone[],
  environment: Environment,
  secretOf: (number: string) => string | undefined,
  { overwrite, hasAllowedDns }: { readonly overwrite: boolean; readonly hasAllowedDns: boolean },
): ImportPlan {
  const phones: PlannedPhone[] = [];
  const leftOut: LeftOut[] = [];
  for (const phone of found) {
    const { number, place } = phone;
    const secretChange = changeOf(phone, secretOf(number));
    if (secretChange === "replaced" && !overwrite) {
      const reason = `the secret dn/${number} is there, with another password: it is kept; --overwrite takes this one`;
      leftOut.push({ place, name: number, reason });
      continue;
    }
    const listed = environment.dns.find((dn) => dn.number === number);
    phones.push({
      ...(listed === undefined ? phone : named(phone, listed)),
      secretChange,
      inFile: listed !== undefined,
    });
  }
  const added = phones.filter(({ inFile }) => !inFile);
  const outside = added.map(({ number }) => number).filter((dn) => !inRanges(dn, environment.allowedDns));
  const allowed = runsOf(outside);
  return {
    phones,
    leftOut,
    dns: dnItems(added),
    allowedDns: allowed.length === 0 ? [] : [...(hasAllowedDns ? [] : environment.allowedDns), ...allowed],
  };
}

/** `1002, 5001-5020` */
export function itemsText(items: readonly DnItem[]): string {
  return items.map(rangeText).join(", ");
}

function named({ displayName, ...phone }: FoundPhone, listed: Dn): FoundPhone {
  if (displayName === undefined || displayName === listed.displayName) return { ...phone, ...listed };
  return {
    ...phone,
    ...listed,
    notes: [...phone.notes, `the file lists it already, without its name '${displayName}'`],
  };
}

function changeOf(
  { number, credential, secret }: FoundPhone,
  now: string | undefined,
): PlannedPhone["secretChange"] {
  if (now === undefined) return "new";
  if (now === secret) return "same";
  try {
    const { username, realm, md5 } = credentialOfSecret(number, PHONE_REALM, now);
    const isSame = username === credential.username && realm === credential.realm && md5 === credential.md5;
    return isSame ? "same" : "replaced";
  } catch {
    return "replaced";
  }
}

function dnItems(phones: readonly FoundPhone[]): DnItem[] {
  const named = phones.filter(({ displayName }) => displayName !== undefined);
  const bare = phones.filter(({ displayName }) => displayName === undefined).map(({ number }) => number);
  const items: DnItem[] = [
    ...named.map(({ number, displayName }) => ({ from: number, to: number, displayName })),
    ...runsOf(bare).flatMap((run) => {
      const size = BigInt(run.to) - BigInt(run.from) + 1n;
      if (size >= RANGE_FROM) return [run];
      return run.from === run.to ? [run] : [run.from, run.to].map((dn) => ({ from: dn, to: dn }));
    }),
  ];
  return items.sort((a, b) => compareDns(a.from, b.from));
}

/** Numbers that follow each other, joined. */
function runsOf(numbers: readonly string[]): DnRange[] {
  const runs: { from: string; to: string }[] = [];
  for (const number of [...numbers].sort(compareDns)) {
    const last = runs.at(-1);
    const next = last && (BigInt(last.to) + 1n).toString().padStart(last.to.length, "0");
    if (last !== undefined && number === next && number.length === last.from.length) last.to = number;
    else runs.push({ from: number, to: number });
  }
  return runs;
}

function compareDns(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : 1);
}
