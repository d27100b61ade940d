import { z } from "zod";
import type { HeaderInit } from "../../../lib/sip";

const headerName = z.string().regex(/^[A-Za-z0-9-]{1,64}$/, "a header's name is letters, digits and '-'");
const line = z
  .string()
  .max(512)
  .regex(/^[\x20-\x7e]*$/, "one line of printable ASCII is needed here");

/** Written by this server itself: a fault that sets one of them would make no SIP message. */
const OWN_HEADERS = new Set([
  "via",
  "v",
  "from",
  "f",
  "to",
  "t",
  "call-id",
  "i",
  "cseq",
  "content-length",
  "l",
]);

const answer = z.strictObject({
  method: z.string().regex(/^[A-Z]{1,32}$/, "a method is written in capitals"),
  code: z.int().min(300).max(699),
  reason: line.optional(),
  headers: z
    .record(headerName, line)
    .refine((all) => Object.keys(all).every((name) => !OWN_HEADERS.has(name.toLowerCase())), {
      error: `these headers can't be set: ${[...OWN_HEADERS].join(", ")}`,
    })
    .default({}),
  /** Only requests whose To has this user. */
  dn: z
    .string()
    .regex(/^[0-9]{1,20}$/)
    .optional(),
  /** How many requests are answered like that; absent: every one. */
  times: z.int().min(1).max(1_000_000).optional(),
});

const statusFault = answer.refine(({ method, code }) => method === "INVITE" || code !== 408, {
  error: "only INVITE is ever answered 408 (RFC 4320): use 'down' or 'delayMs', or another code",
  path: ["code"],
});

/** What can be wrong with one server. */
export const faultsSchema = z.strictObject({
  /**
   * true or "silent": the sockets stay, nothing is answered and nothing is sent. "closed": the sockets are closed,
   * so that the system answers with ICMP port unreachable and refuses TCP connections.
   */
  down: z.union([z.boolean(), z.enum(["silent", "closed"])]).default(false),
  /** Milliseconds between the arrival of a message and its handling. */
  delayMs: z.int().min(0).max(60_000).default(0),
  /** Share of the messages that are lost, of each direction. */
  drop: z.number().min(0).max(1).default(0),
  /** Which messages are lost is a function of this number. */
  seed: z.int().min(0).max(0xffff_ffff).default(1),
  /** Requests that are answered with a status instead of being handled; the first that fits counts. */
  status: z
    .preprocess((value) => (Array.isArray(value) ? value : [value]), z.array(statusFault).max(32))
    .default([]),
});

export type Faults = z.output<typeof faultsSchema>;
export type StatusFault = z.output<typeof statusFault>;

const NONE: Faults = faultsSchema.parse({});

/** The faults in force at one server. */
export class FaultPlan {
  private faults: Faults = NONE;
  private remaining: (number | undefined)[] = [];
  private random = mulberry32(NONE.seed);

  public set(faults: Faults): void {
    this.faults = faults;
    this.remaining = faults.status.map(({ times }) => times);
    this.random = mulberry32(faults.seed);
  }

  public clear(): void {
    this.set(NONE);
  }

  /** As they were set, with what is left of `times`. */
  public get current(): Faults {
    const status = this.faults.status.map((fault, i) => ({ ...fault, times: this.remaining[i] }));
    return { ...this.faults, status: status.filter(({ times }) => times !== 0) };
  }

  public get down(): "silent" | "closed" | false {
    return this.faults.down === true ? "silent" : this.faults.down;
  }

  public get delayMs(): number {
    return this.faults.delayMs;
  }

  /** Draws whether the next message is lost. */
  public losesNext(): boolean {
    return this.faults.drop > 0 && this.random() < this.faults.drop;
  }

  /** The status that a request gets instead of being handled, if any; counts it. */
  public answerTo(method: string, dn: string | undefined): StatusFault | undefined {
    const index = this.faults.status.findIndex(
      (fault, i) =>
        fault.method === method && (fault.dn === undefined || fault.dn === dn) && this.remaining[i] !== 0,
    );
    const left = this.remaining[index];
    if (left !== undefined) this.remaining[index] = left - 1;
    return this.faults.status[index];
  }
}

export function headersOf(fault: StatusFault): HeaderInit {
  return Object.entries(fault.headers);
}

/** A small generator whose sequence is a function of its seed, so that a test with losses can be repeated. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
