import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import type { Log } from "../log";
import { encodeHep, type Packet } from "./encoder";
import { mask } from "./mask";

/** Bytes that may wait in the socket; what comes on top is not mirrored. */
const MAX_WAITING = 1_048_576;

/** Bytes of a UDP datagram over IPv4. */
const MAX_DATAGRAM = 65_507;

/** Bytes of a correlation id. */
const MAX_CALL_ID = 256;

/** Milliseconds after which a server is looked up again whose name doesn't resolve, and between two lines about it. */
const RETRY = 30_000;

export interface HepConfig {
  readonly host: string;
  readonly port: number;
  readonly captureId: number;
  readonly password?: string | undefined;
}

export const hepDropReasons = ["behind", "too-long", "no-socket", "failed"] as const;
export type HepDropReason = (typeof hepDropReasons)[number];

export interface HepMeter {
  sent(): void;
  dropped(reason: HepDropReason): void;
}

/** Where copies of SIP messages go. */
export interface Mirror {
  /** False: nowhere. To be asked before a packet is made up for `copy`. */
  readonly on: boolean;
  copy(packet: Packet): void;
}

/** For who mirrors nothing. */
export const noMirror: Mirror = { on: false, copy() {} };

/**
 * Sends copies of SIP messages to a capture server such as Homer, one HEP 3 datagram each, without ever waiting for
 * it: what can't be sent is dropped and counted.
 */
export class HepMirror implements Mirror {
  on = false;
  private config: HepConfig | undefined;
  private socket: Socket | undefined;
  private connected = false;
  private waiting = 0;
  private retry: NodeJS.Timeout | undefined;
  private warnedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly log: Log,
    private readonly meter: HepMeter,
  ) {}

  /** Takes over where to; undefined: nowhere. */
  configure(config: HepConfig | undefined): void {
    if (JSON.stringify(config) === JSON.stringify(this.config)) return;
    this.close();
    this.config = config;
    this.on = config !== undefined;
    if (config === undefined) return;
    this.log.info({ host: config.host, port: config.port }, "SIP messages are mirrored by HEP");
    this.open(config);
  }

  close(): void {
    this.on = false;
    this.config = undefined;
    clearTimeout(this.retry);
    this.drop();
  }

  copy(packet: Packet): void {
    const { config, socket, meter } = this;
    if (config === undefined) return;
    // The encoder's lengths have 16 bits.
    const tooLong = packet.bytes.length > MAX_DATAGRAM - 1024;
    if (socket === undefined || !this.connected) meter.dropped("no-socket");
    else if (tooLong) meter.dropped("too-long");
    else if (this.waiting > MAX_WAITING) meter.dropped("behind");
    else this.send(socket, packet, config);
  }

  private send(socket: Socket, packet: Packet, config: HepConfig): void {
    const { payload, callId } = mask(packet.bytes);
    const bytes = encodeHep(packet, payload, callId.slice(0, MAX_CALL_ID), {
      id: config.captureId,
      password: config.password,
      at: Date.now(),
    });
    this.waiting += bytes.length;
    socket.send(bytes, (error) => {
      this.waiting -= bytes.length;
      if (error) this.failed(error);
      else this.meter.sent();
    });
  }

  private open({ host, port }: HepConfig): void {
    const socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
    this.socket = socket;
    socket.unref();
    // Nobody listens there, said by ICMP: the next datagram is tried all the same.
    socket.on("error", (error) => this.warn(error));
    socket.connect(port, host, (error?: Error) => {
      if (this.socket !== socket) return;
      this.connected = error === undefined || error === null;
      if (this.connected || this.config === undefined) return;
      this.warn(error as Error);
      this.drop();
      this.retry = setTimeout(() => this.config && this.open(this.config), RETRY);
      this.retry.unref();
    });
  }

  private drop(): void {
    const { socket } = this;
    this.socket = undefined;
    this.connected = false;
    if (socket === undefined) return;
    socket.removeAllListeners("error");
    socket.on("error", () => undefined);
    socket.close();
  }

  private failed(error: Error): void {
    this.meter.dropped("failed");
    this.warn(error);
  }

  private warn(error: Error): void {
    const now = performance.now();
    if (now - this.warnedAt < RETRY) return;
    this.warnedAt = now;
    this.log.warn({ error: error.message }, "SIP messages could not be mirrored");
  }
}
