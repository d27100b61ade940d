import { randomInt, randomUUID } from "node:crypto";
import {
  configSchema,
  type SimulatorConfig,
  type SimulatorConfigInput,
} from "../../../assets/genesys-simulator/src/config";
import type { Log } from "../../../assets/genesys-simulator/src/log";
import { Simulator } from "../../../assets/genesys-simulator/src/simulator";
import {
  createTcpTransport,
  createUdpTransport,
  DigestClient,
  defaultTimers,
  type Flow,
  type HeaderInit,
  type IncomingRequest,
  type OutgoingInvite,
  RegistrationClient,
  type RegistrationOutcome,
  SipRequest,
  type SipResponse,
  type TimerValues,
  type Transport,
  UserAgent,
} from "../../../lib/sip";

export interface Address {
  readonly address: string;
  readonly port: number;
}

/** Loopback addresses that no other test run of this machine is likely to have. */
function address(): Address {
  return { address: `127.0.3.${randomInt(2, 250)}`, port: randomInt(20_000, 30_000) };
}

export function simulatorConfig(
  settings: Partial<SimulatorConfigInput["settings"]> = {},
  more: Partial<SimulatorConfigInput> = {},
): SimulatorConfig {
  return configSchema.parse({
    release: "test",
    servers: [
      { name: "primary", ...address() },
      { name: "backup", ...address() },
    ],
    api: { port: 0 },
    settings: { dns: [{ from: "1000", to: "5020" }], talk: { mode: "off" }, ...settings },
    ...more,
  });
}

/** A simulator that runs, its log, and its HTTP API. */
export class TestSimulator {
  public readonly lines: string[] = [];
  public simulator!: Simulator;

  private constructor(public readonly config: SimulatorConfig) {}

  public static async start(
    settings?: Partial<SimulatorConfigInput["settings"]>,
    more?: Partial<SimulatorConfigInput>,
    timers?: TimerValues,
  ): Promise<TestSimulator> {
    const self = new TestSimulator(simulatorConfig(settings, more));
    const write = (_fields: object, message: string) => void self.lines.push(message);
    const log: Log = { debug: write, info: write, warn: write, error: write };
    self.simulator = await Simulator.start(self.config, { log, timers });
    return self;
  }

  public get primary(): Address {
    return this.config.servers[0] as Address;
  }

  public get backup(): Address {
    return this.config.servers[1] as Address;
  }

