import type { Clock, Dialog, SipResponse, Timer, UserAgent } from "../../../../lib/sip";
import type { Settings } from "../config";
import type { TalkState } from "./call-record";
import { notify } from "./phone-event";

export interface TalkEventOptions {
  readonly agent: UserAgent;
  /** Contact URI of the server towards the phone. */
  readonly contact: string;
  readonly settings: Settings["talk"];
  readonly clock: Clock;
  readonly say: (what: string) => void;
  /** Counts a NOTIFY that was never answered; returns how many there have been. */
  readonly countUnanswered: () => number;
}

/**
 * NOTIFY with `Event: talk` to the phone that rings, by itself: T-Server asking it to answer, when the agent pressed
 * the button on the desktop.
 *
 * A phone that never answers (Asterisk drops the message) costs nothing but the retransmissions of a non-INVITE
 * transaction; the call goes on.
 */
export class TalkEvent {
  private current: TalkState = "none";
  private timer: Timer | undefined;
  private answered: number | undefined;

  constructor(private readonly options: TalkEventOptions) {}

  public get state(): TalkState {
    return this.current;
  }

  /** Status of the answer. */
  public get status(): number | undefined {
    return this.answered;
  }

  /** After the first 18x of the phone, in the dialog that it made. */
  public schedule(ringing: SipResponse, dialog: Dialog): void {
    const { settings, clock } = this.options;
    const { mode, delayMs } = settings;
    if (mode === "off" || (mode === "advertised" && !allowsTalk(ringing))) return;
    this.current = "pending";
    this.timer = clock.after(delayMs, () => void this.send(dialog));
  }

  /** The call was answered or ended: what has not been sent is not needed any more. */
  public cancel(): void {
    this.timer?.cancel();
    if (this.current === "pending") this.current = "none";
  }

  private async send(dialog: Dialog): Promise<void> {
    const { agent, contact, say, countUnanswered } = this.options;
    this.current = "sent";
    say("NOTIFY talk to the phone");
    try {
      const response = await notify(agent, dialog, "talk", contact);
      this.current = "answered";
      this.answered = response.status;
      say(`NOTIFY talk answered with ${response.status} ${response.reason}`);
    } catch (error) {
      this.current = "unanswered";
      const why = error instanceof Error ? error.message : String(error);
      say(`NOTIFY talk was never answered (${countUnanswered()} since the start): ${why}`);
    }
  }
}

function allowsTalk(response: SipResponse): boolean {
  return response.values("Allow-Events").some((event) => event.toLowerCase() === "talk");
}
