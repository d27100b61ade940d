import { z } from "zod";
import { ApiError, errorSchema } from "../http/errors";
import type { Routes } from "../http/route";
import { uuid } from "../http/words";
import type { Campaign } from "./campaign";
import type { Campaigns } from "./campaigns";
import { readLeads } from "./leads";
import {
  campaignSchema,
  campaignView,
  changedCampaignSchema,
  MAX_REPORTED,
  minuteSchema,
  newCampaignSchema,
  settingsOf,
  uploadedSchema,
  uploadSchema,
} from "./schemas";

const params = z.object({ id: uuid });
const refused = { 404: errorSchema, 409: errorSchema, 422: errorSchema, 503: errorSchema };
const tags = ["campaigns"];

/** Campaigns in one list. */
const MAX_CAMPAIGNS = 200;

/** Bytes of an upload: 10,000 leads of ordinary length. */
const UPLOAD_LIMIT = 16 << 20;

/** Campaigns, their numbers and how they go. */
export function campaignRoutes(campaigns: Campaigns): Routes {
  const view = async (campaign: Campaign) => {
    const standings = await campaigns.store.standings([campaign.id], new Date(campaigns.clock.now()));
    return campaignView(campaign, standings.get(campaign.id), campaigns.reason(campaign.id));
  };

  return async (app) => {
    app.get(
      "/telephony/campaigns/",
      {
        config: { scope: "campaigns:read" },
        schema: {
          summary: "Campaigns, and how far they are",
          description: `The latest first, at most ${MAX_CAMPAIGNS}.`,
          tags,
          response: { 200: z.object({ now: z.date(), campaigns: z.array(campaignSchema) }) },
        },
      },
      async () => {
        const now = new Date(campaigns.clock.now());
        const list = await campaigns.store.list(MAX_CAMPAIGNS);
        const standings = await campaigns.store.standings(
          list.map(({ id }) => id),
          now,
        );
        return {
          now,
          campaigns: list.map((one) => campaignView(one, standings.get(one.id), campaigns.reason(one.id))),
        };
      },
    );

    app.post(
      "/telephony/campaigns/",
      {
        config: { scope: "campaigns:write", action: "campaign.create" },
        schema: {
          summary: "Make a campaign",
          description: "It is paused until it's started.",
          tags,
          body: newCampaignSchema,
          response: { 201: campaignSchema, ...refused },
        },
      },
      async (request, reply) => {
        request.audited.target = request.body.name;
        // Every setting of a new campaign is given, or has a default.
        const made = await campaigns.create(settingsOf(request.body) as Parameters<Campaigns["create"]>[0]);
        request.audited.detail.campaign = made.id;
        return reply.code(201).send(await view(made));
      },
    );

    app.get(
      "/telephony/campaigns/:id/",
      {
        config: { scope: "campaigns:read" },
        schema: { summary: "A campaign", tags, params, response: { 200: campaignSchema, ...refused } },
      },
      async ({ params: { id } }) => view(await campaigns.get(id)),
    );

    app.patch(
      "/telephony/campaigns/:id/",
      {
        config: { scope: "campaigns:write", action: "campaign.change" },
        schema: {
          summary: "Change a campaign",
          description: "Also while it runs: calls from then on are as it says.",
          tags,
          params,
          body: changedCampaignSchema,
          response: { 200: campaignSchema, ...refused },
        },
      },
      async (request) => {
        request.audited.target = request.params.id;
        Object.assign(request.audited.detail, request.body);
        return view(await campaigns.change(request.params.id, settingsOf(request.body)));
      },
    );

    app.delete(
      "/telephony/campaigns/:id/",
      {
        config: { scope: "campaigns:write", action: "campaign.remove" },
        schema: {
          summary: "Remove a campaign and its numbers",
          description: "The call log keeps its calls.",
          tags,
          params,
          response: { 204: z.null(), ...refused },
        },
      },
      async (request, reply) => {
        request.audited.target = request.params.id;
        await campaigns.remove(request.params.id);
        return reply.code(204).send(null);
      },
    );

    const setState = (path: "start" | "pause", state: "running" | "paused", description: string) =>
      app.post(
        `/telephony/campaigns/:id/${path}/`,
        {
          config: { scope: "campaigns:write", action: `campaign.${path}` },
          schema: {
            summary: path === "start" ? "Start a campaign" : "Pause a campaign",
            description,
            tags,
            params,
            response: { 200: campaignSchema, ...refused },
          },
        },
        async (request) => {
          request.audited.target = request.params.id;
          return view(await campaigns.setState(request.params.id, state));
        },
      );
    setState("start", "running", "Also one that was finished, when it has got numbers since.");
    setState("pause", "paused", "Begins no more calls. Those that ring or are up go on.");

    app.post(
      "/telephony/campaigns/:id/leads/",
      {
        bodyLimit: UPLOAD_LIMIT,
        config: { scope: "campaigns:write", action: "campaign.leads" },
        schema: {
          summary: "Add numbers to a campaign",
          description:
            "Numbers that are in it already, or on the do-not-call list, or that can't be called, are left out and told of.",
          tags,
          params,
          body: uploadSchema,
          response: { 200: uploadedSchema, ...refused, 413: errorSchema },
        },
      },
      async (request) => {
        const { id } = await campaigns.get(request.params.id);
        request.audited.target = id;
        const { leads, twice, invalid } = readLeads(request.body.leads, (text) => campaigns.number(text));
        const { added, duplicates, doNotCall } = await campaigns.addLeads(id, leads);
        request.audited.detail.added = added;
        const reported = (numbers: readonly string[]) => ({
          count: numbers.length,
          phone_numbers: numbers.slice(0, MAX_REPORTED),
        });
        return {
          added,
          duplicates: reported([...twice, ...duplicates]),
          do_not_call: reported(doNotCall),
          invalid: { count: invalid.length, leads: invalid.slice(0, MAX_REPORTED) },
        };
      },
    );

    app.get(
      "/telephony/campaigns/:id/progress/",
      {
        config: { scope: "campaigns:read" },
        schema: {
          summary: "How a campaign has gone, minute by minute",
          description: "Minutes in which no call began are missing.",
          tags,
          params,
          querystring: z.strictObject({ minutes: z.coerce.number().int().min(1).max(1_440).default(60) }),
          response: { 200: z.object({ now: z.date(), minutes: z.array(minuteSchema) }), ...refused },
        },
      },
      async ({ params: { id }, query: { minutes } }) => {
        await campaigns.get(id);
        const now = new Date(campaigns.clock.now());
        const since = new Date(Math.floor(now.getTime() / 60_000 - minutes) * 60_000);
        return { now, minutes: await campaigns.store.minutes(id, since) };
      },
    );
  };
}

/** Refuses who works for one agent to act for another. */
export function expectAgent(own: string | undefined, agent: string): void {
  if (own !== undefined && own !== agent) throw new ApiError("FORBIDDEN", `this key is agent ${own}'s`);
}
