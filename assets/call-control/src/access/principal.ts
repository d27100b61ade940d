import type { Call } from "../calls/call";
import type { Scope } from "./scopes";

/** Who sends a request. */
export interface Principal {
  /** `key:<name>` or `jwt:<subject>`, as audit rows have it. */
  readonly actor: string;
  readonly scopes: ReadonlySet<Scope>;
  /** The DN whose calls are the only ones for this principal; undefined: everybody's. */
  readonly agent?: string;
  /** Whether it would still be let in: what is open for long asks again and again. */
  isValid(): boolean;
}

/** Whether the DN is one of those who speak in the call. */
export function speaksIn(call: Pick<Call, "agent" | "from" | "to">, dn: string): boolean {
  return call.agent === dn || call.from === dn || call.to === dn;
}

/** Whether the principal may know of the call, and act on it as far as its scopes go. */
export function mayKnow(
  { agent }: Pick<Principal, "agent">,
  call: Pick<Call, "agent" | "from" | "to">,
): boolean {
  return agent === undefined || speaksIn(call, agent);
}
