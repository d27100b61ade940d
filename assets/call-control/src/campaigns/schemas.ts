import { z } from "zod";
import { dn, uuid } from "../http/words";
import { callingHoursSchema, timeZoneSchema } from "./calling-hours";
import { type Campaign, type CampaignSettings, campaignStates, type Lead, type QueueEntry } from "./campaign";
import { queueStatuses, type Standing } from "./campaign-store";
import { type Agent, agentStates } from "./desk";
import { campaignModes } from "./pacing";
import { retrySchema } from "./retry";

const e164 = z.string().regex(/^\+[1-9][0-9]{3,14}$/, "is not a number: + and 4 to 15 digits (E.164)");

const settings = {
  name: z.string().trim().min(1).max(100),
  mode: z.enum(campaignModes).meta({
    description:
      "preview: an agent looks at a lead, and has it called or skips it. progressive: one call for each agent who is free. predictive: more, as answers and talks are expected, within dial_ratio and abandon_limit.",
  }),
  caller_id: e164.nullable().meta({ description: "What customers see; null: the trunk's." }),
  dial_ratio: z.number().min(1).max(5).meta({
    description: "Calls for each agent who is free, or about to be, at most.",
  }),
  abandon_limit: z.number().min(0).max(0.2).meta({
    description: "Share of the answered calls that may find no agent, within the last hour.",
  }),
  ring_seconds: z.number().int().min(5).max(120),
  wrap_up_seconds: z.number().int().min(0).max(3600),
  calling_hours: callingHoursSchema.meta({ description: "In the customer's own time." }),
  time_zone: timeZoneSchema.meta({ description: "IANA name, for leads that have none of their own." }),
  retry: retrySchema.meta({
    description: "Calls to one number at most, and the minutes between them by outcome.",
  }),
};

export const newCampaignSchema = z
  .strictObject({
    ...settings,
    caller_id: settings.caller_id.default(null),
    dial_ratio: settings.dial_ratio.default(1),
    abandon_limit: settings.abandon_limit.default(0.03),
    ring_seconds: settings.ring_seconds.default(25),
    wrap_up_seconds: settings.wrap_up_seconds.default(10),
    retry: settings.retry.default({ attempts: 5, minutes: {} }),
  })
  .meta({
    examples: [
      {
        name: "spring",
        mode: "predictive",
        dial_ratio: 3,
        calling_hours: { mon: [["09:00", "20:00"]] },
        time_zone: "Europe/Amsterdam",
      },
    ],
  });

export const changedCampaignSchema = z.strictObject(settings).partial();

/** From the API's words to ours; what is not given stays away. */
export function settingsOf(body: z.output<typeof changedCampaignSchema>): Partial<CampaignSettings> {
  const all = {
    name: body.name,
    mode: body.mode,
    callerId: body.caller_id,
    dialRatio: body.dial_ratio,
    abandonLimit: body.abandon_limit,
    ringSeconds: body.ring_seconds,
    wrapUpSeconds: body.wrap_up_seconds,
    callingHours: body.calling_hours,
    timeZone: body.time_zone,
    retry: body.retry,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

const counts = <Name extends string>(names: readonly Name[]) =>
  z.object(Object.fromEntries(names.map((name) => [name, z.number().int()])) as Record<Name, z.ZodNumber>);

export const campaignSchema = z
  .object({
    id: uuid,
    ...settings,
    // What was stored is not checked again: rules may have become stricter since.
    calling_hours: z.record(z.string(), z.array(z.array(z.string()))),
    time_zone: z.string(),
    retry: z.object({ attempts: z.number(), minutes: z.record(z.string(), z.number()) }),
    state: z.enum(campaignStates),
    reason: z
      .string()
      .nullable()
      .meta({ description: "Why it begins no calls now, as far as this instance knows." }),
    created_at: z.date(),
    updated_at: z.date(),
    abandon_rate: z.number().nullable().meta({ description: "Of the last hour; null: nobody has answered." }),
    answered: z.number().int(),
    abandoned: z.number().int(),
    queue: counts(queueStatuses),
    agents: counts(agentStates),
  })
  .meta({ id: "Campaign" });

export function campaignView(
  campaign: Campaign,
  standing: Standing | undefined,
  reason: string | null,
): z.input<typeof campaignSchema> {
  const { answered = 0, abandoned = 0 } = standing ?? {};
  const { mode, state, retry } = campaign;
  return {
    ...{ id: campaign.id, name: campaign.name, mode, state, reason, answered, abandoned, retry },
    caller_id: campaign.callerId,
    dial_ratio: campaign.dialRatio,
    abandon_limit: campaign.abandonLimit,
    ring_seconds: campaign.ringSeconds,
    wrap_up_seconds: campaign.wrapUpSeconds,
    calling_hours: campaign.callingHours as Record<string, string[][]>,
    time_zone: campaign.timeZone,
    created_at: campaign.createdAt,
    updated_at: campaign.updatedAt,
    abandon_rate: answered === 0 ? null : abandoned / answered,
    queue: countsOf(queueStatuses, standing?.queue),
    agents: countsOf(agentStates, standing?.agents),
  };
}

function countsOf<Name extends string>(
  names: readonly Name[],
  found: ReadonlyMap<string, number> = new Map(),
): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, found.get(name) ?? 0])) as Record<Name, number>;
}

