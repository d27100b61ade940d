import { agentStates, queueStatuses } from "../../../../assets/call-control/page/logic/messages";
import { scopeNames } from "../../../../assets/call-control/src/access/scopes";
import { queueStatuses as storedStatuses } from "../../../../assets/call-control/src/campaigns/campaign-store";
import { agentStates as deskStates } from "../../../../assets/call-control/src/campaigns/desk";
import { campaignSchema, minuteSchema } from "../../../../assets/call-control/src/campaigns/schemas";
import { callSchema } from "../../../../assets/call-control/src/http/call-view";
import { accessOf, allScopes, callOf, campaignOf, minutesOf } from "./calls";

/** What the page reads is what the API gives. */
describe("the page and the API", () => {
  it.each([
    ["a call", callOf(1), callSchema],
    ["a campaign", campaignOf(1), campaignSchema],
    ["a minute", minutesOf(0, 1)[0], minuteSchema],
  ] as const)("have the same names for what %s has", (_, read, given) => {
    expect(Object.keys(given.shape)).toStrictEqual(expect.arrayContaining(Object.keys(read ?? {})));
  });

  it("have the same states", () => {
    expect([...queueStatuses].sort()).toStrictEqual([...storedStatuses].sort());
    expect([...agentStates].sort()).toStrictEqual([...deskStates].sort());
  });

  it("have the same scopes", () => {
    expect(scopeNames).toStrictEqual(expect.arrayContaining(accessOf({ scopes: allScopes }).scopes));
  });
});
