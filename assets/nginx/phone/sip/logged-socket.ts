import { WebSocketInterface } from "jssip";

/** A WebSocket of JsSIP that tells of every SIP message on it. Keep-alives are none. */
export class LoggedSocket extends WebSocketInterface {
  #receive: (data: unknown) => void = () => {};

  constructor(
    url: string,
    private readonly onMessage: (direction: "in" | "out", text: string) => void,
  ) {
    super(url);
    // JsSIP assigns its own `ondata` for each connection.
    Object.defineProperty(this, "ondata", {
      get: () => (data: unknown) => {
        this.#tell("in", data);
        this.#receive(data);
      },
      set: (receive: (data: unknown) => void) => {
        this.#receive = receive;
      },
    });
  }

  override send(message: string): boolean {
    this.#tell("out", message);
    return super.send(message);
  }

  #tell(direction: "in" | "out", data: unknown): void {
    const text = typeof data === "string" ? data : new TextDecoder().decode(data as ArrayBuffer);
    if (text.trim() !== "") this.onMessage(direction, text);
  }
}