export const minuteSchema = z.object({
  at: z.date().meta({ description: "Its beginning." }),
  calls: z.number().int(),
  answered: z.number().int(),
  abandoned: z.number().int(),
});

export const agentSchema = z
  .object({
    agent: dn,
    state: z.enum(agentStates),
    since: z.date(),
    call_id: z.string().nullable(),
    reason: z
      .string()
      .nullable()
      .meta({ description: "Why the agent was paused without having asked for it." }),
  })
  .meta({ id: "Agent" });

export function agentView({ dn: agent, state, since, callId, reason }: Agent): z.input<typeof agentSchema> {
  return { agent, state, since: new Date(since), call_id: callId ?? null, reason: reason ?? null };
}

/** Bytes of a lead as JSON: the table takes 8192 of its own form. */
const MAX_LEAD = 4_000;
const text = z
  .string()
  .max(1_000)
  .regex(/^[^\0]*$/, "has a NUL in it");

export const leadSchema = z
  .record(text.min(1).max(64), z.union([text, z.number(), z.boolean(), z.null()]))
  .refine((lead) => Object.keys(lead).length <= 50, "has more than 50 members")
  .refine((lead) => Buffer.byteLength(JSON.stringify(lead)) <= MAX_LEAD, `is longer than ${MAX_LEAD} bytes`)
  .meta({ description: "What the agent is shown.", examples: [{ name: "A. Jansen", order: 4711 }] });

export const MAX_LEADS = 10_000;

/** Of numbers in an answer: what an operator looks at. */
export const MAX_REPORTED = 100;

export const uploadSchema = z.strictObject({
  leads: z
    .array(
      z.strictObject({
        phone_number: z.string().min(1).max(40),
        lead: leadSchema.default({}),
        time_zone: timeZoneSchema.optional().meta({ description: "Where the customer is: IANA name." }),
      }),
    )
    .min(1)
    .max(MAX_LEADS),
});

const numbers = z.array(z.string()).meta({ description: `The first ${MAX_REPORTED} of them.` });

export const uploadedSchema = z.object({
  added: z.number().int(),
  duplicates: z.object({ count: z.number().int(), phone_numbers: numbers }),
  do_not_call: z.object({ count: z.number().int(), phone_numbers: numbers }),
  invalid: z.object({
    count: z.number().int(),
    leads: z.array(z.object({ index: z.number().int(), phone_number: z.string(), message: z.string() })),
  }),
});

export const previewSchema = z.object({
  preview: z
    .object({
      entry_id: z.string(),
      phone_number: z.string(),
      attempts: z.number().int(),
      lead: z.record(z.string(), z.unknown()),
    })
    .nullable()
    .meta({ description: "null: no customer may be called now." }),
});

export function previewView(entry: QueueEntry | undefined): z.input<typeof previewSchema> {
  if (entry === undefined) return { preview: null };
  const lead: Lead = entry.lead;
  return {
    preview: {
      entry_id: entry.id,
      phone_number: entry.phoneNumber,
      attempts: entry.attempts,
      lead: { ...lead },
    },
  };
}

export const forbidSchema = z.strictObject({
  phone_numbers: z.array(z.string().min(1).max(40)).min(1).max(MAX_LEADS),
  reason: z.string().max(200).default(""),
});

export const listedSchema = z.object({
  phone_number: z.string(),
  reason: z.string(),
  added_at: z.date(),
  added_by: z.string(),
});
