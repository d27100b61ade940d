import { AmiClient } from "../../../../lib/ami";
import type { SipProxyConfig } from "../config";
import type { Mirror } from "../hep/mirror";
import type { Log } from "../log";
import type { RelayVitals } from "../views";
import { amiDelivery, DELIVERY_ACTIONS } from "./ami-delivery";
import type { RelayConfig } from "./config";
import type { RelayMetrics } from "./metrics";
import type { OwnRegistrations } from "./own-registrations";
import { Relay } from "./relay";

export interface TrunkRelayOptions {
  readonly config: RelayConfig;
  /** Hosts of Genesys' servers. */
  readonly genesys: readonly string[];
  readonly ami: SipProxyConfig["ami"];
  readonly registrations: OwnRegistrations;
  readonly log: Log;
  readonly metrics: RelayMetrics;
  /** @default mirrors nothing */
  readonly mirror?: Mirror | undefined;
}

/**
 * The relay as a part of the service. Its AMI connection is its own: no talk event waits behind a list of ten thousand
 * contacts. Without talk events there is none.
 */
export class TrunkRelay {
  private constructor(
    private readonly relay: Relay,
    private readonly ami: AmiClient | undefined,
  ) {}

  /** Resolves when the relay listens; Asterisk's manager may be away still. Rejects with TransportError "bind-failed". */
  static async start(options: TrunkRelayOptions): Promise<TrunkRelay> {
    const { config, genesys, registrations, log, metrics, mirror } = options;
    const ami = config.talkEvents === "relay" ? clientFor(options) : undefined;
    const deliver = ami
      ? amiDelivery(ami)
      : async () => ({ outcome: "unavailable", why: "talk events are off" }) as const;
    const relay = await Relay.start({ config, genesys, deliver, registrations, metrics, log, mirror });
    ami?.start();
    return new TrunkRelay(relay, ami);
  }

  get vitals(): RelayVitals {
    return { ami: this.ami?.state ?? "off" };
  }

  /** Takes over other hosts of Genesys; calls with those before go on. */
  changeGenesys(hosts: readonly string[]): Promise<void> {
    return this.relay.changeGenesys(hosts);
  }

  async stop(): Promise<void> {
    await Promise.all([this.relay.stop(), this.ami?.stop()]);
  }
}

function clientFor({ ami, log }: TrunkRelayOptions): AmiClient {
  const client = new AmiClient({
    ...ami,
    allowedActions: DELIVERY_ACTIONS,
    // Asterisk is on this host: nobody is spared by long waits, and agents wait for their calls meanwhile.
    backoff: { initial: 250, maximum: 5_000 },
  });
  client.on("lost", (error) =>
    log.warn({ error: error.message }, "talk events can't be delivered: AMI connection lost"),
  );
  client.on("waiting", (error, ms) =>
    log.warn({ error: error.message, nextTryMs: ms }, "talk events can't be delivered: no AMI connection"),
  );
  client.on("ready", () => log.info("talk events can be delivered: AMI connected"));
  return client;
}
