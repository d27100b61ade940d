import { SipParseError } from "../../../../lib/sip";
import type { Answer } from "./answer";

/** Seconds that a Min-Expires may ask for: more is no registration but a mistake. */
const MAX_MIN_EXPIRES = 86_400;

/** What an answer to REGISTER or un-REGISTER means for the DN. Times are seconds. */
export type Verdict =
  /** Registered, for so long. */
  | { readonly kind: "granted"; readonly expires: number }
  /** Un-registered. */
  | { readonly kind: "released" }
  /** 401, 407 */
  | { readonly kind: "challenged" }
  /** 423: ask for so much (RFC 3261 10.2.8). */
  | { readonly kind: "too brief"; readonly least: number }
  /** 403, 404: somebody has to put it right. 404 says that the server has nothing of the DN. */
  | { readonly kind: "refused"; readonly unknown: boolean }
  /** Anything else may pass by itself. 503: another server may do it now (RFC 3261 21.5.4). */
  | { readonly kind: "failed"; readonly retryAfter: number | undefined; readonly elsewhere: boolean };

/** What was asked. */
export interface Asked {
  /** URI */
  readonly contact: string;
  /** Seconds; 0: to un-register. */
  readonly expires: number;
}

export function judge(answer: Answer, asked: Asked): Verdict {
  const { status } = answer;
  if (status < 300) return accepted(answer, asked);
  switch (status) {
    case 401:
    case 407:
      return { kind: "challenged" };
    case 404:
      // There is nothing left to un-register.
      return asked.expires === 0 ? { kind: "released" } : { kind: "refused", unknown: true };
    case 403:
      return { kind: "refused", unknown: false };
    case 423: {
      // More than before each time, so asking again comes to an end.
      const least = lenient(() => answer.message.minExpires) ?? 0;
      if (least > asked.expires && least <= MAX_MIN_EXPIRES) return { kind: "too brief", least };
    }
  }
  return { kind: "failed", retryAfter: lenient(() => answer.message.retryAfter), elsewhere: status === 503 };
}

function accepted(answer: Answer, asked: Asked): Verdict {
  if (asked.expires === 0) return { kind: "released" };
  const expires = lenient(() => answer.granted(asked.contact, asked.expires)) ?? asked.expires;
  // A registration for no time is none.
  return expires > 0
    ? { kind: "granted", expires }
    : { kind: "failed", retryAfter: undefined, elsewhere: false };
}

/** A header that doesn't parse is as good as none: the answer's status counts all the same. */
function lenient<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof SipParseError) return undefined;
    throw error;
  }
}
