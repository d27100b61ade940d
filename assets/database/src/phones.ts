import type { DatabaseConfig, Phone, PhoneSettings } from "./config";
import type { Credential } from "./credential";

/** Rows of one DN's phone in Asterisk's tables, by table. Columns that are not named are Asterisk's defaults. */
export interface PhoneRows {
  readonly ps_endpoints: Row;
  readonly ps_aors: Row;
  readonly ps_auths: Row;
}

export type Row = { readonly id: string; readonly [column: string]: string | number };

/** The rows of a browser phone. They don't depend on the forwarding mode. */
export function phoneRows(
  settings: PhoneSettings,
  { number, displayName }: Phone,
  { username, realm, md5 }: Credential,
): PhoneRows {
  return {
    ps_endpoints: {
      id: number,
      transport: "transport-ws",
      context: settings.context,
      disallow: "all",
      allow: settings.codecs.join(","),
      aors: number,
      auth: number,
      callerid: `"${displayName ?? `Agent ${number}`}" <${number}>`,
      // DTLS-SRTP, ICE, RTCP multiplexed: what browsers insist on (RFC 8834), with a certificate made at each start.
      webrtc: "yes",
      dtls_auto_generate_cert: "yes",
      // The user in From names the endpoint, and has to prove it. By address, nginx would be every phone.
      identify_by: "username",
      // The Contact of a browser is a made-up host: requests go back on the connection that it registered with.
      rewrite_contact: "yes",
      force_rport: "yes",
      rtp_symmetric: "yes",
      direct_media: "no",
      dtmf_mode: "rfc4733",
      allow_overlap: "no",
      allow_subscribe: "no",
      trust_id_inbound: "no",
      trust_id_outbound: "no",
    },
    ps_aors: {
      id: number,
      // One phone and what it left behind when its page was reloaded; the one that expires first has to go.
      max_contacts: 5,
      remove_existing: "yes",
      minimum_expiration: 60,
      default_expiration: 600,
      maximum_expiration: 3600,
      // A laptop that was shut keeps its connection for minutes: an OPTIONS finds out before a caller does.
      qualify_frequency: 60,
      qualify_timeout: 5,
    },
    ps_auths: {
      id: number,
      auth_type: "digest",
      username,
      realm,
      password_digest: `MD5:${md5}`,
    },
  };
}

/** Name of the secret with the password of a DN's phone. */
export function passwordName(number: string): string {
  return `dn/${number}`;
}

/** The DNs and the probe, each once. */
export function phonesOf({ dns, probeDn }: DatabaseConfig): Phone[] {
  const numbers = new Set(dns.map(({ number }) => number));
  return numbers.has(probeDn) ? [...dns] : [...dns, { number: probeDn, displayName: "Probe" }];
}
