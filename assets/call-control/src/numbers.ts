import type { CallControlConfig } from "./config";

/**
 * Where a call can go: to a DN, or by a trunk to a number outside. `endpoint` is how Asterisk gets there, e.g.
 * `PJSIP/1002@genesys_sip_server`.
 */
export type Destination =
  | { readonly kind: "dn"; readonly dn: string; readonly endpoint: string }
  | { readonly kind: "external"; readonly e164: string; readonly endpoint: string; readonly trunk: Trunk };

export type DnDestination = Extract<Destination, { kind: "dn" }>;

export type Trunk = CallControlConfig["trunks"][number];

/** Why a number is not called; `message` says it to whoever asked. */
export interface Refusal {
  readonly kind: "refused";
  readonly code: "NUMBER_INVALID" | "NUMBER_FORBIDDEN" | "UNAVAILABLE";
  readonly message: string;
}

export type NumberRules = Pick<
  CallControlConfig,
  "dialing" | "dns" | "allowedPrefixes" | "trunks" | "internalCalls" | "genesysEndpoint"
>;

/** Characters of what is asked for, with all that is written between digits. */
const MAX_LENGTH = 40;

/** What people write between digits. */
const BETWEEN = /[\s.\-()]/g;

/**
 * What is dialled, or asked for, as a DN of ours or a number outside in E.164 form (ITU-T E.164: at most 15 digits).
 * A number outside must have one of `allowedPrefixes`, and goes by the trunk that has the longest prefix of it.
 */
export function readNumber(text: string, rules: NumberRules): Destination | Refusal {
  if (text.length > MAX_LENGTH) {
    return refuse("NUMBER_INVALID", `a number of ${text.length} characters: it may have ${MAX_LENGTH}`);
  }
  // "+31 (0)20": the zero is for those who dial within the country.
  const digits = (text.trim().startsWith("+") ? text.replace("(0)", "") : text).replace(BETWEEN, "");
  if (!/^\+?[0-9]+$/.test(digits)) {
    return refuse(
      "NUMBER_INVALID",
      `${JSON.stringify(text)} is no number: digits, with a + in front or without`,
    );
  }
  if (isDn(digits, rules)) return dnOf(digits, rules);
  const e164 = toE164(digits, rules.dialing);
  if (e164 === undefined) {
    return refuse(
      "NUMBER_INVALID",
      `${JSON.stringify(text)} is neither a DN nor a number outside: ${howTo(rules)}`,
    );
  }
  return route(e164, rules);
}

export function isDn(digits: string, { dns }: Pick<NumberRules, "dns">): boolean {
  // Both ends of a range are of one length, so that texts compare as numbers do.
  return (
    /^[0-9]+$/.test(digits) &&
    dns.some(({ from, to }) => digits.length === from.length && digits >= from && digits <= to)
  );
}

/** Who calls in: an own number in E.164 form where it is one, else what the other side has said, cut short. */
export function readCaller(text: string, rules: NumberRules): string {
  const digits = text.replace(BETWEEN, "");
  if (isDn(digits, rules)) return digits;
  const known = /^\+?[0-9]{1,32}$/.test(digits) ? (toE164(digits, rules.dialing) ?? digits) : undefined;
  return known ?? "anonymous";
}

function toE164(
  digits: string,
  { international, national, country }: NumberRules["dialing"],
): string | undefined {
  let number: string | undefined;
  if (digits.startsWith("+")) number = digits.slice(1);
  else if (digits.startsWith(international)) number = digits.slice(international.length);
  else if (country !== undefined && digits.startsWith(national))
    number = country + digits.slice(national.length);
  return number !== undefined && /^[1-9][0-9]{3,14}$/.test(number) ? `+${number}` : undefined;
}

function route(e164: string, { allowedPrefixes, trunks }: NumberRules): Destination | Refusal {
  if (!allowedPrefixes.some((prefix) => e164.startsWith(prefix))) {
    const allowed = allowedPrefixes.length === 0 ? "none is" : `${allowedPrefixes.join(", ")} are`;
    return refuse(
      "NUMBER_FORBIDDEN",
      `${e164} may not be called: of the prefixes outside, ${allowed} allowed`,
    );
  }
  const trunk = trunkFor(e164, trunks);
  if (trunk === undefined) return refuse("UNAVAILABLE", `no trunk leads to ${e164}`);
  return { kind: "external", e164, endpoint: `PJSIP/${e164}@${trunk.endpoint}`, trunk };
}

/** A DN as somebody calls it who does not know where its phone is: by Genesys, unless calls of DNs are our own. */
function dnOf(dn: string, { internalCalls, genesysEndpoint }: NumberRules): DnDestination {
  return internalCalls === "direct"
    ? phoneOf(dn)
    : { kind: "dn", dn, endpoint: `PJSIP/${dn}@${genesysEndpoint}` };
}

/** The phone that is registered for a DN. */
export function phoneOf(dn: string): DnDestination {
  return { kind: "dn", dn, endpoint: `PJSIP/${dn}` };
}

/** The trunk with the longest prefix of the number; of equals the first. One without prefixes takes what is left. */
export function trunkFor(e164: string, trunks: readonly Trunk[]): Trunk | undefined {
  let best: Trunk | undefined;
  let longest = -1;
  for (const trunk of trunks) {
    const fitting = trunk.prefixes.filter((prefix) => e164.startsWith(prefix)).map(({ length }) => length);
    const length = trunk.prefixes.length === 0 ? 0 : Math.max(-1, ...fitting);
    if (length > longest) [best, longest] = [trunk, length];
  }
  return best;
}

function howTo({ dialing: { international, national, country } }: NumberRules): string {
  const inland = country === undefined ? "" : `, or ${national || "nothing"} and the national number`;
  return `numbers outside begin with + or ${international} and the country's code${inland}`;
}

function refuse(code: Refusal["code"], message: string): Refusal {
  return { kind: "refused", code, message };
}
