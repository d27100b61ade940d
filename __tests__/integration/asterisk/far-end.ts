import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import {
  createUdpTransport,
  type IncomingRequest,
  newCallId,
  newTag,
  type OutgoingInvite,
  SipRequest,
  type Transport,
  UserAgent,
} from "../../../lib/sip";

/** A SIP server elsewhere, Genesys or a provider: takes calls and makes them, over UDP, with PCMU that is counted. */
export class FarEnd {
  /** The INVITEs that have come, latest last; those of a dialog, too. */
  readonly invites: IncomingRequest[] = [];
  readonly registers: IncomingRequest[] = [];
  /** Packets of sound that have come, and how many of them were no silence. */
  readonly sound = { packets: 0, loud: 0 };
  /** How a call is answered: a final status of a refusal, `ring`, or `answer`. */
  behaviour: number | "ring" | "answer" = 486;
  private readonly agent: UserAgent;

  private constructor(
    private readonly transport: Transport,
    private readonly media: Socket,
  ) {
    this.agent = new UserAgent({ transports: [transport], onRequest: (incoming) => this.receive(incoming) });
    media.on("message", (packet) => {
      this.sound.packets += 1;
      // PCMU: 0xff and 0x7f are silence, and a few steps around them noise.
      const loud = packet.subarray(12).filter((byte) => (byte & 0x7f) < 0x70).length;
      if (loud > 20) this.sound.loud += 1;
    });
  }

  static async start(address: string, port: number): Promise<FarEnd> {
    const media = createSocket("udp4");
    media.bind(0, address);
    await once(media, "listening");
    return new FarEnd(await createUdpTransport({ address, port }), media);
  }

  async stop(): Promise<void> {
    this.agent.close();
    this.media.close();
    await this.transport.close();
  }

  /** Calls `sip:<user>@<to>`; `toUser` where the To header has another number. */
  call(
    user: string,
    to: { address: string; port: number },
    { toUser = user, from = "+31612345678" } = {},
  ): OutgoingInvite {
    const host = `${to.address}:${to.port}`;
    const request = SipRequest.create({
      method: "INVITE",
      uri: `sip:${user}@${host}`,
      headers: [
        ["From", `<sip:${from}@${this.transport.local.address}>;tag=${newTag()}`],
        ["To", `<sip:${toUser}@${host}>`],
        ["Call-ID", newCallId()],
        ["CSeq", "1 INVITE"],
        ["Contact", `<${this.contact}>`],
        ["Content-Type", "application/sdp"],
      ],
      body: this.description(),
    });
    return this.agent.invite(request, { flow: this.transport.flowTo(to), deadline: 30_000 });
  }

  private get contact(): string {
    const { address, port } = this.transport.local;
    return `sip:far-end@${address}:${port}`;
  }

  private receive(incoming: IncomingRequest): void {
    const { request } = incoming;
    if (request.method === "REGISTER") {
      this.registers.push(incoming);
      incoming.respond(200, {
        headers: [
          ["Contact", request.get("Contact") ?? ""],
          ["Expires", "600"],
        ],
      });
    } else if (request.method === "INVITE") {
      this.invites.push(incoming);
      this.answer(incoming);
    } else incoming.respond(200);
  }

  private answer(incoming: IncomingRequest): void {
    if (this.behaviour === "ring") incoming.respond(180);
    else if (this.behaviour === "answer") {
      const headers = [["Content-Type", "application/sdp"]] as const;
      incoming.accept({ contact: this.contact, headers, body: this.description() }).catch(() => undefined);
    } else incoming.respond(this.behaviour);
  }

  private description(): string {
    const { address, port } = this.media.address();
    return [
      "v=0",
      `o=- 1 1 IN IP4 ${address}`,
      "s=-",
      `c=IN IP4 ${address}`,
      "t=0 0",
      `m=audio ${port} RTP/AVP 0`,
      "a=rtpmap:0 PCMU/8000",
      "a=sendrecv",
      "",
    ].join("\r\n");
  }
}
