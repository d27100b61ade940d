import type { Uri } from "../uri";
import { Params } from "./params";

/** name-addr or addr-spec with header parameters: From, To, Contact, Route, Record-Route (RFC 3261 20.10). Immutable. */
export class NameAddr {
  constructor(
    /** URI text as written. */
    readonly uri: string,
    /** Without quotes, escapes undone; undefined when there is none. */
    readonly displayName: string | undefined = undefined,
    readonly params: Params = Params.empty,
  ) {}

  /** `place` is the header's name in errors. */
  static parse(_text: string, _place: string): NameAddr {
    throw new Error("not written yet");
  }

  get tag(): string | undefined {
    return this.params.get("tag");
  }

  /** `expires` of a Contact in seconds; undefined when absent or malformed (RFC 3261 10.3: treat as absent). */
  get expires(): number | undefined {
    throw new Error("not written yet");
  }

  /** Parsed on first use; throws SipParseError. */
  get parsedUri(): Uri {
    throw new Error("not written yet");
  }

  withParam(_name: string, _value?: string): NameAddr {
    throw new Error("not written yet");
  }

  withoutParam(_name: string): NameAddr {
    throw new Error("not written yet");
  }

  /** Always in the bracketed form. */
  toString(): string {
    throw new Error("not written yet");
  }
}
