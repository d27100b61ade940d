import type { RTCSession } from "jssip/lib/RTCSession";

/** Milliseconds without another candidate. Those of all interfaces come within a few of them. */
const QUIET = 20;

/**
 * Has offers and answers sent as soon as the UDP candidates are known. The browser then looks for TCP ones for a tenth
 * of a second, which Asterisk does not take, and JsSIP would wait for the last of them.
 */
export function hurryCandidates(session: RTCSession): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  session.on("icecandidate", ({ candidate, ready }) => {
    if (candidate.protocol !== "udp") return;
    clearTimeout(timer);
    timer = setTimeout(ready, QUIET);
  });
}
