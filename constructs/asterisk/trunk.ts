import { ConfError } from "./conf";
import type {
  PjsipAor,
  PjsipAuth,
  PjsipIdentify,
  PjsipRegistration,
  PjsipSection,
  PjsipTransport,
} from "./pjsip";
import { type AsteriskFilesProps, PHONE_REALM, TRUNK_CONTEXT, TRUNK_ENDPOINT } from "./props";
import { providerTransports, providerTrunks } from "./provider-trunks";

type Server = AsteriskFilesProps["genesys"]["servers"][number];

/**
 * The transports. They are in a file of their own because Asterisk binds them once: a change of them restarts it.
 *
 * Phones come by `transport-ws`, which Asterisk's HTTP server listens for.
 */
export function transports(props: AsteriskFilesProps): PjsipSection[] {
  const { host, asterisk, relay } = props;
  const trunk = (protocol: "udp" | "tcp"): PjsipTransport => ({
    type: "transport",
    name: `transport-${protocol}`,
    protocol,
    bind: `${asterisk.sipAddress}:${asterisk.sipPort}`,
    // The relay is all that the trunk talks to then, and it is on this host.
    ...(host.publicAddress &&
      !relay && {
        externalSignalingAddress: host.publicAddress,
        externalMediaAddress: host.publicAddress,
        localNets: host.localNetworks,
      }),
  });
  return [
    trunk("udp"),
    trunk("tcp"),
    {
      type: "transport",
      name: "transport-ws",
      protocol: "ws",
      bind: `${asterisk.internalAddress}:${asterisk.httpPort}`,
    },
    ...providerTransports(props),
  ];
}

/**
 * Genesys as Asterisk sees it: one endpoint, an AOR per server, and in static mode a registration per DN.
 *
 * Calls out go to the first server in the environment's order that answers OPTIONS; a single server is not asked,
 * since there is nothing to choose. Each DN registers at the first server only: a pair of SIP Servers shares its
 * bindings, and a second binding would make the DN ring twice. Where a DN has to move to another server when the
 * first is down, proxy mode does that.
 *
 * @throws ConfError when a server has the address that phones' WebSockets come from: then a phone that has not
 *   authenticated would be taken for Genesys
 */
export function trunk(props: AsteriskFilesProps): PjsipSection[] {
  const { genesys, asterisk, codecs, host, relay } = props;
  const [first] = genesys.servers;
  if (!first) throw new ConfError("genesys.servers is empty: name at least one server");
  // Whatever loopback address a connection goes to, it comes from 127.0.0.1.
  const phones = ["127.0.0.1", "localhost", asterisk.internalAddress];
  // Who the trunk is known by: the relay, or Genesys itself.
  const peers = relay ? [relay.asteriskSide] : [...new Set(genesys.servers.map((server) => server.host))];
  const shared = peers.find((peer) => phones.includes(peer));
  if (shared) {
    throw new ConfError(
      `${relay ? "relay.asteriskSide" : "genesys.servers"}: ${shared} is where the phones' WebSockets come from, and Asterisk knows the trunk by its address: give it another one`,
    );
  }
  const outboundProxy = relay && relayUri(relay);
  const aors = genesys.servers.map((server, index) => ({
    ...trunkAor(server, index, genesys.servers.length > 1),
    outboundProxy,
  }));
  return [
    {
      type: "global",
      name: "global",
      userAgent: "webrtc-genesys",
      defaultRealm: PHONE_REALM,
      endpointIdentifierOrder: ["ip", "username"],
    },
    {
      type: "endpoint",
      name: TRUNK_ENDPOINT,
      context: TRUNK_CONTEXT,
      transport: relay ? RELAY_TRANSPORT : transportOf(first),
      outboundProxy,
      ...(relay && {
        fromDomain: host.address,
        // The transport is on loopback, and media must not follow it there.
        mediaAddress: host.address,
        bindRtpToMediaAddress: true,
      }),
      codecs,
      aors: aors.map((aor) => aor.name),
      outboundAuth: genesys.credentials?.username === undefined ? undefined : sharedAuth,
      identifyBy: ["ip"],
      directMedia: false,
      rtpSymmetric: true,
      dtmfMode: "rfc4733",
      trustIdInbound: true,
      trustIdOutbound: true,
      sendPai: false,
      allowOverlap: false,
      allowSubscribe: false,
    },
    ...aors,
    // One for each, because a host name that can't be resolved takes the whole section with it.
    ...peers.map(
      (peer, index): PjsipIdentify => ({
        type: "identify",
        name: `${TRUNK_ENDPOINT}_${index + 1}`,
        endpoint: TRUNK_ENDPOINT,
        matches: [peer],
        srvLookups: false,
      }),
    ),
    ...registrations(props, first),
    ...providerTrunks(props, peers),
  ];
}

