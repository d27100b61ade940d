import { AmiError } from "./errors";

/** One header; a name can occur several times in a message, and the order counts (`Variable`). */
export type AmiHeader = readonly [name: string, value: string];

/** Headers of an action. An array as value makes one header per element, in order. */
export type AmiHeaders = Readonly<Record<string, string | number | readonly string[]>>;

/** A message that Asterisk sent. Header names are looked up without regard to case. */
export class AmiMessage {
  constructor(readonly headers: readonly AmiHeader[]) {}

  /** The first header of that name; `undefined` when there is none, `""` when it is empty. */
  get(name: string): string | undefined {
    const wanted = name.toLowerCase();
    return this.headers.find(([header]) => header.toLowerCase() === wanted)?.[1];
  }

  /** All headers of that name, in order. */
  all(name: string): string[] {
    const wanted = name.toLowerCase();
    return this.headers.filter(([header]) => header.toLowerCase() === wanted).map(([, value]) => value);
  }

  /** The event's name, or `undefined` when this is no event. */
  get event(): string | undefined {
    return this.get("Event");
  }

  /** `Success`, `Error` or `Goodbye`, or `undefined` when this is no response. */
  get response(): string | undefined {
    return this.get("Response");
  }

  get actionId(): string | undefined {
    return this.get("ActionID");
  }
}

/** What Asterisk 22 reads, measured: bytes of a line with its CRLF, headers of an action with the two of its own. */
const maxActionLine = 1024;
const maxActionHeaders = 128;

/**
 * The wire text of an action.
 * @throws AmiError AMI_VALUE when a name or a value would break out of its line, or Asterisk would not read it
 */
export function serializeAction(action: string, actionId: string, headers: AmiHeaders = {}): string {
  const lines: AmiHeader[] = [
    ["Action", action],
    ["ActionID", actionId],
  ];
  for (const [name, value] of Object.entries(headers)) {
    for (const one of Array.isArray(value) ? value : [value]) lines.push([name, String(one)]);
  }
  if (lines.length > maxActionHeaders) {
    throw AmiError.value(`action ${action}`, `${lines.length} headers, Asterisk reads ${maxActionHeaders}`);
  }
  return `${lines.map(([name, value]) => headerLine(action, name, value)).join("")}\r\n`;
}

function headerLine(action: string, name: string, value: string): string {
  const where = `action ${JSON.stringify(action)}, header ${JSON.stringify(name)}`;
  if (!/^[A-Za-z][A-Za-z0-9_-]*$/.test(name)) {
    throw AmiError.value(where, "the name may have letters, digits, - and _ only");
  }
  // A line break would start a header, or a whole action, of the value's author's choice.
  if (/[\r\n\0]/.test(value)) {
    throw AmiError.value(where, "the value has a line break or a NUL, which AMI cannot carry");
  }
  const line = `${name}: ${value}\r\n`;
  if (Buffer.byteLength(line) > maxActionLine) {
    throw AmiError.value(where, `${Buffer.byteLength(line)} bytes, Asterisk reads ${maxActionLine} a line`);
  }
  return line;
}
