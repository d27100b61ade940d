import { request } from "node:https";
import type { TlsOptions } from "./web-socket";

/**
 * The status that a page answers with to who has no log-in.
 *
 * @throws Error that says why there was no answer within 5 seconds
 */
export function statusOf(url: string, tls: TlsOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { ca: tls.ca, agent: false, signal: AbortSignal.timeout(5000) }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    asked.on("error", (error) => reject(new Error(`${url}: ${error.message}`)));
    asked.end();
  });
}
