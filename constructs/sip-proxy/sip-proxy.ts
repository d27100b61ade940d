import { Construct } from "constructs";
import type { SipProxyConfigInput } from "../../assets/sip-proxy/src/config";
import { hostPort } from "../../config";
import type { Release } from "../service/release";
import type { ReleaseOrder } from "../service/release-order";
import { Secrets } from "../service/secrets";
import type { ServiceContainer } from "../service/service-container";
import { TypescriptService, type TypescriptServiceContext } from "../service/typescript-service";

/**
 * The relay between Genesys and Asterisk's trunk; and in proxy mode the WebSocket edge in front of Asterisk, which
 * registers at Genesys whom Asterisk accepted.
 */
export class SipProxy extends Construct {
  /** Where phones reach it, behind nginx. */
  public readonly edge: { readonly host: string; readonly port: number };
  public readonly container: ServiceContainer;
  public readonly release: Release;

  constructor(
    scope: Construct,
    id: string,
    context: TypescriptServiceContext & { readonly order: ReleaseOrder },
  ) {
    super(scope, id);
    const { environment } = context;
    const { asterisk, forwardingMode, genesys, hep, nginx, relay, sipProxy, talkEvents } = environment;
    this.edge = { host: sipProxy.address, port: sipProxy.port };
    const service = new TypescriptService<SipProxyConfigInput>(this, "typescript-service", {
      ...context,
      service: "sip-proxy",
      memory: 512,
      // Two for each phone: its own and the one to Asterisk.
      openFiles: 16384,
      config: {
        edge: {
          address: sipProxy.address,
          port: sipProxy.port,
          allowedOrigins: [...nginx.allowedOrigins],
          // nginx's old workers keep the other end of these sockets for as long.
          drainSeconds: nginx.drainSeconds,
          limits: {
            guessesPerMinute: sipProxy.guessesPerMinute,
            guessPenaltySeconds: sipProxy.guessPenaltySeconds,
          },
        },
        asterisk: { url: `ws://${hostPort(asterisk.internalAddress, asterisk.httpPort)}/ws` },
        ami: {
          host: asterisk.internalAddress,
          port: asterisk.amiPort,
          username: "proxy",
          secret: Secrets.placeholder("ami-proxy"),
        },
        genesys: {
          servers: genesys.servers.map((server) => ({ ...server })),
          credentials: genesys.credentials && {
            username: genesys.credentials.username,
            password: Secrets.placeholder(genesys.credentials.secret),
          },
          registration: { ...genesys.registration },
          localAddress: relay.address,
        },
        hep: hep && {
          host: hep.host,
          port: hep.port,
          captureId: hep.captureId,
          password: hep.secret && Secrets.placeholder(hep.secret),
        },
        forwarding: forwardingMode === "proxy",
        // Genesys sends a DN's calls to the relay.
        trunk: { host: relay.address, port: relay.port },
        relay: {
          genesysSide: { address: relay.address, port: relay.port },
          asteriskSide: { address: relay.asteriskSide, port: relay.port },
          asterisk: { address: asterisk.sipAddress, port: asterisk.sipPort },
          talkEvents,
        },
        allowedDns: environment.allowedDns.map((range) => ({ ...range })),
        api: {
          address: sipProxy.address,
          port: sipProxy.apiPort,
          token: Secrets.placeholder("sip-proxy-api"),
          readToken: Secrets.placeholder("sip-proxy-api-read"),
        },
      },
    });
    this.container = service.container;
    this.release = service.release;
  }
}
