import { buildRegister, registerTemplate } from "../../../../assets/sip-proxy/src/forwarder/messages";
import { contactOf } from "../../../../assets/sip-proxy/src/genesys/binding";
import type { OutboundRegistration } from "../../../../lib/ami";
import { newBranch, newCallId, parseMessage, type SipResponse, type Timer } from "../../../../lib/sip";
import { PRIMARY, type World } from "./world";

/** Seconds that Asterisk asks for. */
export const ASKED = 3600;

interface Own {
  readonly callId: string;
  cseq: number;
  registered: boolean;
  /** Of the REGISTER under way. */
  retransmission: Timer | undefined;
  refresh: Timer | undefined;
}

/**
 * Asterisk's own registrations (static mode), on their way through the relay: what ownRegister and noteGrant make of
 * them, without sockets. Between Asterisk and the relay nothing is lost; behind it Genesys' network is.
 */
export class StaticAsterisk {
  private readonly own = new Map<string, Own>();

  constructor(private readonly world: World) {}

  /** DNs in its file. */
  get dns(): string[] {
    return [...this.own.keys()];
  }

  /** Whether it says that Genesys has the DN. */
  holds(dn: string): boolean {
    return this.own.get(dn)?.registered === true;
  }

  /** A reload that brings the DN. */
  add(dn: string): void {
    if (this.own.has(dn)) return;
    const own: Own = {
      callId: newCallId(),
      cseq: 1,
      registered: false,
      retransmission: undefined,
      refresh: undefined,
    };
    this.own.set(dn, own);
    own.refresh = this.world.clock.after(1000 + this.world.random() * 2000, () => this.register(dn, own));
  }

  /** A reload that takes the DN away. One whose REGISTER has not been answered is dropped without a word. */
  remove(dn: string): void {
    const own = this.own.get(dn);
    if (own === undefined) return;
    this.own.delete(dn);
    own.refresh?.cancel();
    if (own.registered && own.retransmission === undefined)
      this.world.forwarder.gaveUp(dn, { host: PRIMARY, port: 5060 });
  }

  /** It dies, and says nothing. */
  crash(): void {
    for (const own of this.own.values()) {
      own.refresh?.cancel();
      own.retransmission?.cancel();
    }
    this.own.clear();
  }

  /** PJSIPShowRegistrationsOutbound */
  list(): void {
    const rows = [...this.own].map(
      ([dn, { registered }]): OutboundRegistration => ({
        name: `genesys-${dn}`,
        clientUri: `sip:${dn}@${PRIMARY}`,
        serverUri: `sip:${PRIMARY}`,
        status: registered ? "Registered" : "Unregistered",
      }),
    );
    this.world.forwarder.asteriskHas(rows, this.world.clock.now());
  }

  private register(dn: string, own: Own): void {
    const { clock, genesys } = this.world;
    const server = { host: PRIMARY, port: 5060, transport: "udp" as const };
    const contact = contactOf(dn, { address: "127.0.0.1", port: 5060 }, "udp");
    const template = registerTemplate(dn, server, own.callId, "own", contact);
    const branch = newBranch();
    const cseq = ++own.cseq;
    const bytes = buildRegister(
      template,
      { via: "SIP/2.0/UDP 127.0.0.1:5070", send() {} },
      branch,
      cseq,
      ASKED,
    );
    let answered = false;
    const send = () => {
      if (!this.world.forwarder.asks(dn)) return;
      genesys.carry(() => {
        const answer = genesys.server(PRIMARY).up ? genesys.server(PRIMARY).receive(bytes) : undefined;
        if (answer === undefined) return;
        genesys.carry(() => {
          const { status } = parseMessage(answer) as SipResponse;
          if (status < 300) this.world.forwarder.granted(dn, ASKED);
          if (answered) return;
          answered = true;
          own.retransmission?.cancel();
          own.retransmission = undefined;
          own.registered = status < 300;
          if (this.own.get(dn) !== own) return;
          const next = status < 300 ? (ASKED - 10) * 1000 : 10_000;
          own.refresh = clock.after(next, () => this.register(dn, own));
        });
      });
    };
    // Timer E and F of RFC 3261 17.1.2.
    const startedAt = clock.now();
    const retransmit = (interval: number) => {
      own.retransmission = clock.after(interval, () => {
        if (clock.now() - startedAt >= 32_000) {
          own.retransmission = undefined;
          answered = true;
          own.registered = false;
          if (this.own.get(dn) === own) own.refresh = clock.after(10_000, () => this.register(dn, own));
          return;
        }
        send();
        retransmit(Math.min(interval * 2, 4000));
      });
    };
    send();
    retransmit(500);
  }
}
