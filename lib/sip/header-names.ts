/** Canonical spelling of headers that are looked up often; others are compared in lower case. */
const FULL_NAMES = [
  "Accept",
  "Allow",
  "Allow-Events",
  "Authorization",
  "CSeq",
  "Call-ID",
  "Contact",
  "Content-Disposition",
  "Content-Encoding",
  "Content-Length",
  "Content-Type",
  "Date",
  "Event",
  "Expires",
  "From",
  "Max-Forwards",
  "Min-Expires",
  "Path",
  "Proxy-Authenticate",
  "Proxy-Authentication-Info",
  "Proxy-Authorization",
  "Proxy-Require",
  "Record-Route",
  "Refer-To",
  "Require",
  "Retry-After",
  "Route",
  "Server",
  "Subject",
  "Subscription-State",
  "Supported",
  "Timestamp",
  "To",
  "Unsupported",
  "User-Agent",
  "Via",
  "WWW-Authenticate",
  "Warning",
];

/** Compact forms: RFC 3261 20, and the registry's later ones. */
const COMPACT_FORMS: Record<string, string> = {
  a: "accept-contact",
  b: "referred-by",
  c: "content-type",
  d: "request-disposition",
  e: "content-encoding",
  f: "from",
  i: "call-id",
  j: "reject-contact",
  k: "supported",
  l: "content-length",
  m: "contact",
  n: "identity-info",
  o: "event",
  r: "refer-to",
  s: "subject",
  t: "to",
  u: "allow-events",
  v: "via",
  x: "session-expires",
  y: "identity",
};

const KEYS = new Map<string, string>();
for (const name of FULL_NAMES) {
  const key = name.toLowerCase();
  KEYS.set(name, key);
  KEYS.set(key, key);
}
for (const [compact, key] of Object.entries(COMPACT_FORMS)) {
  KEYS.set(compact, key);
  KEYS.set(compact.toUpperCase(), key);
}

/** The key that all spellings of a header share: lower case, compact forms expanded. */
export function headerKey(name: string): string {
  const known = KEYS.get(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  return KEYS.get(lower) ?? lower;
}

/** The key when the spelling is a usual one; undefined says nothing about validity. */
export function knownHeaderKey(name: string): string | undefined {
  return KEYS.get(name);
}

/**
 * Headers whose value is one thing, commas or not: by their grammar (Date, User-Agent, ...) or, for the four
 * authentication headers, by RFC 3261 7.3.1.
 */
const SINGLE = new Set([
  "authorization",
  "proxy-authorization",
  "www-authenticate",
  "proxy-authenticate",
  "call-id",
  "content-disposition",
  "content-length",
  "content-type",
  "cseq",
  "date",
  "event",
  "expires",
  "from",
  "identity",
  "identity-info",
  "max-forwards",
  "min-expires",
  "mime-version",
  "organization",
  "priority",
  "refer-to",
  "referred-by",
  "reply-to",
  "retry-after",
  "server",
  "session-expires",
  "subject",
  "subscription-state",
  "timestamp",
  "to",
  "user-agent",
]);

/** Whether rows of this header may be merged into a comma list. */
export function isListHeader(key: string): boolean {
  return !SINGLE.has(key);
}
