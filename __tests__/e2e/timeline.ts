import type { Environment } from "../../config";
import { columnsOf } from "../../tools/bench/proxy/figures";
import { simulator } from "./support";

interface Message {
  readonly time: string;
  readonly direction: "in" | "out";
  readonly startLine: string;
  readonly raw: string;
}

/** Milliseconds at Genesys, on its way to the called phone. */
export interface CallTimes {
  readonly inviteToRinging: number;
  readonly inviteToOk: number;
  /** From the talk event to the 200 to INVITE. */
  readonly notifyToOk: number;
}

/** What was measured in the field with phones registered at Genesys directly. */
const FIELD = { inviteToOk: 602, notifyToOk: 305 };

/** Of the last call that Genesys' talk event answered. */
export async function callTimes(environment: Environment): Promise<CallTimes> {
  const messages = await simulator<Message[]>(environment, "/messages?limit=2000");
  const notify = messages.findLast(
    ({ direction, startLine }) => direction === "out" && startLine.startsWith("NOTIFY"),
  );
  const callId = header(notify, "Call-ID");
  const leg = messages.filter((message) => header(message, "Call-ID") === callId);
  const invite = at(leg.find(({ startLine }) => startLine.startsWith("INVITE")));
  const answers = leg.filter((message) => header(message, "CSeq").endsWith("INVITE"));
  const ringing = at(answers.find(({ startLine }) => startLine.startsWith("SIP/2.0 180")));
  const ok = at(answers.find(({ startLine }) => startLine.startsWith("SIP/2.0 200")));
  return { inviteToRinging: ringing - invite, inviteToOk: ok - invite, notifyToOk: ok - at(notify) };
}

/** Beside what was measured in the field. */
export function timeline(title: string, times: CallTimes): string {
  const ms = (value: number) => `${value} ms`;
  return columnsOf([
    [title, "here", "in the field"],
    ["INVITE to 180 Ringing", ms(times.inviteToRinging), ""],
    ["INVITE to 200 OK", ms(times.inviteToOk), ms(FIELD.inviteToOk)],
    ["NOTIFY talk to 200 OK", ms(times.notifyToOk), ms(FIELD.notifyToOk)],
  ]);
}

function header(message: Message | undefined, name: string): string {
  return new RegExp(`^${name}:[ \\t]*(.*?)\\r?$`, "im").exec(message?.raw ?? "")?.[1] ?? "";
}

function at(message: Message | undefined): number {
  return message === undefined ? Number.NaN : Date.parse(message.time);
}
