import { z } from "zod";
import { type Call, callOutcomes, callStatuses, callTypes } from "../calls/call";

const moment = z.date().nullable();

/** A call as the API, WebHooks and server-sent events give it. */
export const callSchema = z
  .object({
    id: z
      .string()
      .meta({ description: "The call's own id, a UUID: by it the call is found in the log, too." }),
    channel_id: z.string().meta({
      description:
        "Asterisk's channel that the call began with: of the agent, the campaign's customer, or the caller.",
    }),
    peer_channel_id: z
      .string()
      .nullable()
      .meta({ description: "… and of who was called, once there is one." }),
    type: z.enum(callTypes),
    status: z.enum(callStatuses),
    from_number: z.string().meta({ description: "Who called: a DN, or a number in E.164 form." }),
    to_number: z.string().meta({ description: "Who was called: a DN, a queue, or a number in E.164 form." }),
    agent: z.string().nullable().meta({ description: "The DN of ours that speaks." }),
    campaign_id: z.string().nullable(),
    queue_entry_id: z
      .string()
      .nullable()
      .meta({ description: "The campaign's number that it was dialled for." }),
    trunk: z.string().nullable().meta({ description: "The trunk that it came or went by." }),
    started_at: z.date(),
    answered_at: moment,
    ended_at: moment,
    duration: z.number().nullable().meta({ description: "Seconds from answer to end." }),
    outcome: z.enum(callOutcomes).nullable().meta({ description: "What became of it, once it has ended." }),
    cause: z.number().int().nullable().meta({ description: "Q.850 cause of the end." }),
    cause_text: z.string().nullable(),
    on_hold: z.boolean(),
    recording_id: z.string().nullable().meta({ description: "The recording that runs now." }),
    consulting: z.string().nullable().meta({ description: "Where an attended transfer is about to lead." }),
  })
  .meta({
    id: "Call",
    examples: [
      {
        id: "5f0f1e0a-6f7c-4c3e-9a55-2d3d0f6f1b11",
        channel_id: "5f0f1e0a-6f7c-4c3e-9a55-2d3d0f6f1b11-agent",
        peer_channel_id: null,
        type: "outbound",
        status: "dialing",
        from_number: "1001",
        to_number: "+31201234567",
        agent: "1001",
        campaign_id: null,
        queue_entry_id: null,
        trunk: "provider",
        started_at: "2026-03-02T09:30:00.000Z",
        answered_at: null,
        ended_at: null,
        duration: null,
        outcome: null,
        cause: null,
        cause_text: null,
        on_hold: false,
        recording_id: null,
        consulting: null,
      },
    ],
  });

export type CallView = z.output<typeof callSchema>;

/** @param call one that is up, or of the log, which does not tell what only matters while a call is up */
export function callView(call: Omit<Call, "onHold"> & { readonly onHold?: boolean }): CallView {
  const { answeredAt, endedAt } = call;
  return {
    id: call.id,
    channel_id: call.channelId,
    peer_channel_id: call.peerChannelId ?? null,
    type: call.type,
    status: call.status,
    from_number: call.from,
    to_number: call.to,
    agent: call.agent ?? null,
    campaign_id: call.campaignId ?? null,
    queue_entry_id: call.queueEntryId ?? null,
    trunk: call.trunk ?? null,
    started_at: call.startedAt,
    answered_at: answeredAt ?? null,
    ended_at: endedAt ?? null,
    duration: answeredAt && endedAt ? (endedAt.getTime() - answeredAt.getTime()) / 1_000 : null,
    outcome: call.outcome ?? null,
    cause: call.cause ?? null,
    cause_text: call.causeText ?? null,
    on_hold: call.onHold ?? false,
    recording_id: call.recordingId ?? null,
    consulting: call.consulting ?? null,
  };
}
