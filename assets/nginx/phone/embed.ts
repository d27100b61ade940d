import type { Call } from "./logic/call";
import {
  type Command,
  callFor,
  type EmbedEvent,
  type Fitting,
  PROTOCOL,
  parseMessage,
} from "./logic/embed-protocol";
import type { Phone, PhoneState } from "./phone";

/** Origins that are named in the console at most, each once. */
const MAX_NAMED = 10;

/**
 * The phone driven by the page that embeds it (docs/phone.md). Only messages of the parent window with an allowed
 * origin count, and events go to that origin only.
 */
export class Embed {
  readonly #parent = window.parent;
  readonly #refused = new Set<string>();
  #origin: string | undefined;

  constructor(
    private readonly phone: Phone,
    private readonly origins: readonly string[],
  ) {
    addEventListener("message", (event) => this.#receive(event));
    // A page that waits hears that the phone is there. Browsers deliver it to the origin that it is meant for only.
    const parent = parentOrigin();
    for (const origin of origins) {
      if (parent === undefined || parent === origin) this.#post({ event: "ready" }, origin);
    }
  }

  changed(state: PhoneState, call: Call | undefined): void {
    if (call) this.#tell({ event: "call", call });
    this.#tell(stateEvent(state));
  }

  #receive({ data, origin, source }: MessageEvent): void {
    const parsed = parseMessage(data);
    if (parsed.is === "foreign") return;
    if (source !== this.#parent || !this.origins.includes(origin)) {
      this.#refuse(origin);
      return;
    }
    this.#origin = origin;
    const id = parsed.id !== undefined && { id: parsed.id };
    const fail = (error: string) => this.#tell({ event: "result", ...id, ok: false, error });
    if (parsed.is === "faulty") fail(parsed.error);
    else {
      this.#run(parsed.command).then(
        () => this.#tell({ event: "result", ...id, ok: true }),
        (error: Error) => fail(error.message),
      );
    }
  }

  async #run(command: Command): Promise<void> {
    const { phone } = this;
    const meant = (name: Fitting, id: string | undefined) => callFor(name, id, phone.state.calls).id;
    switch (command.command) {
      case "signIn":
        return phone.signIn(command.dn, command.password);
      case "signOut":
        return phone.signOut();
      case "getState":
        return this.#tell(stateEvent(phone.state));
      case "dial":
        return phone.dial(command.number);
      case "answer":
        return phone.answer(meant("answer", command.call));
      case "reject":
      case "hangUp":
        return phone.end(meant(command.command, command.call));
      case "mute":
        return phone.setMuted(meant("mute", command.call), command.on);
      case "hold":
        return phone.setHeld(meant("hold", command.call), command.on);
      case "dtmf":
        return phone.sendTones(meant("dtmf", command.call), command.tones);
      case "transfer":
        return phone.transfer(meant("transfer", command.call), command.number);
    }
  }

  #refuse(origin: string): void {
    if (this.#refused.has(origin) || this.#refused.size >= MAX_NAMED) return;
    this.#refused.add(origin);
    console.warn(
      `messages of ${origin} are ignored: phone.embedOrigins does not name it, or it is no parent`,
    );
  }

  /** To the page that has spoken. */
  #tell(event: EmbedEvent): void {
    if (this.#origin !== undefined) this.#post(event, this.#origin);
  }

  #post(event: EmbedEvent, origin: string): void {
    this.#parent.postMessage({ webrtcGenesys: PROTOCOL, ...event }, origin);
  }
}

function stateEvent({ line, dn, microphone, calls }: PhoneState): EmbedEvent {
  return {
    event: "state",
    line,
    ...(dn !== undefined && { dn }),
    microphone: typeof microphone === "object" ? microphone.fault : microphone,
    calls,
  };
}

/** undefined: the browser does not say. */
function parentOrigin(): string | undefined {
  if (window.parent === window) return location.origin;
  return location.ancestorOrigins?.[0];
}
