import { MediaSession } from "../../../lib/phone";
import {
  type Dialog,
  type IncomingRequest,
  newCallId,
  newTag,
  type OutgoingInvite,
  SipRequest,
  type SipResponse,
} from "../../../lib/sip";
import type { WebSocketSwitch } from "../../lib/phone/web-socket-switch";

const SDP: [string, string] = ["Content-Type", "application/sdp"];

/** Who calls the page, or is called by it. Its media is well-formed, and carries no sound. */
export class FarEnd {
  /** Requests inside a call, in the order of their arrival. */
  public readonly requests: SipRequest[] = [];
  /** What its answer to the page's offer is, where it has to be that of real media. */
  public answerOf: ((offer: string) => Promise<string>) | undefined;
  /** What it says of a transfer in the end; undefined: the REFER itself is refused. */
  public transferred: string | undefined = "200 OK";
  private dialog: Dialog | undefined;
  private readonly media = new MediaSession();
  private offered = false;

  constructor(private readonly sip: WebSocketSwitch) {
    sip.onRequest = (incoming) => this.receive(incoming);
  }

  /** An INVITE to the page, as Asterisk would send it. */
  public call(dn: string, headers: [string, string][] = []): OutgoingInvite {
    const binding = this.sip.bindings.get(dn);
    if (!binding) throw new Error(`${dn} is not registered`);
    this.offered = true;
    const request = SipRequest.create({
      method: "INVITE",
      uri: binding.contact,
      headers: [
        ["From", `"Ada Lovelace" <sip:1003@test>;tag=${newTag()}`],
        ["To", `<sip:${dn}@test>`],
        ["Call-ID", newCallId()],
        ["CSeq", "1 INVITE"],
        ["Contact", `<${this.sip.contact}>`],
        SDP,
        ...headers,
      ],
      body: this.media.offer(),
    });
    const invite = this.sip.agent.invite(request, { flow: binding.flow });
    invite.final.then(
      ({ dialog }) => {
        this.dialog = dialog;
      },
      () => undefined,
    );
    return invite;
  }

  /** An out-of-dialog NOTIFY, as AMI's PJSIPNotify makes it. */
  public notify(dn: string, event: string, uuid?: string): Promise<SipResponse> {
    const [request, flow] = this.sip.request(dn, "NOTIFY", [
      ["Event", event],
      ...(uuid === undefined ? [] : [["X-Genesys-CallUUID", uuid] as [string, string]]),
    ]);
    return this.sip.agent.send(request, { flow });
  }

  public async hangUp(): Promise<void> {
    if (this.dialog) await this.sip.agent.sendInDialog(this.dialog, "BYE");
  }

  /** Waits for a request of a method inside a call. */
  public async received(method: string, count = 1): Promise<SipRequest> {
    const deadline = Date.now() + 5_000;
    while (Date.now() < deadline) {
      const found = this.requests.filter((request) => request.method === method)[count - 1];
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error(`${method} did not come, but ${this.requests.map((request) => request.method)}`);
  }

  private receive(incoming: IncomingRequest): void {
    const { request, dialog } = incoming;
    this.requests.push(request);
    // A page that has been closed acknowledges nothing.
    if (request.method === "INVITE") this.accept(incoming).catch(() => undefined);
    else if (request.method === "REFER") {
      incoming.respond(this.transferred === undefined ? 603 : 202);
      if (dialog && this.transferred) this.reportTransfer(dialog, this.transferred).catch(() => undefined);
    } else incoming.respond(200);
  }

  private async accept(incoming: IncomingRequest): Promise<void> {
    const { request } = incoming;
    const isNew = incoming.dialog === undefined;
    if (isNew) incoming.respond(180, { headers: [["Contact", `<${this.sip.contact}>`]] });
    const offer = request.body.toString();
    const own = this.media.answer(offer);
    // Who was active in DTLS stays it (RFC 8842 5.3): who called it was not.
    const fitting = this.offered ? own.replace("a=setup:active", "a=setup:passive") : own;
    const body = this.answerOf && isNew ? await this.answerOf(offer) : fitting;
    await incoming.accept({ contact: this.sip.contact, headers: [SDP], body });
    this.dialog = incoming.dialog;
  }

  /** RFC 3515 2.4.5 */
  private async reportTransfer(dialog: Dialog, outcome: string): Promise<void> {
    await this.sip.agent.sendInDialog(dialog, "NOTIFY", {
      headers: [
        ["Event", "refer"],
        ["Subscription-State", "terminated;reason=noresource"],
        ["Content-Type", "message/sipfrag;version=2.0"],
      ],
      body: `SIP/2.0 ${outcome}\r\n`,
    });
  }
}
