/** One SIP message of the phone, as it was on the wire. */
export interface TracedMessage {
  /** ISO 8601. */
  readonly time: string;
  readonly direction: "in" | "out";
  readonly text: string;
}

/** The newest messages of one phone, bounded in number. */
export class MessageTrace {
  private messages: TracedMessage[] = [];

  constructor(
    private readonly onMessage: ((message: TracedMessage) => void) | undefined,
    private readonly capacity = 500,
  ) {}

  public add(direction: "in" | "out", bytes: Buffer): void {
    const message: TracedMessage = {
      time: new Date().toISOString(),
      direction,
      text: bytes.toString("utf8"),
    };
    this.messages.push(message);
    if (this.messages.length > this.capacity) this.messages.shift();
    this.onMessage?.(message);
  }

  /** Oldest first. */
  public list(): TracedMessage[] {
    return [...this.messages];
  }
}
