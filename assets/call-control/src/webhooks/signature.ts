import { createHmac } from "node:crypto";

/** The header that says who sent a body, and when. */
export const SIGNATURE_HEADER = "X-Webrtc-Genesys-Signature";

/**
 * `t=<seconds since 1970>,v1=<hex>`: HMAC-SHA256 by the webhook's secret over `<t>.<body>`. A receiver computes it anew,
 * compares in constant time, and refuses what is older than some minutes.
 */
export function sign(secret: string, body: string, seconds: number): string {
  return `t=${seconds},v1=${createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex")}`;
}
