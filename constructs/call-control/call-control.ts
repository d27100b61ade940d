import { Construct } from "constructs";
import type { CallControlConfigInput } from "../../assets/call-control/src/config";
import { type CallControl as CallControlSettings, type Environment, hostPort } from "../../config";
import { ARI_USER, providerEndpoint, TRUNK_ENDPOINT } from "../asterisk/props";
import { Secrets } from "../service/secrets";
import type { ServiceContainer } from "../service/service-container";
import { TypescriptService, type TypescriptServiceContext } from "../service/typescript-service";

/**
 * Controls calls over ARI: the API and the page that originate, transfer and record them, queues, campaigns. Phones
 * work without it: the dialplan goes on when it is away.
 */
export class CallControl extends Construct {
  /** Where its API and its page are, for nginx. */
  public readonly http: { readonly host: string; readonly port: number };
  public readonly container: ServiceContainer;

  constructor(
    scope: Construct,
    id: string,
    context: TypescriptServiceContext & { readonly callControl: CallControlSettings },
  ) {
    super(scope, id);
    const { callControl, environment } = context;
    this.http = { host: callControl.address, port: callControl.port };
    this.container = new TypescriptService<CallControlConfigInput>(this, "typescript-service", {
      ...context,
      service: "call-control",
      memory: 256,
      config: callControlConfig(environment, callControl),
    }).container;
  }
}

/** config.json without the release's hash. Secrets are placeholders. */
export function callControlConfig(
  { name, asterisk, postgres, dns, allowedDns }: Environment,
  settings: CallControlSettings,
): Omit<CallControlConfigInput, "release"> {
  const { address, port, trunks, recording, jwt, webhooks, dids, queues } = settings;
  const { announcement, retentionDays } = recording;
  return {
    // One for each environment. It stays the same from release to release: rows of the queue are claimed by it.
    instance: name,
    listen: { address, port },
    ari: {
      url: `http://${hostPort(asterisk.internalAddress, asterisk.httpPort)}`,
      username: ARI_USER,
      password: Secrets.placeholder("ari"),
    },
    database: {
      host: postgres.address,
      port: postgres.port,
      user: "call_control",
      password: Secrets.placeholder("postgres-call-control"),
    },
    internalCalls: settings.internalCalls,
    genesysEndpoint: TRUNK_ENDPOINT,
    dns: [...allowedDns, ...dns.map(({ number }) => ({ from: number, to: number }))],
    trunks: trunks.map(({ name: trunk, prefixes, callerId }) => ({
      name: trunk,
      endpoint: providerEndpoint(trunk),
      prefixes: [...prefixes],
      callerId,
    })),
    allowedPrefixes: [...settings.allowedPrefixes],
    dialing: { ...settings.dialing },
    callsPerMinute: settings.callsPerMinute,
    dids: dids.map(({ number, to }) => ({ number, to: { ...to } })),
    queues: queues.map((queue) => ({ ...queue, members: [...queue.members] })),
    recording: {
      retentionDays,
      ...(announcement !== "none" && { announcement }),
      signingKey: Secrets.placeholder("call-control-signing"),
    },
    retention: { ...settings.retention },
    ...(jwt && {
      jwt: { issuer: jwt.issuer, audience: jwt.audience, keys: Secrets.placeholder(jwt.secret) },
    }),
    webhooks: webhooks.map(({ secret, events, ...webhook }) => ({
      ...webhook,
      secret: Secrets.placeholder(secret),
      events: [...events],
    })),
  };
}
