import {
  type Clock,
  createTcpTransport,
  createUdpTransport,
  type Flow,
  type IncomingRequest,
  SipParseError,
  type SipRequest,
  SipUri,
  type TimerValues,
  UserAgent,
} from "../../../lib/sip";
import type { BindingTable } from "./bindings";
import type { CallCenter } from "./calls/call-center";
import type { Settings, SimulatorConfig } from "./config";
import { FaultPlan, type Faults, headersOf } from "./faults";
import type { Log } from "./log";
import type { MessageLog } from "./message-log";
import { type Answer, Registrar, userOf } from "./registrar";
import { ServerTransport } from "./server-transport";

export const ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, MESSAGE, NOTIFY, REGISTER";

export interface SipServerOptions {
  readonly server: SimulatorConfig["servers"][number];
  readonly settings: Settings;
  readonly bindings: BindingTable;
  readonly calls: CallCenter;
  readonly messages: MessageLog;
  readonly clock: Clock;
  /** T1, T2 and T4. @default those of RFC 3261 */
  readonly timers: TimerValues | undefined;
  readonly log: Log;
}

/** One address of the T-Server: its sockets, its faults, its registrar, and the way into its calls. */
export class SipServer {
  public readonly faults = new FaultPlan();
  public readonly registrar: Registrar;
  public readonly bindings: BindingTable;
  public readonly name: string;
  public agent!: UserAgent;
  private udp!: ServerTransport;
  private tcp!: ServerTransport;
  private changing: Promise<void> = Promise.resolve();

  private constructor(private readonly options: SipServerOptions) {
    this.name = options.server.name;
    this.bindings = options.bindings;
    this.registrar = new Registrar(this.name, options.bindings, options.clock, options.settings);
  }

  /** Binds UDP and TCP. Rejects with TransportError, and leaves nothing open, when one of them can't be bound. */
  public static async start(options: SipServerOptions): Promise<SipServer> {
    const self = new SipServer(options);
    const { address, port } = options.server;
    const shared = {
      server: self.name,
      faults: self.faults,
      messages: options.messages,
      clock: options.clock,
    };
    self.udp = await ServerTransport.create({ ...shared, open: () => createUdpTransport({ address, port }) });
    try {
      self.tcp = await ServerTransport.create({
        ...shared,
        open: () => createTcpTransport({ address, port }),
      });
    } catch (error) {
      await self.udp.close();
      throw error;
    }
    self.agent = new UserAgent({
      transports: [self.udp, self.tcp],
      name: "Genesys SIP Server simulator",
      clock: options.clock,
      timers: options.timers,
      onRequest: (incoming) => self.receive(incoming),
    });
    return self;
  }

  public get address(): { readonly address: string; readonly port: number } {
    return this.options.server;
  }

  public configure(settings: Settings): void {
    this.registrar.configure(settings);
  }

  /** Takes faults over; rejects with TransportError when a socket that was closed can't be bound again. */
  public setFaults(faults: Faults): Promise<void> {
    // One after the other: closing and binding again take their time.
    const change = this.changing.then(() => this.applyFaults(faults));
    this.changing = change.catch(() => undefined);
    return change;
  }

  public get state(): "listening" | "silent" | "closed" {
    if (!this.udp.isOpen || !this.tcp.isOpen) return "closed";
    return this.faults.down === "silent" ? "silent" : "listening";
  }

  /** The URI of a DN, or of the server itself, at this address. */
  public uri(user: string | undefined, flow: Flow): SipUri {
    const { address, port } = this.options.server;
    return SipUri.of(user, address, port, flow.transport.reliable ? { transport: "tcp" } : undefined);
  }

  /** The way to a contact: its own host and port where that is an address, else where its REGISTER came from. */
  public flowTo(contact: SipUri, source: { readonly address: string; readonly port: number }): Flow {
    const transport = contact.params.get("transport")?.toLowerCase() === "tcp" ? this.tcp : this.udp;
    const remote = /^[0-9.]+$/.test(contact.host)
      ? { address: contact.host, port: contact.port ?? 5060 }
      : source;
    return transport.flowTo(remote);
  }

  public async stop(): Promise<void> {
    this.agent.close();
    await Promise.all([this.udp.close(), this.tcp.close()]);
  }

  private async applyFaults(faults: Faults): Promise<void> {
    this.faults.set(faults);
    if (this.faults.down === "closed") {
      await Promise.all([this.udp.suspend(), this.tcp.suspend()]);
    } else {
      await this.udp.resume();
      await this.tcp.resume();
    }
  }

  private receive(incoming: IncomingRequest): void {
    const { request } = incoming;
    try {
      this.dispatch(incoming);
    } catch (error) {
      const { log } = this.options;
      const fields = { server: this.name, method: request.method };
      if (error instanceof SipParseError) {
        log.warn(fields, `${request.method} refused: ${error.message}`);
        incoming.respond(error.status);
      } else {
        // One request that can't be handled must not end the calls of the others.
        log.error({ ...fields, err: error }, `${request.method} failed`);
        incoming.respond(500);
      }
    }
  }

  private dispatch(incoming: IncomingRequest): void {
    const { request, dialog } = incoming;
    const fault = this.faults.answerTo(request.method, userOf(request.to));
    if (fault) {
      this.options.log.info(
        { server: this.name, method: request.method, status: fault.code, dn: userOf(request.to) },
        `${request.method} answered with ${fault.code} because of a fault that was set`,
      );
      incoming.respond(fault.code, { reason: fault.reason, headers: headersOf(fault) });
      return;
    }
    const required = request.values("Require");
    if (required.length > 0) {
      incoming.respond(420, { headers: required.map((option) => ["Unsupported", option] as const) });
      return;
    }
    if (dialog) {
      this.options.calls.receiveInDialog(incoming, dialog);
      return;
    }
    switch (request.method) {
      case "REGISTER":
        this.register(incoming);
        break;
      case "INVITE":
        this.invite(incoming, request);
        break;
      case "OPTIONS":
        incoming.respond(200, { headers: [["Allow", ALLOW]] });
        break;
      case "BYE":
      case "INFO":
      case "UPDATE":
      case "NOTIFY":
        incoming.respond(481);
        break;
      default:
        incoming.respond(501, { headers: [["Allow", ALLOW]] });
    }
  }

  private register(incoming: IncomingRequest): void {
    const { request, flow } = incoming;
    const source = { address: flow.remote, protocol: flow.transport.protocol };
    this.answer(incoming, this.registrar.register(request, source));
  }

  private invite(incoming: IncomingRequest, request: SipRequest): void {
    const refusal = this.registrar.authenticate(request, userOf(request.from) ?? "");
    if (refusal) this.answer(incoming, refusal);
    else this.options.calls.place(this, incoming);
  }

  private answer(incoming: IncomingRequest, { status, reason, headers, note }: Answer): void {
    incoming.respond(status, { reason, headers });
    if (note === undefined) return;
    const { method, to } = incoming.request;
    const dn = userOf(to);
    this.options.log.info(
      { server: this.name, dn, method, status },
      `${method} of DN ${dn}: ${status}, ${note}`,
    );
  }
}
