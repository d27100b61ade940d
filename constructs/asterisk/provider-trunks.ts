import { isIPv4 } from "node:net";
import { type CallControlTrunk, networksOverlap } from "../../config";
import { ConfError } from "./conf";
import type { PjsipSection, PjsipTransport } from "./pjsip";
import { type AsteriskFilesProps, providerContext, providerEndpoint } from "./props";

/** The listeners of the providers' trunks, on the host's own address: the relay is not in their way. */
export function providerTransports({ host, callControl }: AsteriskFilesProps): PjsipTransport[] {
  if (!callControl || callControl.trunks.length === 0) return [];
  return (["udp", "tcp"] as const).map((protocol) => ({
    type: "transport",
    name: transportOf(protocol),
    protocol,
    bind: `${host.address}:${callControl.sipPort}`,
    ...(host.publicAddress && {
      externalSignalingAddress: host.publicAddress,
      externalMediaAddress: host.publicAddress,
      // SDP gets the public address only where the one in it counts as local.
      localNets: [...host.localNetworks, `${host.address}/32`],
    }),
  }));
}

/**
 * Providers as Asterisk sees them: for each an endpoint, an AOR, the addresses that its calls come from, and with
 * credentials the answer to its challenges.
 *
 * Their listener is the only one that strangers reach. So nobody gets as far as a challenge there who is not named:
 * otherwise phones' passwords could be guessed where neither nginx nor sip-proxy count the guesses.
 *
 * @param peers where Genesys' calls come from
 * @throws ConfError when a provider is only known by a host name, or can't be told from phones or Genesys
 */
export function providerTrunks(props: AsteriskFilesProps, peers: readonly string[]): PjsipSection[] {
  const trunks = props.callControl?.trunks ?? [];
  if (trunks.length === 0) return [];
  // Whatever loopback address a phone's WebSocket is for, it comes from 127.0.0.1.
  const inside = ["127.0.0.1", props.asterisk.internalAddress, ...peers.filter(isAddress)];
  for (const trunk of trunks) checkSources(trunk, inside);
  return [
    {
      type: "acl",
      name: "known-sources",
      comment:
        "Who may send requests at all: this host (phones and Genesys, through what stands before Asterisk), and providers.",
      deny: ["0.0.0.0/0.0.0.0"],
      permit: [...new Set([...inside, ...trunks.flatMap(({ inboundFrom }) => inboundFrom)])],
    },
    ...trunks.flatMap((trunk) => providerTrunk(trunk, props)),
  ];
}

function providerTrunk(trunk: CallControlTrunk, { codecs, host }: AsteriskFilesProps): PjsipSection[] {
  const name = providerEndpoint(trunk.name);
  const { credentials } = trunk;
  const user = credentials && encodeURIComponent(credentials.username);
  const port = trunk.port === 5060 ? "" : `:${trunk.port}`;
  const uri = `sip:${trunk.host}${port}${trunk.transport === "tcp" ? ";transport=tcp" : ""}`;
  return [
    {
      type: "endpoint",
      name,
      context: providerContext(trunk.name),
      transport: transportOf(trunk.transport),
      codecs,
      aors: [name],
      outboundAuth: credentials && name,
      identifyBy: ["ip"],
      // A provider knows its customers by this name, where it does not know them by their address.
      fromUser: trunk.callerId === undefined ? user : undefined,
      fromDomain: credentials && trunk.host,
      mediaAddress: host.address,
      bindRtpToMediaAddress: true,
      directMedia: false,
      rtpSymmetric: true,
      dtmfMode: "rfc4733",
      trustIdInbound: true,
      trustIdOutbound: false,
      sendPai: false,
      allowOverlap: false,
      allowSubscribe: false,
      // Whoever is called outside must not send a call of ours elsewhere, at our expense.
      allowTransfer: false,
    },
    { type: "aor", name, contacts: [uri], qualifyFrequency: 0 },
    ...(credentials
      ? [
          {
            type: "auth" as const,
            name,
            username: credentials.username,
            password: { secret: credentials.secret },
          },
        ]
      : []),
    { type: "identify", name, endpoint: name, matches: trunk.inboundFrom, srvLookups: false },
    ...(trunk.register && user !== undefined
      ? [
          {
            type: "registration" as const,
            name,
            transport: transportOf(trunk.transport),
            serverUri: uri,
            clientUri: `sip:${user}@${trunk.host}${port}`,
            // Its calls come to this name where the provider calls the Contact, and to a number where it does not.
            contactUser: trunk.name,
            outboundAuth: name,
            expiration: 600,
            retryInterval: 30,
            forbiddenRetryInterval: 60,
            fatalRetryInterval: 60,
            // As those at Genesys: they never end (trunk.ts).
            maxRetries: 1_000_000_000,
            authRejectionPermanent: false,
            maxRandomInitialDelay: 2,
          },
        ]
      : []),
  ];
}

function transportOf(protocol: "udp" | "tcp"): string {
  return `transport-external-${protocol}`;
}

/** Asterisk tells by the address of the sender who it is; that no two trunks have one is checked in config/. */
function checkSources({ name, inboundFrom }: CallControlTrunk, inside: readonly string[]): void {
  const refuse = (source: string, why: string): never => {
    throw new ConfError(`callControl.trunks: inboundFrom of ${name}: ${source} ${why}`);
  };
  for (const source of inboundFrom) {
    if (!isAddress(source)) {
      refuse(
        source,
        "is a host name, whose addresses Asterisk looks up only once: list the addresses and networks that the provider's calls come from",
      );
    }
    const shared = inside.find((address) => networksOverlap(source, address));
    if (shared) {
      refuse(
        source,
        `has ${shared} in it, where phones or Genesys come from: list the provider's own addresses only`,
      );
    }
  }
}

/** An IPv4 address or network. */
function isAddress(source: string): boolean {
  return isIPv4(source.split("/")[0] ?? "");
}
