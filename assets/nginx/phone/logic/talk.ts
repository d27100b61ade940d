import type { Call } from "./call";

/** An out-of-dialog NOTIFY by which Genesys asks the phone to do something (docs/architecture.md, decision 8). */
export interface TalkEvent {
  readonly event: string;
  /** X-Genesys-CallUUID */
  readonly uuid?: string;
}

export interface TalkSwitches {
  readonly talk: boolean;
  readonly hold: boolean;
}

export type TalkVerdict =
  | { readonly do: "answer" | "resume" | "hold"; readonly call: Call }
  /** Nothing is done. */
  | { readonly do: "nothing"; readonly why: string };

/** What a talk event means for the calls that there are. */
export function judgeTalk(
  { event, uuid }: TalkEvent,
  calls: readonly Call[],
  switches: TalkSwitches,
): TalkVerdict {
  if (event !== "talk" && event !== "hold")
    return nothing(`an event that this phone does not know: ${event}`);
  if (!switches[event]) return nothing(`${event} events are switched off`);
  if (event === "hold") {
    const call = named(
      calls.filter(({ phase, held }) => phase === "active" && !held),
      uuid,
    );
    return call ? { do: "hold", call } : nothing("no call to hold that it could mean");
  }
  const ringing = named(
    calls.filter(({ phase }) => phase === "incoming"),
    uuid,
  );
  if (ringing) return { do: "answer", call: ringing };
  // A held call is taken up again only by its name: nobody shall be heard by mistake.
  const held = calls.find((call) => call.phase === "active" && call.held && isNamed(call, uuid));
  return held ? { do: "resume", call: held } : nothing("no ringing call that it could mean");
}

/**
 * The call with this UUID. Where the event and the only call that fits can't be compared, because the call has no UUID
 * (another dialplan, a call from elsewhere), it is that call.
 */
function named(fitting: readonly Call[], uuid: string | undefined): Call | undefined {
  const match = fitting.find((call) => isNamed(call, uuid));
  if (match) return match;
  const [only, ...others] = fitting;
  return only !== undefined && others.length === 0 && only.uuid === undefined ? only : undefined;
}

function isNamed(call: Call, uuid: string | undefined): boolean {
  return uuid !== undefined && call.uuid?.toLowerCase() === uuid.toLowerCase();
}

function nothing(why: string): TalkVerdict {
  return { do: "nothing", why };
}