  /** A request to the HTTP API: its status and JSON. */
  public async api(method: string, path: string, body?: unknown): Promise<{ status: number; body: never }> {
    const response = await fetch(`${this.simulator.apiUrl}${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }),
      signal: AbortSignal.timeout(5000),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? undefined : JSON.parse(text) } as never;
  }

  public stop(): Promise<void> {
    return this.simulator.stop();
  }
}

/** A phone as Genesys sees one: a SIP user agent of one DN over UDP or TCP. */
export class Endpoint {
  /** What to do with a new request; answers 200 to anything but INVITE unless a test says otherwise. */
  public onRequest: (incoming: IncomingRequest) => void = (incoming) => {
    if (incoming.request.method !== "INVITE" && incoming.request.method !== "ACK") incoming.respond(200);
  };
  /** Every request that came, in order. */
  public readonly requests: IncomingRequest[] = [];
  public readonly agent: UserAgent;

  private constructor(
    public readonly dn: string,
    public readonly transport: Transport,
  ) {
    this.agent = new UserAgent({
      transports: [transport],
      onRequest: (incoming) => {
        this.requests.push(incoming);
        this.onRequest(incoming);
      },
    });
  }

  public static async open(dn: string, protocol: "UDP" | "TCP" = "UDP"): Promise<Endpoint> {
    const transport =
      protocol === "UDP"
        ? await createUdpTransport({ address: "127.0.3.1" })
        : await createTcpTransport({ address: "127.0.3.1", port: 0 });
    return new Endpoint(dn, transport);
  }

  public get contact(): string {
    const { address, port } = this.transport.local;
    return `sip:${this.dn}@${address}:${port}${this.transport.reliable ? ";transport=tcp" : ""}`;
  }

  public flowTo(server: Address): Flow {
    return this.transport.flowTo(server);
  }

  public client(server: Address, options: { password?: string; contact?: string } = {}): RegistrationClient {
    const { password, contact = this.contact } = options;
    return new RegistrationClient({
      agent: this.agent,
      aor: `sip:${this.dn}@${server.address}:${server.port}`,
      contact,
      ...(password === undefined ? {} : { digest: new DigestClient({ username: this.dn, password }) }),
    });
  }

  public register(server: Address, expires = 600, password?: string): Promise<RegistrationOutcome> {
    return this.client(server, { password }).register(expires, { flow: this.flowTo(server), deadline: 4000 });
  }

  public invite(
    server: Address,
    to: string,
    options: { body?: string; headers?: HeaderInit; onProvisional?: (response: SipResponse) => void } = {},
  ): OutgoingInvite {
    const host = `${server.address}:${server.port}`;
    const request = SipRequest.create({
      method: "INVITE",
      uri: `sip:${to}@${host}`,
      headers: [
        ["From", `"Agent ${this.dn}" <sip:${this.dn}@${host}>;tag=${randomUUID()}`],
        ["To", `<sip:${to}@${host}>`],
        ["Call-ID", randomUUID()],
        ["CSeq", "1 INVITE"],
        ["Contact", `<${this.contact}>`],
        ["Content-Type", "application/sdp"],
        ...(options.headers ?? []),
      ],
      body: options.body ?? OFFER,
    });
    return this.agent.invite(request, {
      flow: this.flowTo(server),
      deadline: 10_000,
      onProvisional: options.onProvisional,
    });
  }

  /** A request outside any call. */
  public send(server: Address, method: string, headers: HeaderInit = []): Promise<SipResponse> {
    const host = `${server.address}:${server.port}`;
    const request = SipRequest.create({
      method,
      uri: `sip:${host}`,
      headers: [
        ["From", `<sip:${this.dn}@${host}>;tag=${randomUUID()}`],
        ["To", `<sip:${this.dn}@${host}>`],
        ["Call-ID", randomUUID()],
        ["CSeq", `1 ${method}`],
        ...headers,
      ],
    });
    return this.agent.send(request, { flow: this.flowTo(server), deadline: 4000 });
  }

  public async close(): Promise<void> {
    this.agent.close();
    await this.transport.close();
  }
}

export const OFFER =
  "v=0\r\no=- 1 1 IN IP4 127.0.3.1\r\ns=-\r\nt=0 0\r\nc=IN IP4 127.0.3.1\r\nm=audio 9 RTP/AVP 0\r\n";
export const ANSWER =
  "v=0\r\no=- 2 1 IN IP4 127.0.3.1\r\ns=-\r\nt=0 0\r\nc=IN IP4 127.0.3.1\r\nm=audio 9 RTP/AVP 0\r\n";

/** Waits until the condition gives something; fails after so many milliseconds. */
export async function eventually<T>(
  condition: () => T | undefined | false,
  what: string,
  deadline = 2000,
): Promise<T> {
  const end = Date.now() + deadline;
  for (;;) {
    const result = condition();
    if (result) return result;
    if (Date.now() > end) throw new Error(`waited ${deadline} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export const SDP = [["Content-Type", "application/sdp"]] as const;

/** T1 of 10 ms: what takes 32 s on a network takes 0.64 s. */
export const FAST: TimerValues = { ...defaultTimers, t1: 10, t2: 80, t4: 100 };

/** The phone rings when the next call comes, and leaves the INVITE to the test. */
export function ringing(phone: Endpoint, headers: [string, string][] = []): Promise<IncomingRequest> {
  return new Promise((resolve) => {
    phone.onRequest = (incoming) => {
      if (incoming.request.method !== "INVITE") {
        incoming.respond(200);
        return;
      }
      incoming.respond(180, { headers: [["Contact", `<${phone.contact}>`], ...headers] });
      resolve(incoming);
    };
  });
}
