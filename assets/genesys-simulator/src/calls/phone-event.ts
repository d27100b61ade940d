import type { Dialog, SipResponse, UserAgent } from "../../../../lib/sip";

/** What T-Server asks a phone for when the agent pressed a button on the desktop. talk: answer, or take up again. */
export const PHONE_EVENTS = ["talk", "hold"] as const;
export type PhoneEvent = (typeof PHONE_EVENTS)[number];

/**
 * NOTIFY in the dialog of the phone's call. The subscription is implied by the call, so nobody subscribed, and the
 * body is empty.
 *
 * @param contact Contact URI of the server towards the phone
 * @param deadline milliseconds for the answer @default 64*T1
 * @returns the phone's answer; rejects with SipError when there is none
 */
export function notify(
  agent: UserAgent,
  dialog: Dialog,
  event: PhoneEvent,
  contact: string,
  deadline?: number,
): Promise<SipResponse> {
  return agent.sendInDialog(dialog, "NOTIFY", {
    headers: [
      ["Event", event],
      ["Subscription-State", "active"],
      ["Contact", `<${contact}>`],
    ],
    deadline,
  });
}
