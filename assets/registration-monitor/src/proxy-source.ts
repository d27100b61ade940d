import { z } from "zod";
import type { MonitorConfig } from "./config";
import { type AnswerLimits, getText } from "./http-get";

const moment = z.iso.datetime();

/** What the monitor reads of a DN in sip-proxy's GET /registrations; the rest is passed over. */
const view = z.object({
  dn: z.string().regex(/^\d{1,20}$/),
  state: z.enum(["idle", "registering", "registered", "refreshing", "backing off", "releasing"]),
  since: moment,
  expiresAt: moment.nullable(),
  server: z.string().max(300).nullable(),
  lastAnswer: z.object({ status: z.int(), reason: z.string(), at: moment }).nullable(),
  allowed: z.boolean(),
  disabled: z.boolean(),
});

const list = z.object({ registrations: z.array(view).max(100_000) });

export type ProxyView = z.infer<typeof view>;

/** A DN takes about 350 bytes. */
const defaultLimits: AnswerLimits = { deadline: 5_000, bytes: 64 * 1024 * 1024 };

/**
 * Asks sip-proxy for all DNs that it knows. The token is for looking only.
 * @throws Error in one line: what went wrong, and where to look
 */
export async function takeProxyList(
  { host, port, token }: NonNullable<MonitorConfig["sipProxy"]>,
  signal: AbortSignal,
  limits: AnswerLimits = defaultLimits,
): Promise<ProxyView[]> {
  let text = "";
  const place = { host, port, path: "/registrations", headers: { Authorization: `Bearer ${token}` } };
  await getText(place, signal, limits, explain, (piece) => {
    text += piece;
  });
  const parsed = list.safeParse(parse(text));
  if (parsed.success) return parsed.data.registrations;
  const [{ path, message } = { path: [], message: "" }] = parsed.error.issues;
  throw new Error(`sip-proxy's list is not as expected at ${path.join(".") || "its root"}: ${message}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function explain(status: number): string {
  return status === 401
    ? "401: sip-proxy does not know the token (secret sip-proxy-api-read)"
    : `answers with status ${status}`;
}
