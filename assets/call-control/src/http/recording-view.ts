import { z } from "zod";
import { type Recording, recordingStates } from "../recordings/store";

export const recordingSchema = z
  .object({
    id: z.string(),
    call_id: z.string(),
    format: z.string(),
    state: z.enum(recordingStates).meta({ description: "Only `done` can be downloaded." }),
    started_at: z.date(),
    started_by: z.string(),
    ended_at: z.date().nullable(),
    duration: z.number().nullable().meta({ description: "Seconds." }),
    expires_at: z.date().meta({ description: "When it is deleted." }),
    failure: z.string().nullable(),
  })
  .meta({
    id: "Recording",
    examples: [
      {
        id: "0b7fd6a3-1f5d-4c0e-8a4a-51a3f0a3a5d2",
        call_id: "5f0f1e0a-6f7c-4c3e-9a55-2d3d0f6f1b11",
        format: "wav",
        state: "done",
        started_at: "2026-03-02T09:30:20.000Z",
        started_by: "key:desktop",
        ended_at: "2026-03-02T09:34:05.000Z",
        duration: 225,
        expires_at: "2026-04-01T09:30:20.000Z",
        failure: null,
      },
    ],
  });

export function recordingView(recording: Recording): z.output<typeof recordingSchema> {
  return {
    id: recording.id,
    call_id: recording.callId,
    format: recording.format,
    state: recording.state,
    started_at: recording.startedAt,
    started_by: recording.startedBy,
    ended_at: recording.endedAt ?? null,
    duration: recording.duration ?? null,
    expires_at: recording.expiresAt,
    failure: recording.failure ?? null,
  };
}
