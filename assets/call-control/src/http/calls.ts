import { z } from "zod";
import { mayKnow, type Principal } from "../access/principal";
import type { Call } from "../calls/call";
import { CallError, type Calls } from "../calls/calls";
import { callSchema, callView } from "./call-view";
import { ApiError, errorSchema } from "./errors";
import { principalOf, type Routes } from "./route";
import { dn, id, number, uuid } from "./words";

/** Dials a number of a campaign for it: for the agent, or for whoever is free. */
export type DialForCampaign = (campaignId: string, to: string, agent: string | undefined) => Promise<Call>;

export interface CallRoutesOptions {
  readonly calls: Calls;
  readonly dialForCampaign: DialForCampaign;
}

const originateBody = z
  .strictObject({
    phone_number: number.meta({ description: "Who is called after the agent has answered." }),
    agent: dn
      .optional()
      .meta({ description: "The DN whose phone rings first. Without it, the one that the key belongs to." }),
    campaign_id: uuid.optional().meta({
      description: "The campaign that the call is of. Without an agent, its dialer takes the number.",
    }),
  })
  .meta({ examples: [{ phone_number: "+31201234567", agent: "1001" }] });

const hangupBody = z
  .strictObject({ channel_id: id.meta({ description: "Of any of its channels, or the call's own id." }) })
  .meta({ examples: [{ channel_id: "5f0f1e0a-6f7c-4c3e-9a55-2d3d0f6f1b11" }] });

const transferBody = z
  .strictObject({
    channel_id: id.meta({ description: "Of any of its channels, or the call's own id." }),
    destination: number.meta({ description: "Who is to have the call." }),
    mode: z.enum(["blind", "attended"]).meta({
      description:
        "blind: the call goes on between the other party and the destination. attended: the agent speaks with the destination first, until complete or cancel.",
    }),
  })
  .meta({
    examples: [{ channel_id: "5f0f1e0a-6f7c-4c3e-9a55-2d3d0f6f1b11", destination: "1002", mode: "blind" }],
  });

const dtmfBody = z
  .strictObject({ digits: z.string().regex(/^[0-9*#A-Da-d]{1,64}$/, "is not 1 to 64 of 0-9 * # A-D") })
  .meta({ examples: [{ digits: "1234#" }] });

const callParams = z.object({ id });
const refused = { 404: errorSchema, 409: errorSchema, 422: errorSchema, 502: errorSchema };
const changed = { 200: callSchema, ...refused };
const tags = ["calls"];

/** What is done to calls. */
export function callRoutes({ calls, dialForCampaign }: CallRoutesOptions): Routes {
  /** The call, when it's up and who asks may know of it. */
  const known = (principal: Principal, call: string): Call => {
    const found = calls.find(call);
    if (found === undefined || !mayKnow(principal, found)) {
      throw new CallError("CALL_NOT_FOUND", `no call ${call}: it has ended, or never was`);
    }
    return found;
  };

  return async (app) => {
    app.post(
      "/telephony/calls/originate/",
      {
        config: { scope: "calls:originate", action: "call.originate" },
        schema: {
          summary: "Originate a call",
          description:
            "Rings the agent's phone, then dials the number. The answer comes when the agent's channel is there; what becomes of the call is told by the call itself, WebHooks and server-sent events.",
          tags,
          body: originateBody,
          response: { 201: callSchema, ...refused },
        },
      },
      async (request, reply) => {
        const { phone_number: to, campaign_id: campaign, agent: asked } = request.body;
        const own = principalOf(request).agent;
        request.audited.target = to;
        Object.assign(request.audited.detail, { agent: asked ?? own, campaign });
        if (own !== undefined && asked !== undefined && asked !== own) {
          throw new ApiError("FORBIDDEN", `this key originates calls of ${own} only`);
        }
        const agent = asked ?? own;
        if (campaign === undefined && agent === undefined) {
          throw new ApiError("VALIDATION", "body.agent: is missing, and the key belongs to no agent", {}, [
            {
              field: "body.agent",
              message: "is missing: name the DN whose phone is to ring, or a campaign_id",
            },
          ]);
        }
        const call =
          campaign === undefined
            ? await calls.originate({ to, agent: agent as string })
            : await dialForCampaign(campaign, to, agent);
        request.audited.detail.call = call.id;
        return reply.code(201).send(callView(call));
      },
    );

    app.post(
      "/telephony/calls/hangup/",
      {
        config: { scope: "calls:control", action: "call.hangup" },
        schema: {
          summary: "Hang up",
          description: "Ends all legs of the call.",
          tags,
          body: hangupBody,
          response: changed,
        },
      },
      async (request) => {
        const { channel_id: channel } = request.body;
        request.audited.target = channel;
        return callView(await calls.hangup(known(principalOf(request), channel).id));
      },
    );

    app.post(
      "/telephony/calls/transfer/",
      {
        config: { scope: "calls:control", action: "call.transfer" },
        schema: { summary: "Transfer", tags, body: transferBody, response: changed },
      },
      async (request) => {
        const { channel_id: channel, destination, mode } = request.body;
        request.audited.target = channel;
        Object.assign(request.audited.detail, { destination, mode });
        const call = known(principalOf(request), channel);
        return callView(await calls.transfer(call.id, destination, mode));
      },
    );

    /** POST /telephony/calls/{id}/<path>/, without a body. */
    const change = (path: string, action: string, summary: string, act: (call: string) => Promise<Call>) =>
      app.post(
        `/telephony/calls/:id/${path}/`,
        {
          config: { scope: "calls:control", action },
          schema: { summary, tags, params: callParams, response: changed },
        },
        async (request) => {
          request.audited.target = request.params.id;
          return callView(await act(known(principalOf(request), request.params.id).id));
        },
      );
    change("transfer/complete", "call.transfer.complete", "Complete an attended transfer", (call) =>
      calls.completeTransfer(call),
    );
    change("transfer/cancel", "call.transfer.cancel", "Cancel an attended transfer", (call) =>
      calls.cancelTransfer(call),
    );
    change("hold", "call.hold", "Put the other party on hold", (call) => calls.hold(call));
    change("resume", "call.resume", "Take the other party off hold", (call) => calls.resume(call));

    app.post(
      "/telephony/calls/:id/dtmf/",
      {
        config: { scope: "calls:control", action: "call.dtmf" },
        schema: {
          summary: "Send tones to the other party",
          tags,
          params: callParams,
          body: dtmfBody,
          response: changed,
        },
      },
      async (request) => {
        // What was sent may be a PIN: the audit row has how many.
        request.audited.target = request.params.id;
        request.audited.detail.count = request.body.digits.length;
        const call = known(principalOf(request), request.params.id);
        return callView(await calls.sendDtmf(call.id, request.body.digits.toUpperCase()));
      },
    );

    app.get(
      "/telephony/calls/live/",
      {
        config: { scope: "calls:read" },
        schema: {
          summary: "Calls that are up",
          description: "The oldest first.",
          tags,
          response: { 200: z.object({ calls: z.array(callSchema) }) },
        },
      },
      async (request) => {
        const principal = principalOf(request);
        return {
          calls: calls
            .live()
            .filter((call) => mayKnow(principal, call))
            .map(callView),
        };
      },
    );
  };
}
