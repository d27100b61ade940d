import type { LoggedChange } from "../../../assets/genesys-simulator/src/binding-log";

/** A stretch of time, in milliseconds since 1970. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * The longest time for which a DN had no binding at Genesys.
 *
 * @param changes in their order, of the span and of nothing before it
 * @param registered DNs that had a binding at the beginning
 * @returns milliseconds by DN; a DN that has none at the end was without it until then
 */
export function longestOutages(
  dns: readonly string[],
  registered: ReadonlySet<string>,
  changes: readonly LoggedChange[],
  { from, to }: Span,
): Map<string, number> {
  return new Map(
    dns.map((dn) => {
      let since = registered.has(dn) ? undefined : from;
      let longest = 0;
      for (const { time, bindings } of changes.filter((change) => change.dn === dn)) {
        const at = Date.parse(time);
        if (bindings === 0) since ??= at;
        else if (since !== undefined) {
          longest = Math.max(longest, at - since);
          since = undefined;
        }
      }
      return [dn, since === undefined ? longest : Math.max(longest, to - since)];
    }),
  );
}
