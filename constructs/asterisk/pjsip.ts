import { ConfError, type Options, renderComment, renderConf, type SecretValue, type Section } from "./conf";

/** Codec names as Asterisk spells them. */
export type Codec = "ulaw" | "alaw" | "opus" | "g722";

/** What pjsip.conf is made of: one object per section, told apart by `type`. */
export type PjsipSection =
  | PjsipGlobal
  | PjsipTransport
  | PjsipEndpoint
  | PjsipAor
  | PjsipAuth
  | PjsipRegistration
  | PjsipIdentify
  | PjsipAcl;

interface Named {
  readonly name: string;
  readonly comment?: string;
}

export interface PjsipGlobal extends Named {
  readonly type: "global";
  readonly name: "global";
  readonly userAgent?: string;
  readonly defaultRealm?: string;
  /** Order of the ways by which the sender of a request is found. */
  readonly endpointIdentifierOrder?: readonly (
    | "ip"
    | "username"
    | "anonymous"
    | "header"
    | "request_uri"
    | "auth_username"
  )[];
  /** Seconds between keep-alives on connections; 0: none. */
  readonly keepAliveInterval?: number;
  /** Seconds between looks at the contacts for expired ones. */
  readonly contactExpirationCheckInterval?: number;
  /** AMI event ContactStatus on every refresh, not only on changes. */
  readonly sendContactStatusOnUpdateRegistration?: boolean;
}

export interface PjsipTransport extends Named {
  readonly type: "transport";
  readonly protocol: "udp" | "tcp" | "ws";
  /** `address:port`. For ws it is only a name: Asterisk's HTTP server owns the listener. */
  readonly bind: string;
  /** Address in Contact and Via of what goes out of `localNets`. */
  readonly externalSignalingAddress?: string;
  readonly externalSignalingPort?: number;
  /** Address in SDP of what goes out of `localNets`. */
  readonly externalMediaAddress?: string;
  readonly localNets?: readonly string[];
}

export interface PjsipEndpoint extends Named {
  readonly type: "endpoint";
  readonly context: string;
  /** In order of preference; everything else is disallowed. */
  readonly codecs: readonly Codec[];
  /** Names of AORs, tried in this order. */
  readonly aors: readonly string[];
  readonly transport?: string;
  readonly auth?: string;
  readonly outboundAuth?: string;
  readonly identifyBy?: readonly ("username" | "ip" | "auth_username")[];
  /** Whether a number that other digits could complete gets 484 instead of 404. */
  readonly allowOverlap?: boolean;
  readonly allowSubscribe?: boolean;
  readonly allowTransfer?: boolean;
  readonly directMedia?: boolean;
  readonly forceRport?: boolean;
  readonly rewriteContact?: boolean;
  readonly rtpSymmetric?: boolean;
  readonly trustIdInbound?: boolean;
  readonly trustIdOutbound?: boolean;
  readonly sendPai?: boolean;
  readonly fromUser?: string;
  readonly fromDomain?: string;
  readonly dtmfMode?: "rfc4733" | "inband" | "info" | "auto" | "auto_info";
  readonly mediaAddress?: string;
  /** Whether media is sent from `mediaAddress` too, whatever the transport is bound to. */
  readonly bindRtpToMediaAddress?: boolean;
  /** URI of the proxy that every request of this endpoint goes through. */
  readonly outboundProxy?: string;
  /** Reason headers with Q.850 causes are left out of what is sent. */
  readonly suppressQ850ReasonHeaders?: boolean;
  /** Seconds without RTP after which a call is ended; 0: never. */
  readonly rtpTimeout?: number;
  readonly rtpTimeoutHold?: number;
}

export interface PjsipAor extends Named {
  readonly type: "aor";
  /** SIP URIs that are always there. */
  readonly contacts?: readonly string[];
  readonly outboundProxy?: string;
  readonly maxContacts?: number;
  /** Seconds between OPTIONS to every contact; 0: none. */
  readonly qualifyFrequency?: number;
  /** Seconds until an OPTIONS without an answer counts as unreachable. */
  readonly qualifyTimeout?: number;
}

export interface PjsipAuth extends Named {
  readonly type: "auth";
  readonly username: string;
  readonly password: SecretValue;
}

/** Asterisk's registration at another server. `expiration` 0 means disabled: the section is not written. */
export interface PjsipRegistration extends Named {
  readonly type: "registration";
  readonly serverUri: string;
  readonly clientUri: string;
  /** User part of the Contact. */
  readonly contactUser: string;
  readonly transport: string;
  readonly outboundProxy?: string;
  readonly outboundAuth?: string;
  /** Seconds of each binding, or 0 for a registration that is switched off. */
  readonly expiration: number;
  /** Seconds until the next attempt after a temporary failure. */
  readonly retryInterval: number;
  /** Seconds until the next attempt after 403. */
  readonly forbiddenRetryInterval: number;
  /** Seconds until the next attempt after another final failure. */
  readonly fatalRetryInterval: number;
  readonly maxRetries: number;
  /** Whether a rejected authentication ends the attempts. */
  readonly authRejectionPermanent: boolean;
  /** Upper bound in seconds of the random delay before the first REGISTER. */
  readonly maxRandomInitialDelay: number;
  /** Mark the Contact, so that a call to it is known to belong to `endpoint`, which is needed then. */
  readonly line?: boolean;
  readonly endpoint?: string;
}

