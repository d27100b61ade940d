import WebSocket from "ws";
import { type Address, keepAlive } from "../../../../lib/sip";
import type { Mirror } from "../hep/mirror";
import { closeCodes, towardsAsterisk, towardsPhone } from "./close-codes";
import type { SocketId } from "./events";
import type { Gate, Passage } from "./gate";
import type { EdgeLimits } from "./limits";
import { RegisterWatch, type WatchContext } from "./register-watch";

/** What all tunnels of an edge share. */
export interface TunnelContext extends WatchContext {
  readonly gate: Gate;
  readonly mirror: Mirror;
  /** Where phones connect to. */
  listener(): Address;
  /** In force now. */
  limits(): EdgeLimits;
  /** Opens a WebSocket to Asterisk. */
  connect(): AsteriskSocket;
  onClosed(tunnel: Tunnel): void;
}

/** The phone's side. Handlers are shared and find their tunnel here: thousands of sockets need no closures. */
export class PhoneSocket extends WebSocket {
  tunnel: Tunnel | undefined;
}

/** Asterisk's side. */
export class AsteriskSocket extends WebSocket {
  tunnel: Tunnel | undefined;
}

type State =
  /** The phone has said nothing yet. */
  | "silent"
  /** Waits for its turn, or for Asterisk's answer to the handshake. */
  | "opening"
  | "open"
  | "closed";

interface Frame {
  readonly data: Buffer;
  readonly binary: boolean;
}

const PONG = Buffer.from("\r\n");

/**
 * One phone's WebSocket and its own WebSocket to Asterisk, opened with the phone's first SIP message. Frames pass
 * unchanged and in order.
 */
export class Tunnel {
  readonly watch: RegisterWatch;
  private state: State = "silent";
  private since: number;
  private asterisk: AsteriskSocket | undefined;
  private passage: Passage | undefined;
  private early: Frame[] = [];
  private earlyBytes = 0;
  /** Messages from the phone since the last look. */
  private messages = 0;
  /** Whether the phone gave a sign of life since the last look, and when it last did. */
  private heard = true;
  private heardAt: number;
  private pinged = false;

  constructor(
    readonly id: SocketId,
    readonly address: string,
    /** Of the TCP connection that the phone's messages come by: its own, or that of the proxy in front of us. */
    private readonly port: number,
    private readonly phone: PhoneSocket,
    private readonly context: TunnelContext,
  ) {
    this.since = context.now();
    this.heardAt = this.since;
    this.watch = new RegisterWatch(id, address, context);
    phone.tunnel = this;
    phone.on("message", onPhoneMessage);
    phone.on("ping", onPhoneSign);
    phone.on("pong", onPhoneSign);
    phone.on("close", onPhoneClose);
    phone.on("error", onError);
  }

  /** Called about once a second: everything that has a deadline, without a timer for each socket. */
  look(now: number): void {
    const limits = this.context.limits();
    this.messages = 0;
    const waited = now - this.since;
    if (this.state === "silent" && waited > limits.firstMessageMs)
      this.end(closeCodes.policy, "no SIP message");
    else if (this.state === "opening" && waited > limits.openMs) {
      this.end(closeCodes.tryAgainLater, "Asterisk does not answer");
    }
    if (this.heard) {
      this.heard = false;
      this.pinged = false;
      this.heardAt = now;
    } else if (now - this.heardAt > 2 * limits.silenceMs) {
      this.end(closeCodes.policy, "no sign of life");
      this.phone.terminate();
    } else if (
      now - this.heardAt > limits.silenceMs &&
      !this.pinged &&
      this.phone.readyState === WebSocket.OPEN
    ) {
      this.pinged = true;
      this.phone.ping();
    }
  }

  /** Closes both sides. Idempotent. */
  end(code: number, reason: string, asteriskCode = towardsAsterisk(code)): void {
    if (this.state === "closed") return;
    const { log } = this.context;
    const { dns } = this.watch;
    log[dns.length > 0 ? "info" : "debug"](
      { dn: dns[0], dns, socket: this.id, address: this.address, code, reason },
      "socket closed",
    );
    this.state = "closed";
    this.context.meter.closed(code);
    this.passage?.leave();
    this.passage = undefined;
    this.early = [];
    // A close frame has room for 123 bytes.
    if (!isClosing(this.phone)) this.phone.close(code, reason.slice(0, 40));
    if (this.asterisk !== undefined && !isClosing(this.asterisk)) this.asterisk.close(asteriskCode);
    this.watch.closed();
    this.context.onClosed(this);
  }

  /** Ends what doesn't answer to a close. */
  terminate(): void {
    this.phone.terminate();
    this.asterisk?.terminate();
  }

