import { createSocket, type Socket } from "node:dgram";
import { header, okTo } from "./messages";
import { udpOptions } from "./udp";

/** Milliseconds for which answers are waited for after the last request. */
const LATE = 500;

const SDP =
  "v=0\r\no=- 1 1 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\nm=audio 10000 RTP/AVP 0 8 101\r\n" +
  "a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\na=sendrecv\r\n";

/** Milliseconds that messages took from one end to the other; requests and answers alike. */
export interface Passage {
  readonly messages: number;
  /** Requests that got no answer. */
  readonly lost: number;
  readonly p50: number;
  readonly p99: number;
}

/** Genesys' and Asterisk's end of the trunk: INVITEs go one way, their answers the other. */
export class Trunk {
  private readonly genesys: Socket = createSocket(udpOptions);
  private readonly asterisk: Socket = createSocket(udpOptions);
  private readonly sentAt = new Map<string, number>();
  private times: number[] = [];

  /** @returns port of Asterisk's end, at 127.0.0.1 */
  async listen(): Promise<number> {
    this.asterisk.on("message", (bytes, { address, port }) => {
      const message = bytes.toString("latin1");
      if (!message.startsWith("INVITE ")) return;
      this.arrived(message);
      this.sentAt.set(header(message, "Call-ID"), performance.now());
      this.asterisk.send(Buffer.from(okTo(message), "latin1"), port, address);
    });
    this.genesys.on("message", (bytes) => this.arrived(bytes.toString("latin1"), true));
    await new Promise<void>((resolve) => this.genesys.bind(0, "127.0.0.2", resolve));
    await new Promise<void>((resolve) => this.asterisk.bind(0, "127.0.0.1", resolve));
    return this.asterisk.address().port;
  }

  /** Sends half of the rate as requests at even distances, as the other half are their answers. */
  async pass(host: string, port: number, rate: number, milliseconds: number): Promise<Passage> {
    this.times = [];
    const from = this.genesys.address().port;
    const requests = Math.floor((rate / 2) * (milliseconds / 1000));
    const started = performance.now();
    for (let sent = 0; sent < requests; ) {
      const due = Math.min(requests, Math.floor(((performance.now() - started) * rate) / 2000));
      for (; sent < due; sent++) this.send(`${started.toFixed(0)}-${sent}`, from, host, port);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await new Promise((resolve) => setTimeout(resolve, LATE));
    const lost = this.sentAt.size;
    this.sentAt.clear();
    const times = Float64Array.from(this.times).sort();
    const part = (share: number) => times[Math.ceil(times.length * share) - 1] ?? Number.POSITIVE_INFINITY;
    return { messages: times.length, lost, p50: part(0.5), p99: part(0.99) };
  }

  private send(id: string, from: number, host: string, port: number): void {
    const callId = `trunk-${id}`;
    const invite =
      `INVITE sip:20001@${host}:${port} SIP/2.0\r\n` +
      `Via: SIP/2.0/UDP 127.0.0.2:${from};branch=z9hG4bK${id}\r\nMax-Forwards: 70\r\n` +
      `From: "Caller" <sip:5550100@127.0.0.2>;tag=${id}\r\nTo: <sip:20001@${host}>\r\nCall-ID: ${callId}\r\n` +
      `CSeq: 1 INVITE\r\nContact: <sip:5550100@127.0.0.2:${from}>\r\nX-Genesys-CallUUID: ${id.padStart(32, "0")}\r\n` +
      `Content-Type: application/sdp\r\nContent-Length: ${SDP.length}\r\n\r\n${SDP}`;
    this.sentAt.set(callId, performance.now());
    this.genesys.send(Buffer.from(invite, "latin1"), port, host);
  }

  private arrived(message: string, last = false): void {
    const callId = header(message, "Call-ID");
    const sentAt = this.sentAt.get(callId);
    if (sentAt === undefined || (last && !message.startsWith("SIP/2.0 200"))) return;
    this.times.push(performance.now() - sentAt);
    this.sentAt.delete(callId);
  }
}
