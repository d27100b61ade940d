import type { Message, TransactionTransport } from "../../../../lib/sip";
import { names } from "./messages";

/** Keeps what a transaction sends; can be told to fail. */
export class RecordingTransport implements TransactionTransport {
  readonly sent: Message[] = [];
  failure: Error | undefined;

  constructor(readonly reliable = false) {}

  send(message: Message): Promise<void> {
    this.sent.push(message);
    return this.failure === undefined ? Promise.resolve() : Promise.reject(this.failure);
  }

  /** What was sent since the last call, by name. */
  take(): string[] {
    return names(this.sent.splice(0));
  }
}