  fromPhone(data: Buffer, binary: boolean): void {
    if (this.state === "closed") return;
    this.heard = true;
    const { traffic } = this.context.meter;
    traffic.messagesFromPhones++;
    traffic.bytesFromPhones += data.length;
    const limits = this.context.limits();
    if (++this.messages > limits.messagesPerSecond) {
      this.end(closeCodes.policy, "too many messages");
      return;
    }
    if (data.length <= 4) {
      // RFC 5626 3.5.1, 5.4
      const kind = keepAlive(data);
      if (kind === "ping") this.phone.send(PONG, { binary });
      if (kind !== undefined) return;
    }
    if (this.context.mirror.on) this.mirror("in", data);
    if (this.state === "open") {
      this.watch.fromPhone(data);
      this.toAsterisk(data, binary);
      return;
    }
    this.earlyBytes += data.length;
    if (this.earlyBytes > limits.pendingBytes) {
      this.end(closeCodes.policy, "too much before Asterisk answered");
      return;
    }
    this.early.push({ data, binary });
    if (this.state === "silent") this.arrive();
  }

  heardPhone(): void {
    this.heard = true;
  }

  fromAsterisk(data: Buffer, binary: boolean): void {
    if (this.state !== "open") return;
    if (this.phone.bufferedAmount > this.context.limits().unsentBytes) {
      this.end(closeCodes.policy, "the phone reads too slowly");
      // The close frame would wait behind all that the phone doesn't read.
      this.phone.terminate();
      return;
    }
    const { traffic } = this.context.meter;
    traffic.messagesToPhones++;
    traffic.bytesToPhones += data.length;
    this.phone.send(data, { binary });
    if (this.context.mirror.on) this.mirror("out", data);
    this.watch.fromAsterisk(data);
  }

  asteriskOpened(): void {
    if (this.state !== "opening" || this.asterisk === undefined) return;
    this.passage?.leave();
    this.passage = undefined;
    this.state = "open";
    const { early } = this;
    this.early = [];
    for (const { data, binary } of early) {
      this.watch.fromPhone(data);
      this.toAsterisk(data, binary);
    }
  }

  asteriskClosed(code: number, reason: string): void {
    const away = this.state === "opening";
    this.end(away ? closeCodes.tryAgainLater : towardsPhone(code), away ? "Asterisk is away" : reason);
  }

  private mirror(direction: "in" | "out", bytes: Buffer): void {
    const { address, port, context } = this;
    const [phone, listener] = [{ address, port }, context.listener()];
    const [from, to] = direction === "in" ? [phone, listener] : [listener, phone];
    context.mirror.copy({ from, to, protocol: "TCP", bytes });
  }

  private arrive(): void {
    this.state = "opening";
    this.since = this.context.now();
    this.passage = this.context.gate.arrive(() => this.open());
    if (this.passage === undefined) this.end(closeCodes.tryAgainLater, "too many are waiting for Asterisk");
  }

  private open(): void {
    this.since = this.context.now();
    const asterisk = this.context.connect();
    this.asterisk = asterisk;
    asterisk.tunnel = this;
    asterisk.on("open", onAsteriskOpen);
    asterisk.on("message", onAsteriskMessage);
    asterisk.on("close", onAsteriskClose);
    asterisk.on("error", onError);
  }

  private toAsterisk(data: Buffer, binary: boolean): void {
    const { asterisk } = this;
    if (asterisk === undefined || this.state !== "open") return;
    if (asterisk.bufferedAmount > this.context.limits().unsentBytes) {
      this.end(closeCodes.tryAgainLater, "Asterisk reads too slowly");
      asterisk.terminate();
      return;
    }
    asterisk.send(data, { binary });
  }
}

function isClosing(socket: WebSocket): boolean {
  return socket.readyState === WebSocket.CLOSING || socket.readyState === WebSocket.CLOSED;
}

function onPhoneMessage(this: WebSocket, data: WebSocket.RawData, binary: boolean): void {
  (this as PhoneSocket).tunnel?.fromPhone(data as Buffer, binary);
}

function onPhoneSign(this: WebSocket): void {
  (this as PhoneSocket).tunnel?.heardPhone();
}

function onPhoneClose(this: WebSocket, code: number, reason: Buffer): void {
  (this as PhoneSocket).tunnel?.end(code, reason.toString(), towardsAsterisk(code));
}

function onAsteriskOpen(this: WebSocket): void {
  (this as AsteriskSocket).tunnel?.asteriskOpened();
}

function onAsteriskMessage(this: WebSocket, data: WebSocket.RawData, binary: boolean): void {
  (this as AsteriskSocket).tunnel?.fromAsterisk(data as Buffer, binary);
}

function onAsteriskClose(this: WebSocket, code: number, reason: Buffer): void {
  (this as AsteriskSocket).tunnel?.asteriskClosed(code, reason.toString());
}

/** A `close` follows each error, with a code that says what it was; the library asks for a listener. */
function onError(): void {}
