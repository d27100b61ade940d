/**
 * The least that does the job in Node.js, as a yardstick: bytes are passed on unread, but for Asterisk's answers, and
 * each 200 to a REGISTER makes a REGISTER to Genesys. No limits, no retransmission, no refresh, no digest, no log.
 */
import { createSocket } from "node:dgram";
import { connect, createServer, type Socket } from "node:net";
import { dnOf, header } from "./field/messages";
import { udpOptions } from "./field/udp";
import { acceptance, FrameReader, handshake } from "./field/websocket";

const [port = 0, asteriskPort = 0, genesysPort = 0] = process.argv.slice(2).map(Number);
const GENESYS = "127.0.0.2";
const udp = Array.from({ length: 8 }, () => createSocket(udpOptions).bind(0, "127.0.0.1").unref());
let count = 0;

/** Passes handshakes by, then hands chunks on. */
function afterHandshake(
  socket: Socket,
  onHead: (head: string) => void,
  onBytes: (bytes: Buffer) => void,
): void {
  let head: string | undefined = "";
  socket.on("data", (chunk) => {
    if (head === undefined) return onBytes(chunk);
    head += chunk.toString("latin1");
    const end = head.indexOf("\r\n\r\n") + 4;
    if (end < 4) return;
    const [whole, rest] = [head, head.slice(end)];
    head = undefined;
    onHead(whole);
    if (rest !== "") onBytes(Buffer.from(rest, "latin1"));
  });
}

function register(answer: string): void {
  if (!answer.startsWith("SIP/2.0 200") || !answer.includes(" REGISTER\r\n")) return;
  const dn = dnOf(answer);
  const id = ++count;
  const contact = header(answer, "Contact");
  const text =
    `REGISTER sip:${GENESYS}:${genesysPort} SIP/2.0\r\n` +
    `Via: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bK${id}\r\nMax-Forwards: 70\r\n` +
    `From: <sip:${dn}@${GENESYS}>;tag=${dn}\r\nTo: <sip:${dn}@${GENESYS}>\r\nCall-ID: bare-${dn}\r\n` +
    `CSeq: ${id} REGISTER\r\nContact: <sip:${dn}@127.0.0.1:5060>\r\nExpires: ${contact === "" ? 0 : 600}\r\n` +
    "Content-Length: 0\r\n\r\n";
  udp[id % udp.length]?.send(Buffer.from(text, "latin1"), genesysPort, GENESYS);
}

createServer({ noDelay: true }, (phone) => {
  let asterisk: Socket | undefined;
  const early: Buffer[] = [];
  let open = false;
  afterHandshake(
    phone,
    (head) => phone.write(acceptance(head)),
    (bytes) => {
      if (open) asterisk?.write(bytes);
      else early.push(Buffer.from(bytes));
      asterisk ??= dial();
    },
  );
  const dial = () => {
    const socket = connect({ host: "127.0.0.1", port: asteriskPort, noDelay: true });
    const reader = new FrameReader((_opcode, text) => register(text));
    socket.once("connect", () => socket.write(handshake("127.0.0.1")));
    afterHandshake(
      socket,
      () => {
        open = true;
        for (const bytes of early.splice(0)) socket.write(bytes);
      },
      (bytes) => {
        phone.write(bytes);
        reader.push(bytes);
      },
    );
    socket.on("error", () => phone.destroy()).on("close", () => phone.destroy());
    return socket;
  };
  phone.on("error", () => phone.destroy()).on("close", () => asterisk?.destroy());
}).listen({ port, host: "127.0.0.1", backlog: 1024 });

process.on("SIGTERM", () => process.exit(0));
