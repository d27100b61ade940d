import type { Environment } from "../config";
import { OperatorError } from "./progress";

/** What the simulator's HTTP API answers. */
export async function simulator<T>(
  environment: Environment,
  path: string,
  method = "GET",
  body?: unknown,
): Promise<T> {
  const url = `http://127.0.0.1:${environment.simulatorPort}${path}`;
  const answer = await fetch(url, {
    method,
    // A connection that is kept may have been closed by the time of its next use, unnoticed while a test waits for a command.
    headers: { Connection: "close", ...(body !== undefined && { "Content-Type": "application/json" }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(5000),
  });
  const json = (await answer.json()) as T;
  if (!answer.ok)
    throw new OperatorError(`${method} ${path} answers ${answer.status}: ${JSON.stringify(json)}`);
  return json;
}

interface Message {
  readonly time: string;
  readonly direction: "in" | "out";
  readonly startLine: string;
  readonly raw: string;
}

/** When Genesys sent and got the messages of a call, on its way to the called phone; milliseconds since 1970. */
export interface TalkTimes {
  readonly invite: number;
  readonly ringing: number;
  readonly notify: number;
  readonly ok: number;
}

/** Of the last call that Genesys' talk event answered. @throws OperatorError when there is none */
export async function talkTimes(environment: Environment): Promise<TalkTimes> {
  const messages = await simulator<Message[]>(environment, "/messages?limit=2000");
  const isTalk = ({ direction, startLine }: Message) => direction === "out" && startLine.startsWith("NOTIFY");
  const notify = messages.findLast(isTalk);
  const callId = header(notify, "Call-ID");
  const leg = messages.filter((message) => header(message, "Call-ID") === callId);
  const answers = leg.filter((message) => header(message, "CSeq").endsWith("INVITE"));
  const first = (among: readonly Message[], start: string) =>
    Date.parse(among.find(({ startLine }) => startLine.startsWith(start))?.time ?? "");
  const times = {
    invite: first(leg, "INVITE"),
    ringing: first(answers, "SIP/2.0 180"),
    notify: Date.parse(notify?.time ?? ""),
    ok: first(answers, "SIP/2.0 200"),
  };
  if (Object.values(times).some(Number.isNaN))
    throw new OperatorError("Genesys' talk event did not answer the call");
  return times;
}

function header(message: Message | undefined, name: string): string {
  return new RegExp(`^${name}:[ \\t]*(.*?)\\r?$`, "im").exec(message?.raw ?? "")?.[1] ?? "";
}