const sharedAuth = "genesys";

function trunkAor(server: Server, index: number, qualify: boolean): PjsipAor {
  return {
    type: "aor",
    name: `${TRUNK_ENDPOINT}_${index + 1}`,
    contacts: [serverUri(server)],
    qualifyFrequency: qualify ? 10 : 0,
    qualifyTimeout: qualify ? 3 : undefined,
  };
}

function registrations(
  { forwardingMode, genesys, dns, relay }: AsteriskFilesProps,
  server: Server,
): PjsipSection[] {
  const { credentials } = genesys;
  const static_ = forwardingMode === "static";
  const auths: PjsipAuth[] = [];
  if (credentials?.username !== undefined) {
    auths.push({ type: "auth", name: sharedAuth, username: credentials.username, password: credentials });
  } else if (credentials && static_) {
    for (const { number } of dns) {
      auths.push({ type: "auth", name: `genesys-${number}`, username: number, password: credentials });
    }
  }
  if (!static_) return auths;
  return [...auths, ...dns.map(({ number }) => registration(number))];

  function registration(dn: string): PjsipRegistration {
    const auth = credentials && (credentials.username === undefined ? `genesys-${dn}` : sharedAuth);
    return {
      type: "registration",
      name: `genesys-${dn}`,
      transport: relay ? RELAY_TRANSPORT : transportOf(server),
      outboundProxy: relay && relayUri(relay),
      serverUri: serverUri(server),
      clientUri: `sip:${dn}@${server.host}${portOf(server)}`,
      contactUser: dn,
      outboundAuth: auth,
      expiration: genesys.registration.expires,
      retryInterval: genesys.registration.retryInterval,
      forbiddenRetryInterval: genesys.registration.forbiddenRetryInterval,
      fatalRetryInterval: genesys.registration.forbiddenRetryInterval,
      // Asterisk counts failures, and gives up for good after this many: 300 years of them at the default interval.
      maxRetries: 1_000_000_000,
      authRejectionPermanent: false,
      maxRandomInitialDelay: 2,
      // A call to this Contact belongs to Genesys, never to the phone of the same number, which would be challenged.
      // From the relay everything belongs to Genesys, and the Contact is the one that sip-proxy registers (proxy mode).
      ...(!relay && { line: true, endpoint: TRUNK_ENDPOINT }),
    };
  }
}

/** How Asterisk and the relay talk; towards Genesys the relay does as the URIs say. */
const RELAY_TRANSPORT = "transport-udp";

function relayUri({ asteriskSide, port }: NonNullable<AsteriskFilesProps["relay"]>): string {
  return `sip:${asteriskSide}:${port};lr`;
}

function transportOf(server: Server): string {
  return `transport-${server.transport}`;
}

function serverUri(server: Server): string {
  return `sip:${server.host}${portOf(server)}${server.transport === "tcp" ? ";transport=tcp" : ""}`;
}

function portOf({ port }: Server): string {
  return port === 5060 ? "" : `:${port}`;
}
