import type { IncomingMessage } from "node:http";
import { AriError, AriLoginError, AriRequestError } from "./errors";

export type Method = "GET" | "POST" | "PUT" | "DELETE";

/** The body of an answer, which may not be larger than the limit. */
export async function collect(response: IncomingMessage, what: string, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw AriError.limit(`the answer to ${what} in bytes`, limit);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * What Asterisk answered, or undefined where it has nothing to say (204).
 * @throws AriLoginError, AriRequestError, AriError ARI_PROTOCOL
 */
export function readAnswer(
  method: Method,
  path: string,
  { statusCode: status = 0, headers }: Pick<IncomingMessage, "statusCode" | "headers">,
  body: Buffer,
  username: string,
): unknown {
  const what = `${method} ${path}`;
  if (status === 401) throw new AriLoginError(username);
  if (status === 204 || (status >= 200 && status < 300 && body.length === 0)) return undefined;
  const value = readJson(headers["content-type"], body);
  if (value === undefined) throw AriError.notAri(what, `${status} without an answer in JSON`);
  if (status >= 200 && status < 300) return value;
  if (status < 400) throw AriError.notAri(what, `unexpected status ${status}`);
  throw new AriRequestError(method, path, status, readReason(value));
}

function readJson(contentType: string | undefined, body: Buffer): unknown {
  if (!/^application\/json\b/i.test(contentType ?? "")) return undefined;
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

/** `{"message":"Channel not found"}`, or `{"error":"Allocation failed"}`. */
function readReason(value: unknown): string {
  const { message, error } = (value ?? {}) as { message?: unknown; error?: unknown };
  const reason =
    [message, error].find((text) => typeof text === "string" && text !== "") ?? "no reason given";
  // Asterisk repeats values of the request in it.
  return String(reason)
    .replace(/\p{Cc}+/gu, " ")
    .slice(0, 300);
}
