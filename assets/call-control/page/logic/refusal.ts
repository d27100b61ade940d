/** The body of an answer that is none of success. */
export interface Refusal {
  readonly message?: unknown;
  readonly error?: unknown;
}

/** What is said to the reader of a refusal: the server's own words, where it has any. */
export function wordsOf(
  status: number,
  refusal: Refusal | undefined | null,
  retryAfter: string | null,
): string {
  const { error, message } = refusal ?? {};
  const inner = typeof error === "object" && error !== null && "message" in error ? error.message : message;
  if (typeof inner === "string" && inner !== "") return sentence(inner);
  if (status === 401) return "The server does not know this key.";
  if (status === 429) {
    return retryAfter !== null && /^[0-9]{1,6}$/.test(retryAfter)
      ? `Too many requests: try again in ${retryAfter} s.`
      : "Too many requests: try again later.";
  }
  if (status >= 502 && status <= 504) return `call-control is not there at the moment (${status}).`;
  return `The server answers ${status}.`;
}

/** The server's words stand among ours, with a capital and a full stop. */
function sentence(words: string): string {
  const begun = `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
