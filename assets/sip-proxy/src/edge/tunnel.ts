import type { Socket } from "node:net";
import { type Address, keepAlive } from "../../../../lib/sip";
import type { Mirror } from "../hep/mirror";
import { closeCodes, towardsAsterisk, towardsPhone } from "./close-codes";
import type { SocketId } from "./events";
import type { Gate, Passage } from "./gate";
import type { EdgeLimits } from "./limits";
import { RegisterWatch, type WatchContext } from "./register-watch";
import { FrameSocket, type SocketOwner } from "./web-socket/frame-socket";
import type { DialOwner } from "./web-socket/handshake";

/** What all tunnels of an edge share. */
export interface TunnelContext extends WatchContext {
  readonly gate: Gate;
  readonly mirror: Mirror;
  /** Where phones connect to. */
  listener(): Address;
  /** In force now. */
  limits(): EdgeLimits;
  /** Opens a WebSocket to Asterisk. @returns what gives it up, until it is open */
  dial(owner: DialOwner): () => void;
  onClosed(tunnel: Tunnel): void;
}

type State =
  /** The phone has said nothing yet. */
  | "silent"
  /** Waits for its turn, or for Asterisk's answer to the handshake. */
  | "opening"
  | "open"
  | "closed";

/** A message of the phone that waits for Asterisk. */
interface Early {
  readonly message: Buffer;
  readonly frames: Buffer;
}

const PONG = Buffer.from("\r\n");

/**
 * One phone's WebSocket and its own WebSocket to Asterisk, opened with the phone's first SIP message. Frames pass
 * as they are, masks and all, and in order.
 */
export class Tunnel {
  readonly watch: RegisterWatch;
  private state: State = "silent";
  private since: number;
  private readonly port: number;
  private readonly phone: FrameSocket;
  private asterisk: FrameSocket | undefined;
  private giveUp: (() => void) | undefined;
  private passage: Passage | undefined;
  private early: Early[] = [];
  private earlyBytes = 0;
  /** Messages from the phone since the last look. */
  private messages = 0;
  /** Whether the phone gave a sign of life since the last look, and when it last did. */
  private heard = true;
  private heardAt: number;
  private pinged = false;

  /**
   * @param address of the phone itself
   * @param socket that its messages come by: its own, or that of the proxy in front of us
   */
  constructor(
    readonly id: SocketId,
    readonly address: string,
    socket: Socket,
    private readonly context: TunnelContext,
  ) {
    this.since = context.now();
    this.heardAt = this.since;
    this.watch = new RegisterWatch(id, address, context);
    this.port = socket.remotePort ?? 0;
    this.phone = new FrameSocket(socket, "server", context.limits().messageBytes, new PhoneSide(this));
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
    } else if (now - this.heardAt > limits.silenceMs && !this.pinged) {
      this.pinged = true;
      this.phone.sendPing();
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
    this.phone.close(code, reason.slice(0, 40));
    this.giveUp?.();
    this.asterisk?.close(asteriskCode);
    this.watch.closed();
    this.context.onClosed(this);
  }

  /** Ends what doesn't answer to a close. */
  terminate(): void {
    this.phone.terminate();
    this.asterisk?.terminate();
  }

  fromPhone(message: Buffer, binary: boolean, frames: Buffer): void {
    if (this.state === "closed") return;
    this.heard = true;
    const { traffic } = this.context.meter;
    traffic.messagesFromPhones++;
    traffic.bytesFromPhones += message.length;
    if (this.tooMany()) return;
    if (message.length <= 4) {
      // RFC 5626 3.5.1, 5.4
      const kind = keepAlive(message);
      if (kind === "ping") this.phone.sendMessage(PONG, binary);
      if (kind !== undefined) return;
    }
    if (this.context.mirror.on) this.mirror("in", message);
    if (this.state === "open") {
      this.watch.fromPhone(message);
      this.toAsterisk(frames);
      return;
    }
    this.earlyBytes += frames.length;
    if (this.earlyBytes > this.context.limits().pendingBytes) {
      this.end(closeCodes.policy, "too much before Asterisk answered");
      return;
    }
    this.early.push({ message, frames });
    if (this.state === "silent") this.arrive();
  }

  /** A ping or pong of the phone. */
  signOfPhone(): void {
    this.heard = true;
    // Each ping makes a pong, which the phone may leave unread.
    if (!this.tooMany()) this.phoneReads();
  }

  fromAsterisk(message: Buffer, frames: Buffer): void {
    if (this.state !== "open" || !this.phoneReads()) return;
    const { traffic } = this.context.meter;
    traffic.messagesToPhones++;
    traffic.bytesToPhones += message.length;
    this.phone.send(frames);
    if (this.context.mirror.on) this.mirror("out", message);
    this.watch.fromAsterisk(message);
  }

  asteriskOpened(asterisk: FrameSocket): void {
    this.asterisk = asterisk;
    this.giveUp = undefined;
    this.passage?.leave();
    this.passage = undefined;
    this.state = "open";
    const { early } = this;
    this.early = [];
    for (const { message, frames } of early) {
      this.watch.fromPhone(message);
      this.toAsterisk(frames);
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
    this.giveUp = this.context.dial(new AsteriskSide(this));
  }

  private tooMany(): boolean {
    if (++this.messages <= this.context.limits().messagesPerSecond) return false;
    this.end(closeCodes.policy, "too many messages");
    return true;
  }

  /** Whether the phone reads what it is sent; ends the tunnel otherwise. */
  private phoneReads(): boolean {
    if (this.phone.unsent <= this.context.limits().unsentBytes) return true;
    this.end(closeCodes.policy, "the phone reads too slowly");
    // The close frame would wait behind all that the phone doesn't read.
    this.phone.terminate();
    return false;
  }

  private toAsterisk(frames: Buffer): void {
    const { asterisk } = this;
    if (asterisk === undefined || this.state !== "open") return;
    if (asterisk.unsent > this.context.limits().unsentBytes) {
      this.end(closeCodes.tryAgainLater, "Asterisk reads too slowly");
      asterisk.terminate();
      return;
    }
    asterisk.send(frames);
  }
}

class PhoneSide implements SocketOwner {
  constructor(private readonly tunnel: Tunnel) {}

  message(payload: Buffer, binary: boolean, frames: Buffer): void {
    this.tunnel.fromPhone(payload, binary, frames);
  }

  sign(): void {
    this.tunnel.signOfPhone();
  }

  closed(code: number, reason: string): void {
    this.tunnel.end(code, reason, towardsAsterisk(code));
  }
}

class AsteriskSide implements DialOwner {
  constructor(private readonly tunnel: Tunnel) {}

  opened(socket: FrameSocket): void {
    this.tunnel.asteriskOpened(socket);
  }

  message(payload: Buffer, _binary: boolean, frames: Buffer): void {
    this.tunnel.fromAsterisk(payload, frames);
  }

  sign(): void {}

  closed(code: number, reason: string): void {
    this.tunnel.asteriskClosed(code, reason);
  }
}
