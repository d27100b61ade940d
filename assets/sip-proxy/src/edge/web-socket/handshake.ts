import { createHash, randomBytes } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { connect } from "node:net";
import { FrameSocket, type SocketOwner } from "./frame-socket";

/** RFC 7118 4.1 */
const SUBPROTOCOL = "sip";

/** RFC 6455 1.3 */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

const VERSION = "13";

/** Bytes of the answer to our own handshake at most. */
const MAX_ANSWER = 8_192;

const ABNORMAL = 1006;

/** Why a request for an upgrade is none of RFC 6455 4.2.1. */
export function handshakeFault(
  method: string | undefined,
  headers: IncomingHttpHeaders,
): { readonly status: 400 | 405 | 426; readonly reason: string } | undefined {
  if (method !== "GET") return { status: 405, reason: "a handshake is a GET" };
  if (headers.upgrade?.toLowerCase() !== "websocket")
    return { status: 400, reason: "nothing but an upgrade to websocket is to be had" };
  if (!/^[+/0-9A-Za-z]{22}==$/.test(headers["sec-websocket-key"] ?? ""))
    return { status: 400, reason: "Sec-WebSocket-Key is missing, or not 16 bytes" };
  if (headers["sec-websocket-version"] !== VERSION)
    return { status: 426, reason: "WebSocket version 13 is spoken" };
  return undefined;
}

/** The answer to a handshake without fault; no extension is agreed to. */
export function acceptance(headers: IncomingHttpHeaders): string {
  return (
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    `Sec-WebSocket-Accept: ${digest(headers["sec-websocket-key"] ?? "")}\r\nSec-WebSocket-Protocol: ${SUBPROTOCOL}\r\n\r\n`
  );
}

export interface Destination {
  readonly url: URL;
  readonly localAddress: string | undefined;
  /** Bytes of a message at most. */
  readonly maxMessage: number;
}

/** Who a socket is opened for. */
export interface DialOwner extends SocketOwner {
  opened(socket: FrameSocket): void;
}

/**
 * Opens a WebSocket. The owner hears of it by `opened` or, when there is nobody or no WebSocket, by `closed`. There is
 * no deadline but the caller's.
 * @returns what gives it up, until it is open
 */
export function dial({ url, localAddress, maxMessage }: Destination, owner: DialOwner): () => void {
  const socket = connect({ host: bareHost(url), port: Number(url.port || 80), localAddress });
  const key = randomBytes(16).toString("base64");
  let head = "";
  const giveUp = () => {
    letGo();
    socket.on("error", () => undefined).destroy();
  };
  const fail = () => {
    giveUp();
    owner.closed(ABNORMAL, "");
  };
  const onData = (chunk: Buffer) => {
    head += chunk.toString("latin1");
    const end = head.indexOf("\r\n\r\n") + 4;
    if (end < 4 && head.length < MAX_ANSWER) return;
    if (end < 4 || !isAcceptance(head.slice(0, end), key)) {
      fail();
      return;
    }
    letGo();
    const frames = new FrameSocket(socket, "client", maxMessage, owner);
    owner.opened(frames);
    if (end < head.length) frames.push(Buffer.from(head.slice(end), "latin1"));
  };
  const letGo = () => socket.off("data", onData).off("error", fail).off("end", fail);
  socket.once("connect", () => socket.write(request(url, key)));
  socket.on("data", onData).on("error", fail).on("end", fail);
  return giveUp;
}

function request({ host, pathname, search }: URL, key: string): string {
  return (
    `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
    `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: ${VERSION}\r\nSec-WebSocket-Protocol: ${SUBPROTOCOL}\r\n\r\n`
  );
}

/** RFC 6455 4.1; nothing else may have been agreed to, for nothing else was offered. */
function isAcceptance(head: string, key: string): boolean {
  const [status = "", ...rows] = head.split("\r\n");
  const header = (name: string) =>
    rows
      .find((row) => row.toLowerCase().startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim();
  return (
    /^HTTP\/1\.1 101( |$)/.test(status) &&
    header("upgrade")?.toLowerCase() === "websocket" &&
    header("sec-websocket-accept") === digest(key) &&
    header("sec-websocket-protocol") === SUBPROTOCOL &&
    header("sec-websocket-extensions") === undefined
  );
}

function digest(key: string): string {
  return createHash("sha1").update(`${key}${GUID}`).digest("base64");
}

/** Without the brackets of an IPv6 address. */
function bareHost({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, "");
}
