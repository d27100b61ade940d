import type { Call } from "./call";
import type { Line } from "./line";
import { dialled, isDn, tonesOf } from "./numbers";

/**
 * The messages of docs/phone.md, between the page that embeds the phone and the phone. Every message carries
 * `webrtcGenesys: 1`, so that neither side mistakes others' messages for it.
 */
export const PROTOCOL = 1;

/** Without `call`, a command means the only call that it fits. */
export type Command =
  | { readonly command: "signIn"; readonly dn: string; readonly password: string }
  | { readonly command: "signOut" | "getState" }
  | { readonly command: "dial"; readonly number: string }
  | { readonly command: "answer" | "reject" | "hangUp"; readonly call?: string }
  | { readonly command: "mute" | "hold"; readonly on: boolean; readonly call?: string }
  | { readonly command: "dtmf"; readonly tones: string; readonly call?: string }
  | { readonly command: "transfer"; readonly number: string; readonly call?: string };

export type CommandId = string | number;

export type EmbedEvent =
  /** The phone listens. */
  | { readonly event: "ready" }
  | {
      readonly event: "state";
      readonly line: Line;
      readonly dn?: string;
      readonly microphone: string;
      readonly calls: readonly Call[];
    }
  | { readonly event: "call"; readonly call: Call }
  | { readonly event: "result"; readonly id?: CommandId; readonly ok: true }
  | { readonly event: "result"; readonly id?: CommandId; readonly ok: false; readonly error: string };

export type Parsed =
  | { readonly is: "command"; readonly id?: CommandId; readonly command: Command }
  | { readonly is: "faulty"; readonly id?: CommandId; readonly error: string }
  /** Somebody else's message. */
  | { readonly is: "foreign" };

type Check = (value: unknown) => unknown;

const text = (value: unknown) => (typeof value === "string" ? value : "");
const number: Check = (value) => dialled(text(value));
const call: Check = (value) => (/^[a-z0-9-]{1,32}$/.test(text(value)) ? value : undefined);
const on: Check = (value) => (typeof value === "boolean" ? value : undefined);

/** What each command must have, and may have. A check returns the value that is used, or undefined for a wrong one. */
const COMMANDS: Readonly<
  Record<
    Command["command"],
    { readonly needs?: Record<string, Check>; readonly takes?: Record<string, Check> }
  >
> = {
  signIn: {
    needs: {
      dn: (value) => (isDn(text(value)) ? value : undefined),
      password: (value) => (text(value).length >= 1 && text(value).length <= 256 ? value : undefined),
    },
  },
  signOut: {},
  getState: {},
  dial: { needs: { number } },
  answer: { takes: { call } },
  reject: { takes: { call } },
  hangUp: { takes: { call } },
  mute: { needs: { on }, takes: { call } },
  hold: { needs: { on }, takes: { call } },
  dtmf: { needs: { tones: (value) => tonesOf(text(value)) }, takes: { call } },
  transfer: { needs: { number }, takes: { call } },
};

/** Judges the data of a message. An error never repeats a value: it could be a password. */
export function parseMessage(data: unknown): Parsed {
  if (typeof data !== "object" || data === null || Array.isArray(data)) return { is: "foreign" };
  const { webrtcGenesys, command, id, event, ...fields } = data as Record<string, unknown>;
  // An own event comes back where the phone is its own parent, as in an Electron window.
  if (webrtcGenesys !== PROTOCOL || event !== undefined) return { is: "foreign" };
  if (id !== undefined && !isId(id))
    return { is: "faulty", error: "id is neither a number nor a short text" };
  const identified = id === undefined ? {} : { id };
  const faulty = (error: string): Parsed => ({ is: "faulty", ...identified, error });
  if (typeof command !== "string" || !Object.hasOwn(COMMANDS, command)) {
    return faulty(`command is none of ${Object.keys(COMMANDS).join(", ")}`);
  }
  const { needs = {}, takes = {} } = COMMANDS[command as Command["command"]];
  const unknown = Object.keys(fields).find((key) => !(key in needs) && !(key in takes));
  if (unknown !== undefined) return faulty(`${command} takes no ${unknown.slice(0, 32)}`);
  const checked: Record<string, unknown> = { command };
  for (const [key, check] of Object.entries({ ...needs, ...takes })) {
    if (fields[key] === undefined && key in takes) continue;
    checked[key] = check(fields[key]);
    if (checked[key] === undefined) return faulty(`${command}: ${key} is not as it should be`);
  }
  return { is: "command", ...identified, command: checked as unknown as Command };
}

function isId(value: unknown): value is CommandId {
  return typeof value === "number" || (typeof value === "string" && value.length <= 64);
}

export type Fitting = Exclude<Command["command"], "signIn" | "signOut" | "getState" | "dial">;

/** Phases in which a call can be meant by a command. */
const FITS: Readonly<Record<Fitting, readonly Call["phase"][]>> = {
  answer: ["incoming"],
  reject: ["incoming"],
  hangUp: ["dialing", "ringing", "connecting", "active"],
  mute: ["active"],
  hold: ["active"],
  dtmf: ["active"],
  transfer: ["active"],
};

/**
 * The call that a command means.
 *
 * @throws Error that says why there is none
 */
export function callFor(command: Fitting, id: string | undefined, calls: readonly Call[]): Call {
  const fitting = calls.filter(({ phase }) => FITS[command].includes(phase));
  const [only, ...others] = id === undefined ? fitting : fitting.filter((item) => item.id === id);
  if (only === undefined) throw new Error(`there is no call to ${command}`);
  if (others.length > 0) throw new Error(`there are ${others.length + 1} calls to ${command}: name one`);
  return only;
}
