/**
 * Ordered `;name=value` parameters (RFC 3261 25.1 generic-param). Immutable: `with` and `without` return copies.
 * Names compare case-insensitively; text that was not changed is rendered as it came.
 */
export class Params {
  static readonly empty: Params = new Params([]);

  constructor(private readonly entries: readonly (readonly [name: string, value: string | undefined])[]) {}

  /** Parse `;a=b;c` (leading semicolon included). Throws SipParseError with `place`. */
  static parse(_text: string, _place: string): Params {
    throw new Error("not written yet");
  }

  has(_name: string): boolean {
    throw new Error("not written yet");
  }

  /** The value, unquoted; "" for a parameter without value; undefined when absent. */
  get(_name: string): string | undefined {
    throw new Error("not written yet");
  }

  /** Replace or append a parameter; undefined as value writes the bare name. */
  with(_name: string, _value?: string): Params {
    throw new Error("not written yet");
  }

  without(_name: string): Params {
    throw new Error("not written yet");
  }

  toString(): string {
    return this.entries.map(([n, v]) => (v === undefined ? `;${n}` : `;${n}=${v}`)).join("");
  }
}
