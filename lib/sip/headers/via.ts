import { Params } from "./params";

/** One Via value (RFC 3261 20.42), immutable. */
export class Via {
  constructor(
    /** Upper case as received for known ones: "UDP", "TCP", "TLS", "WS", "WSS", or anything else. */
    readonly transport: string,
    /** sent-by host; IPv6 in brackets. */
    readonly host: string,
    readonly port: number | undefined,
    readonly params: Params = Params.empty,
  ) {}

  static parse(_text: string): Via {
    throw new Error("not written yet");
  }

  get branch(): string | undefined {
    return this.params.get("branch");
  }

  /** host[:port] as written. */
  get sentBy(): string {
    return this.port === undefined ? this.host : `${this.host}:${this.port}`;
  }

  get received(): string | undefined {
    return this.params.get("received");
  }

  /** Port number; "requested" for an empty rport (RFC 3581); undefined when absent. */
  get rport(): number | "requested" | undefined {
    throw new Error("not written yet");
  }

  /** True when the branch starts with z9hG4bK and has something after it (RFC 3261 8.1.1.7, RFC 4475 3.2.1). */
  get hasMagicCookie(): boolean {
    throw new Error("not written yet");
  }

  with(_name: string, _value?: string): Via {
    throw new Error("not written yet");
  }

  toString(): string {
    throw new Error("not written yet");
  }
}
