import { createServer, type Server as HttpServer, type IncomingMessage, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { Guesses, networkOf } from "../../../../lib/service";
import type { Clock, Timer } from "../../../../lib/sip";
import type { SipProxyConfig } from "../config";
import { type Mirror, noMirror } from "../hep/mirror";
import type { Log } from "../log";
import { closeCodes } from "./close-codes";
import type { PhoneEvents } from "./events";
import { Gate } from "./gate";

import { type Census, checkHandshake } from "./handshake";
import type { EdgeLimits } from "./limits";
import { type EdgeMeter, silentEdgeMeter } from "./meter";
import { RefusalLog } from "./refusal-log";
import { Tunnel, type TunnelContext } from "./tunnel";
import { acceptance, type Destination, dial } from "./web-socket/handshake";

/** Milliseconds between two looks at all sockets. */
const LOOK_INTERVAL = 1_000;

/** Milliseconds that phones have to answer the close that ends the edge. */
const STOP_TIMEOUT = 2_500;

export interface EdgeOptions {
  readonly config: SipProxyConfig["edge"];
  readonly asterisk: SipProxyConfig["asterisk"];
  readonly events: PhoneEvents;
  readonly log: Log;
  readonly clock: Clock;
  /** @default counts nothing */
  readonly meter?: EdgeMeter;
  /** @default mirrors nothing */
  readonly mirror?: Mirror;
}

/**
 * Where phones connect: a listener, and one tunnel to Asterisk for each of them. Without its listener it keeps the
 * tunnels that are there.
 */
export class Edge implements Census {
  private http: HttpServer | undefined;
  /** Listeners that were closed: each resolves when the last of its sockets has gone. */
  private readonly closed: Promise<void>[] = [];
  private readonly tunnels = new Set<Tunnel>();
  private readonly perAddress = new Map<string, number>();
  private readonly gate: Gate;
  private readonly guesses = new Guesses(() => this.config.limits);
  private readonly meter: EdgeMeter;
  private readonly refusals: RefusalLog;
  private readonly context: TunnelContext;
  private config: SipProxyConfig["edge"];
  private nextId = 1;
  private timer: Timer | undefined;
  private drained: Timer | undefined;
  private stopping = false;

  constructor(private readonly options: EdgeOptions) {
    this.config = options.config;
    this.meter = options.meter ?? silentEdgeMeter;
    this.refusals = new RefusalLog(options.log);
    const { limits } = options.config;
    this.gate = new Gate(limits);
    this.context = {
      events: options.events,
      log: options.log,
      meter: this.meter,
      mirror: options.mirror ?? noMirror,
      listener: () => ({ address: this.config.address, port: this.port }),
      guessed: (address, dn) => this.guessed(address, dn),
      gate: this.gate,
      limits: () => this.config.limits,
      now: () => options.clock.now(),
      dial: (owner) => dial(this.destination(), owner),
      onClosed: (tunnel) => this.forget(tunnel),
    };
  }

  /** Listens, also after `drain`. Rejects when the address can't be had. */
  async start(): Promise<void> {
    const { address: host, port } = this.config;
    const http = this.listener();
    await new Promise<void>((resolve, reject) => {
      http.once("error", reject);
      http.listen({ host, port, backlog: 1024 }, () => {
        http.off("error", reject);
        resolve();
      });
    });
    http.on("error", (error) => this.options.log.error({ error: error.message }, "WebSocket listener"));
    this.http = http;
    this.drained?.cancel();
    if (this.timer === undefined) this.look();
  }

  /** Takes no more phones. Those that are there stay, for so many seconds at most. */
  drain(seconds: number): void {
    this.shut();
    this.drained?.cancel();
    this.drained = this.options.clock.after(seconds * 1000, () => {
      for (const tunnel of [...this.tunnels])
        tunnel.end(closeCodes.serviceRestart, "phones go another way now");
    });
  }

  /** Takes over limits and origins; the rest takes a restart. */
  reconfigure(config: { readonly limits: EdgeLimits; readonly allowedOrigins: readonly string[] }): void {
    this.config = { ...this.config, limits: config.limits, allowedOrigins: [...config.allowedOrigins] };
    this.gate.configure(config.limits);
  }

  get listening(): boolean {
    return this.http?.listening ?? false;
  }

  /** Port that it listens on. */
  get port(): number {
    const address = this.http?.address();
    return typeof address === "object" && address ? address.port : this.config.port;
  }

  get total(): number {
    return this.tunnels.size;
  }

  of(address: string): number {
    return this.perAddress.get(address) ?? 0;
  }

  waits(address: string): number {
    return this.guesses.waits(address, this.options.clock.now());
  }

  /** Sockets that wait for their turn at Asterisk. */
  get waiting(): number {
    return this.gate.waiting;
  }

  /** Addresses that wait because they guessed passwords. */
  get addressesWaiting(): number {
    return this.guesses.waiting(this.options.clock.now());
  }

  /** Takes no more phones, and tells those that are there to come back (to the next instance). */
  async stop(): Promise<void> {
    this.stopping = true;
    this.timer?.cancel();
    this.drained?.cancel();
    const { http } = this;
    this.shut();
    const tunnels = [...this.tunnels];
    for (const tunnel of tunnels) tunnel.end(closeCodes.serviceRestart, "the proxy restarts");
    const deadline = this.options.clock.after(STOP_TIMEOUT, () => {
      for (const tunnel of tunnels) tunnel.terminate();
      http?.closeAllConnections();
    });
    // Upgraded sockets count as connections of a listener until they are gone.
    await Promise.all(this.closed);
    deadline.cancel();
  }

  private listener(): HttpServer {
    const { handshakeMs } = this.config.limits;
    const http = createServer({
      headersTimeout: handshakeMs,
      requestTimeout: handshakeMs,
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: 16_384,
    });
    http.on("request", (_request, response) => {
      response.writeHead(426, { Upgrade: "websocket", Connection: "close" }).end();
    });
    // An HTTP server of TCP has no other streams.
    http.on("upgrade", (request, socket, head) => this.upgrade(request, socket as Socket, head));
    return http;
  }

  private shut(): void {
    const { http } = this;
    if (http === undefined) return;
    this.http = undefined;
    this.closed.push(new Promise((resolve) => http.close(() => resolve())));
    http.closeIdleConnections();
  }

  private upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    socket.on("error", () => socket.destroy());
    const { url, headers, method } = request;
    const verdict = this.stopping
      ? {
          accepted: false as const,
          status: 503,
          code: "stopping" as const,
          reason: "the proxy restarts",
          address: "",
        }
      : checkHandshake({ method, url, headers, peer: request.socket.remoteAddress }, this.config, this);
    const { address } = verdict;
    if (!verdict.accepted) {
      const { status, code, reason } = verdict;
      this.meter.refused(code);
      const refusal = { address, status, reason, origin: headers.origin };
      this.refusals.refused(code, refusal, this.options.clock.now());
      refuse(socket, status, reason, "retryAfter" in verdict ? verdict.retryAfter : undefined);
      return;
    }
    socket.write(acceptance(headers));
    // What came right behind the handshake.
    if (head.length > 0) socket.unshift(head);
    this.accept(socket, address);
  }

  private accept(socket: Socket, address: string): void {
    const tunnel = new Tunnel(this.nextId++, address, socket, this.context);
    this.tunnels.add(tunnel);
    this.meter.accepted();
    this.perAddress.set(address, this.of(address) + 1);
    this.options.log.debug({ socket: tunnel.id, address }, "socket opened");
  }

  private forget(tunnel: Tunnel): void {
    if (!this.tunnels.delete(tunnel)) return;
    const left = this.of(tunnel.address) - 1;
    if (left > 0) this.perAddress.set(tunnel.address, left);
    else this.perAddress.delete(tunnel.address);
  }

  /**
   * Too many, and the address waits. Its sockets go that guessed, or hold no registration; the others may belong to
   * colleagues in the same office, who know their passwords.
   */
  private guessed(address: string, dn: string): void {
    const { log, clock } = this.options;
    this.meter.guessed();
    const known = DN.test(dn) ? Buffer.from(dn).toString() : undefined;
    const { waits, begins, dnUnderAttack } = this.guesses.failed(address, known, clock.now());
    if (dnUnderAttack) {
      this.meter.tooManyGuesses("dn");
      log.warn({ dn, address }, `too many wrong passwords for DN ${dn}`);
    }
    if (!waits) return;
    if (begins) {
      const seconds = this.config.limits.guessPenaltySeconds;
      this.meter.tooManyGuesses("address");
      log.warn({ address, dn, seconds }, `too many wrong passwords from ${address}: it waits ${seconds} s`);
    }
    const network = networkOf(address);
    for (const tunnel of [...this.tunnels]) {
      const harmless = tunnel.watch.dns.length > 0 && !tunnel.watch.guessed;
      if (!harmless && networkOf(tunnel.address) === network)
        tunnel.end(closeCodes.policy, "too many wrong passwords");
    }
  }

  private destination(): Destination {
    const { url, localAddress } = this.options.asterisk;
    return { url: new URL(url), localAddress, maxMessage: this.config.limits.messageBytes };
  }

  private look(): void {
    const now = this.options.clock.now();
    for (const tunnel of [...this.tunnels]) tunnel.look(now);
    this.timer = this.options.clock.after(LOOK_INTERVAL, () => this.look());
  }
}

const DN = /^[0-9]{1,20}$/;

function refuse(socket: Socket, status: number, reason: string, retryAfter: number | undefined): void {
  const retry = retryAfter === undefined ? "" : `Retry-After: ${retryAfter}\r\n`;
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain\r\n`;
  socket.once("finish", () => socket.destroy());
  socket.end(`${head}${retry}Content-Length: ${reason.length + 1}\r\n\r\n${reason}\n`);
}
