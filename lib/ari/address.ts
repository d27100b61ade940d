import { AriError } from "./errors";

/** Where ARI is. */
export interface AriAddress {
  readonly host: string;
  readonly port: number;
  /** Before every path, `/ari`, or `/<prefix>/ari` where http.conf has a prefix. */
  readonly base: string;
  /** `http://127.0.0.1:8088/ari`, for messages. */
  readonly url: string;
}

/**
 * Reads the address of Asterisk's HTTP server. `/ari` is added where it is missing, and never twice.
 * @throws AriError ARI_VALUE
 */
export function readAddress(text: string): AriAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (text.includes("@")) {
    throw AriError.value(
      "url",
      "has an @: user and password are options of their own, and no part of the address",
    );
  }
  const where = `url ${JSON.stringify(text)}`;
  if (url?.protocol !== "http:" || url.hostname === "") {
    throw AriError.value(where, "is no address such as http://127.0.0.1:8088");
  }
  if (url.search !== "" || url.hash !== "") throw AriError.value(where, "must end with its path");
  const path = url.pathname.replace(/\/+/g, "/").replace(/\/$/, "");
  const base = path.endsWith("/ari") ? path : `${path}/ari`;
  return {
    // An IPv6 address has brackets in a URL only.
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: Number(url.port || 80),
    base,
    url: `http://${url.host}${base}`,
  };
}

/** The path of a request, each value a segment of its own: route`/channels/${id}/play`. */
export function route(literals: TemplateStringsArray, ...values: readonly string[]): string {
  return literals.reduce((path, literal, n) => path + segment(values[n - 1] ?? "", path) + literal);
}

/** `?a=1&b=2`, or nothing; what is undefined is left out. */
export function query(values: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const pairs = Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encode(String(value), `parameter ${name}`)}`);
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

/** An empty segment would name the list above it, and a dot the folder: `DELETE /channels/../bridges`. */
function segment(value: string, path: string): string {
  const where = `value after ${path}`;
  if (value === "") throw AriError.value(where, "is empty");
  if (value === "." || value === "..")
    throw AriError.value(where, `${JSON.stringify(value)} can't be a name`);
  return encode(value, where);
}

/** Asterisk's strings end at a NUL, so that one id could pass for another; no other control character is of use. */
function encode(value: string, where: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\x00-\x1f\x7f]/.test(value)) throw AriError.value(where, "has a control character");
  if (!isWellFormed(value)) throw AriError.value(where, "is no Unicode text");
  return encodeURIComponent(value);
}

/** Half of a surrogate pair can't be encoded. */
function isWellFormed(value: string): boolean {
  return !/\p{Surrogate}/u.test(value);
}
