import type { Environment } from "../../config";

/** What Asterisk's files are rendered from: a part of the environment, so that an environment can be passed as it is. */
export interface AsteriskFilesProps
  extends Pick<
    Environment,
    | "forwardingMode"
    | "host"
    | "genesys"
    | "dns"
    | "allowedDns"
    | "probeDn"
    | "asterisk"
    | "postgres"
    | "rtp"
    | "codecs"
    | "callControl"
  > {
  /** What stands between the trunk and Genesys. @default nothing: the trunk talks to Genesys itself */
  readonly relay?: Environment["relay"];
  /** Upper bound of HTTP sessions at one time; each phone's WebSocket is one. @default 4000 */
  readonly httpSessionLimit?: number;
}

/** Realm of the phones' digests, in Asterisk's challenges and in the database: to change it is to make every digest anew. */
export const PHONE_REALM = "webrtc-genesys";

/** Context of every call that a phone makes. */
export const AGENT_CONTEXT = "genesys-agent";

/** Context of every call that Genesys makes. */
export const TRUNK_CONTEXT = "from-genesys";

/** Endpoint that stands for Genesys. */
export const TRUNK_ENDPOINT = "genesys_sip_server";

/** Name of this Asterisk in the database's contacts. Constant: after a restart it prunes the contacts of its own name. */
export const SYSTEM_NAME = "webrtc-genesys";

/** User of ARI, of call-control and of `verify`. */
export const ARI_USER = "webrtc";

/** The application of call-control, which the dialplan hands calls over to. */
export const STASIS_APP = "callcenter";

/** What an endpoint of a telephone provider begins with: it is never a DN, which has digits only. */
export const PROVIDER_PREFIX = "trunk-";

/** Endpoint that stands for a telephone provider, by the name of its trunk in `callControl.trunks`. */
export function providerEndpoint(trunk: string): string {
  return `${PROVIDER_PREFIX}${trunk}`;
}

/** Context of every call that a provider makes. */
export function providerContext(trunk: string): string {
  return `from-${providerEndpoint(trunk)}`;
}