export interface PjsipIdentify extends Named {
  readonly type: "identify";
  readonly endpoint: string;
  /** Addresses, networks or host names that requests of `endpoint` come from. */
  readonly matches: readonly string[];
  readonly srvLookups?: boolean;
}

/** Whose requests are looked at, whatever they are; others get 403. Read from the first to the last, the last fit wins. */
export interface PjsipAcl extends Named {
  readonly type: "acl";
  /** Addresses and networks. */
  readonly deny: readonly string[];
  readonly permit: readonly string[];
}

/**
 * The text of pjsip.conf, or of a part of it.
 *
 * A registration that is switched off is left out, with a comment in its place: Asterisk has no way to write one
 * down. `expiration=0` makes it refuse the object at a start, and go on refreshing the old one after a reload.
 *
 * @throws ConfError when a value can't be written, a name occurs twice in one type, or `line` has no endpoint
 */
export function renderPjsip(sections: readonly PjsipSection[]): string {
  const seen = new Set<string>();
  const rendered = sections.map((section): string => {
    const key = `${section.type} ${section.name}`;
    if (seen.has(key))
      throw new ConfError(`${key}: two sections of this name, and Asterisk would take one of them only`);
    seen.add(key);
    if (section.type === "registration" && section.expiration === 0) {
      return `${renderComment(`registration ${section.name} is switched off`).join("\n")}\n`;
    }
    return renderConf([toConf(section)]);
  });
  return rendered.join("\n");
}

function toConf(section: PjsipSection): Section {
  const { type, name, comment } = section;
  return { name, comment, options: { type, ...optionsOf(section) } };
}

function optionsOf(section: PjsipSection): Options {
  switch (section.type) {
    case "global":
      return {
        user_agent: section.userAgent,
        default_realm: section.defaultRealm,
        endpoint_identifier_order: list(section.endpointIdentifierOrder),
        keep_alive_interval: section.keepAliveInterval,
        contact_expiration_check_interval: section.contactExpirationCheckInterval,
        send_contact_status_on_update_registration: section.sendContactStatusOnUpdateRegistration,
      };
    case "transport":
      return {
        protocol: section.protocol,
        bind: section.bind,
        external_signaling_address: section.externalSignalingAddress,
        external_signaling_port: section.externalSignalingPort,
        external_media_address: section.externalMediaAddress,
        local_net: section.localNets,
      };
    case "endpoint":
      return {
        transport: section.transport,
        context: section.context,
        disallow: "all",
        allow: list(section.codecs),
        aors: list(section.aors),
        auth: section.auth,
        outbound_auth: section.outboundAuth,
        identify_by: list(section.identifyBy),
        allow_overlap: section.allowOverlap,
        allow_subscribe: section.allowSubscribe,
        allow_transfer: section.allowTransfer,
        direct_media: section.directMedia,
        force_rport: section.forceRport,
        rewrite_contact: section.rewriteContact,
        rtp_symmetric: section.rtpSymmetric,
        trust_id_inbound: section.trustIdInbound,
        trust_id_outbound: section.trustIdOutbound,
        send_pai: section.sendPai,
        from_user: section.fromUser,
        from_domain: section.fromDomain,
        dtmf_mode: section.dtmfMode,
        media_address: section.mediaAddress,
        bind_rtp_to_media_address: section.bindRtpToMediaAddress,
        outbound_proxy: section.outboundProxy,
        suppress_q850_reason_headers: section.suppressQ850ReasonHeaders,
        rtp_timeout: section.rtpTimeout,
        rtp_timeout_hold: section.rtpTimeoutHold,
      };
    case "aor":
      return {
        contact: section.contacts,
        outbound_proxy: section.outboundProxy,
        max_contacts: section.maxContacts,
        qualify_frequency: section.qualifyFrequency,
        qualify_timeout: section.qualifyTimeout,
      };
    case "auth":
      return { auth_type: "digest", username: section.username, password: section.password };
    case "registration":
      return registrationOptions(section);
    case "identify":
      return { endpoint: section.endpoint, match: section.matches, srv_lookups: section.srvLookups };
    case "acl":
      return { deny: section.deny, permit: section.permit };
  }
}

function registrationOptions(section: PjsipRegistration): Options {
  if (section.line && section.endpoint === undefined) {
    throw new ConfError(`[${section.name}] line: needs the endpoint that calls to the Contact belong to`);
  }
  return {
    server_uri: section.serverUri,
    client_uri: section.clientUri,
    contact_user: section.contactUser,
    transport: section.transport,
    outbound_proxy: section.outboundProxy,
    outbound_auth: section.outboundAuth,
    expiration: section.expiration,
    retry_interval: section.retryInterval,
    forbidden_retry_interval: section.forbiddenRetryInterval,
    fatal_retry_interval: section.fatalRetryInterval,
    max_retries: section.maxRetries,
    auth_rejection_permanent: section.authRejectionPermanent,
    max_random_initial_delay: section.maxRandomInitialDelay,
    line: section.line,
    endpoint: section.endpoint,
  };
}

function list(values: readonly string[] | undefined): string | undefined {
  if (values === undefined) return undefined;
  const broken = values.find((value) => value.includes(","));
  if (broken !== undefined)
    throw new ConfError(`${JSON.stringify(broken)} has a comma, which would make two items of it`);
  return values.join(",");
}
