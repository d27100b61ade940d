import type { Query } from "../database/database";

export const recordingStates = ["recording", "done", "failed", "deleted"] as const;
export type RecordingState = (typeof recordingStates)[number];

export interface Recording {
  readonly id: string;
  readonly callId: string;
  /** At Asterisk. */
  readonly name: string;
  /** As Asterisk names it: `wav`. */
  readonly format: string;
  readonly state: RecordingState;
  readonly startedAt: Date;
  /** Who has asked for it: an actor of the audit. */
  readonly startedBy: string;
  readonly endedAt?: Date;
  /** Seconds. */
  readonly duration?: number;
  /** When its file is removed. */
  readonly expiresAt: Date;
  readonly failure?: string;
}

/** How a recording has ended. */
export interface RecordingEnd {
  readonly state: "done" | "failed";
  readonly at: Date;
  readonly duration?: number;
  readonly failure?: string;
}

interface Row {
  readonly id: string;
  readonly call_id: string;
  readonly name: string;
  readonly format: string;
  readonly state: RecordingState;
  readonly started_at: Date;
  readonly started_by: string;
  readonly ended_at: Date | null;
  readonly duration: number | null;
  readonly expires_at: Date;
  readonly failure: string | null;
}

/** Recordings of one call that are listed. */
const MAX_LISTED = 100;

const columns =
  "id, call_id, name, format, state, started_at, started_by, ended_at, duration, expires_at, failure";

/** The index of recordings: call_control.recordings. */
export class RecordingStore {
  constructor(private readonly query: Query) {}

  async insert(recording: Recording): Promise<void> {
    const { id, callId, name, format, state, startedAt, startedBy, expiresAt } = recording;
    await this.query(
      `INSERT INTO call_control.recordings (id, call_id, name, format, state, started_at, started_by, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [id, callId, name, format, state, startedAt, startedBy, expiresAt],
    );
  }

  /** One that has ended already stays as it is. */
  async end(name: string, { state, at, duration, failure }: RecordingEnd): Promise<void> {
    await this.query(
      `UPDATE call_control.recordings
       SET state = $2, ended_at = $3, duration = coalesce($4, extract(epoch FROM $3::timestamptz - started_at)), failure = $5
       WHERE name = $1 AND state = 'recording'`,
      [name, state, at, duration ?? null, failure ?? null],
    );
  }

  async get(id: string): Promise<Recording | undefined> {
    const [row] = await this.query<Row>(`SELECT ${columns} FROM call_control.recordings WHERE id = $1`, [id]);
    return row && toRecording(row);
  }

  /** The oldest first. */
  async ofCall(callId: string): Promise<Recording[]> {
    const rows = await this.query<Row>(
      `SELECT ${columns} FROM call_control.recordings WHERE call_id = $1 ORDER BY started_at LIMIT ${MAX_LISTED}`,
      [callId],
    );
    return rows.map(toRecording);
  }

  /** Those of an instance's calls that have not ended as far as is known. */
  async open(instance: string, limit: number): Promise<Recording[]> {
    const rows = await this.query<Row>(
      `SELECT ${columns.replace(/\w+/g, "recording.$&")} FROM call_control.recordings AS recording
       LEFT JOIN call_control.call_log AS call ON call.id = recording.call_id
       WHERE recording.state = 'recording' AND coalesce(call.instance, $1) = $1
       ORDER BY recording.started_at LIMIT $2`,
      [instance, limit],
    );
    return rows.map(toRecording);
  }

  /** Those whose file is to be removed, the oldest first. */
  async expired(now: Date, limit: number): Promise<Recording[]> {
    const rows = await this.query<Row>(
      `SELECT ${columns} FROM call_control.recordings
       WHERE expires_at < $1 AND state IN ('done', 'failed') ORDER BY expires_at LIMIT $2`,
      [now, limit],
    );
    return rows.map(toRecording);
  }

  async deleted(ids: readonly string[]): Promise<void> {
    await this.query("UPDATE call_control.recordings SET state = 'deleted' WHERE id = ANY ($1::uuid[])", [
      ids,
    ]);
  }
}

function toRecording(row: Row): Recording {
  return {
    id: row.id,
    callId: row.call_id,
    name: row.name,
    format: row.format,
    state: row.state,
    startedAt: row.started_at,
    startedBy: row.started_by,
    expiresAt: row.expires_at,
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
    ...(row.duration === null ? {} : { duration: row.duration }),
    ...(row.failure === null ? {} : { failure: row.failure }),
  };
}
