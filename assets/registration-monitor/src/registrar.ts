import type { RegistryEvent } from "../../../lib/ami";
import type { Told } from "./forwarding";
import type { PictureRegistration } from "./picture";
import type { ProxyView } from "./proxy-source";

/** What Asterisk says of one of its registrations. It also says `Stopped` and `Failed`. */
export function toldByAsterisk({
  status,
  serverUri,
  cause,
}: RegistryEvent | (PictureRegistration & { cause?: undefined })): Told {
  return {
    status: status === "Registered" || status === "Rejected" ? status : "Unregistered",
    server: serverOf(serverUri),
    cause,
  };
}

/** What sip-proxy says of a DN. */
export function toldByProxy(view: ProxyView): Told {
  const { state, since, expiresAt, server } = view;
  const told = { since, expiresAt, server, cause: null };
  switch (state) {
    case "registered":
    case "refreshing":
      return { ...told, status: "Registered" };
    case "registering":
      return { ...told, status: "Registering" };
    case "backing off":
      return { ...told, status: "BackingOff", cause: whyItWaits(view) };
    default:
      return { ...told, status: "Unregistered", cause: whyItRests(view) };
  }
}

/** An answer that came when the wait began is the reason for it; without one, there was no answer. */
function whyItWaits({ since, lastAnswer }: ProxyView): string {
  if (lastAnswer === null || Math.abs(Date.parse(lastAnswer.at) - Date.parse(since)) > 1_000)
    return "no answer";
  return `${lastAnswer.status} ${lastAnswer.reason}`;
}

function whyItRests({ allowed, disabled, state }: ProxyView): string | null {
  if (disabled) return "disabled by an operator";
  if (!allowed) return "outside allowedDns";
  return state === "releasing" ? "an un-REGISTER is on its way" : null;
}

/** `sip:192.168.210.81:5060;transport=udp` as `192.168.210.81`: the port only where it is not SIP's own. */
function serverOf(uri: string): string {
  return uri
    .replace(/^sips?:(?:[^@]*@)?/i, "")
    .replace(/[;?].*$/, "")
    .replace(/:5060$/, "");
}

/** The user part of a SIP URI: the DN that the registration is for. */
export function dnOf(uri: string): string | undefined {
  return /^sips?:([^@;:]+)[@;:]/i.exec(uri)?.[1];
}
