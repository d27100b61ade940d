import type { Limits } from "./limits";
import type { Parsed } from "./parser";

/**
 * Incremental parser for stream transports (RFC 3261 18.3, RFC 5626 4.4.1). Holds no socket: feed chunks, take
 * what is complete. A fault of framing (`fatal`) means that the stream can't be followed any more: close it.
 */
export class StreamParser {
  constructor(_limits?: Limits) {}

  push(_chunk: Buffer): StreamItem[] {
    throw new Error("not written yet");
  }

  /** Bytes held back for a message that is not complete. */
  get pending(): number {
    throw new Error("not written yet");
  }
}

export type StreamItem =
  | { readonly kind: "message"; readonly parsed: Parsed; readonly fatal: boolean }
  | { readonly kind: "ping" };
