import { columnsOf } from "../../tools/bench/proxy/figures";
import type { TalkTimes } from "../../tools/simulator";

/** Milliseconds, as measured in the field with phones registered at Genesys directly. */
export const FIELD = { inviteToOk: 602, notifyToOk: 305 };

/** A call beside what was measured in the field. */
export function timeline(title: string, { invite, ringing, notify, ok }: TalkTimes): string {
  const ms = (value: number) => `${value} ms`;
  return columnsOf([
    [title, "here", "in the field"],
    ["INVITE to 180 Ringing", ms(ringing - invite), ""],
    ["INVITE to 200 OK", ms(ok - invite), ms(FIELD.inviteToOk)],
    ["NOTIFY talk to 200 OK", ms(ok - notify), ms(FIELD.notifyToOk)],
  ]);
}
