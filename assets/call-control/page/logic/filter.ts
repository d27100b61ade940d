import type { CallType } from "../../src/calls/call";
import type { Call } from "./messages";

export interface Filter {
  readonly type: CallType | "all";
  /** Words that must all be in a call, in any case: numbers, agent, trunk, campaign. */
  readonly text: string;
}

export function fits(call: Call, { type, text }: Filter, nameOf: (campaignId: string) => string): boolean {
  if (type !== "all" && call.type !== type) return false;
  if (text === "") return true;
  const { from_number, to_number, agent, trunk, campaign_id } = call;
  const campaign = campaign_id === null ? "" : nameOf(campaign_id);
  const content = [from_number, to_number, agent, trunk, campaign].join("\n").toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => content.includes(word));
}
