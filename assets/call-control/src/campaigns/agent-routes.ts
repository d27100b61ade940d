import { z } from "zod";
import { callSchema, callView } from "../http/call-view";
import { ApiError, errorSchema } from "../http/errors";
import { principalOf, type Routes } from "../http/route";
import { dn, uuid } from "../http/words";
import type { Campaigns } from "./campaigns";
import type { Agent } from "./desk";
import { expectAgent } from "./routes";
import { agentSchema, agentView, previewSchema, previewView } from "./schemas";

const campaignParams = z.object({ id: uuid });
const params = z.object({ id: uuid, agent: dn });
const refused = { 404: errorSchema, 409: errorSchema, 422: errorSchema, 503: errorSchema };
const tags = ["campaigns"];

/** Agents who work for a campaign. A key that belongs to an agent acts for that one only. */
export function agentRoutes(campaigns: Campaigns): Routes {
  return async (app) => {
    app.get(
      "/telephony/campaigns/:id/agents/",
      {
        config: { scope: "campaigns:read" },
        schema: {
          summary: "A campaign's agents",
          tags,
          params: campaignParams,
          response: { 200: z.object({ agents: z.array(agentSchema) }), ...refused },
        },
      },
      async ({ params: { id } }) => {
        await campaigns.get(id);
        const stored = await campaigns.store.agents(id);
        return {
          agents: stored.map(({ dn: agent, state, since, callId }) =>
            agentView(
              campaigns.agent(id, agent) ?? {
                dn: agent,
                state,
                since: since.getTime(),
                ...(callId === null ? {} : { callId }),
              },
            ),
          ),
        };
      },
    );

    app.post(
      "/telephony/campaigns/:id/agents/",
      {
        config: { scope: "campaigns:write", action: "campaign.join" },
        schema: {
          summary: "Work for a campaign",
          description:
            "Rings the agent's phone, whose call stays until the agent leaves or hangs up: customers are put through to it. The answer comes at once, with state joining; when the phone is not answered, the agent is paused, and reason says why.",
          tags,
          params: campaignParams,
          body: z.strictObject({
            agent: dn.optional().meta({ description: "Without it, the one that the key belongs to." }),
          }),
          response: { 202: agentSchema, ...refused },
        },
      },
      async (request, reply) => {
        const { agent: own } = principalOf(request);
        const agent = request.body.agent ?? own;
        if (agent === undefined) {
          const fields = [{ field: "body.agent", message: "is missing: name the DN" }];
          throw new ApiError(
            "VALIDATION",
            "body.agent: is missing, and the key belongs to no agent",
            {},
            fields,
          );
        }
        expectAgent(own, agent);
        request.audited.target = request.params.id;
        request.audited.detail.agent = agent;
        return reply.code(202).send(agentView(await campaigns.join(request.params.id, agent)));
      },
    );

    app.delete(
      "/telephony/campaigns/:id/agents/:agent/",
      {
        config: { scope: "campaigns:write", action: "campaign.leave" },
        schema: {
          summary: "Work for a campaign no longer",
          description: "After the call with a customer, when there is one; then the phone's call ends.",
          tags,
          params,
          response: { 204: z.null(), ...refused },
        },
      },
      async (request, reply) => {
        const { id, agent } = agentOf(request);
        await campaigns.leave(id, agent);
        return reply.code(204).send(null);
      },
    );

    const change = (path: string, summary: string, act: (id: string, agent: string) => Promise<Agent>) =>
      app.post(
        `/telephony/campaigns/:id/agents/:agent/${path}/`,
        {
          config: { scope: "campaigns:write", action: `campaign.${path}` },
          schema: { summary, tags, params, response: { 200: agentSchema, ...refused } },
        },
        async (request) => {
          const { id, agent } = agentOf(request);
          return agentView(await act(id, agent));
        },
      );
    change("ready", "Be ready for customers; rings the phone when its call has ended", (id, agent) =>
      campaigns.ready(id, agent),
    );
    change("pause", "Get no customers, after this one", (id, agent) => campaigns.pause(id, agent));

    app.post(
      "/telephony/campaigns/:id/agents/:agent/preview/next/",
      {
        config: { scope: "campaigns:write", action: "campaign.preview.next" },
        schema: {
          summary: "Look at the next lead",
          description: "Nobody else gets it for five minutes. Asked again, it's the same one.",
          tags,
          params,
          response: { 200: previewSchema, ...refused },
        },
      },
      async (request) => {
        const { id, agent } = agentOf(request);
        return previewView(await campaigns.previewNext(id, agent));
      },
    );

    app.post(
      "/telephony/campaigns/:id/agents/:agent/preview/accept/",
      {
        config: { scope: "campaigns:write", action: "campaign.preview.accept" },
        schema: {
          summary: "Call the customer whose lead is looked at",
          tags,
          params,
          response: { 201: callSchema, ...refused, 502: errorSchema },
        },
      },
      async (request, reply) => {
        const { id, agent } = agentOf(request);
        const call = await campaigns.previewAccept(id, agent);
        request.audited.detail.call = call.id;
        return reply.code(201).send(callView(call));
      },
    );

    app.post(
      "/telephony/campaigns/:id/agents/:agent/preview/skip/",
      {
        config: { scope: "campaigns:write", action: "campaign.preview.skip" },
        schema: {
          summary: "Leave this lead for later",
          description: "It is shown again after 15 minutes, and counts as no call.",
          tags,
          params,
          response: { 204: z.null(), ...refused },
        },
      },
      async (request, reply) => {
        const { id, agent } = agentOf(request);
        await campaigns.previewSkip(id, agent);
        return reply.code(204).send(null);
      },
    );
  };
}

/** Whom a request is about, when who asks may act for that agent. */
function agentOf(
  request: Parameters<typeof principalOf>[0] & {
    readonly params: z.output<typeof params>;
    readonly audited: { target?: string; detail: Record<string, unknown> };
  },
): z.output<typeof params> {
  const { id, agent } = request.params;
  request.audited.target = id;
  request.audited.detail.agent = agent;
  expectAgent(principalOf(request).agent, agent);
  return { id, agent };
}
