import { PROVIDER_TRUNKS } from "../config/listeners";
import type { Listener } from "../tools/review/model/deployment";
import { isLocal, placeOf } from "../tools/review/model/reach";
import type { Policy } from "./policy";

/** What others reach is encrypted, but for what can't be: each with its reason. */
const EXCEPTIONS: readonly ((listener: Listener) => boolean)[] = [
  // It answers nothing but where HTTPS is.
  ({ redirects }) => redirects,
  // SIP Server speaks plain SIP, in the site's own network.
  ({ service, name }) => service === "sip-proxy" && name === "the relay's side towards Genesys",
  // Providers take plain SIP, and are known by their addresses: anybody else's calls are refused.
  ({ service, name }) => service === "asterisk" && name === PROVIDER_TRUNKS,
  // Phones' media is encrypted by DTLS-SRTP; towards Genesys it is plain RTP.
  ({ service, protocol, port }) => service === "asterisk" && protocol === "UDP" && port.includes("-"),
];

export const noPublicListenerWithoutTls: Policy = {
  name: "no public listener without TLS",
  severity: "high",
  check: ({ listeners }) =>
    listeners
      .filter(({ address, tls }) => !tls && !isLocal(address))
      .filter((listener) => !EXCEPTIONS.some((isException) => isException(listener)))
      .map((listener) => `${listener.name} (${placeOf(listener)}) is open beyond the host without TLS`),
};
