import type { TimelineEntry } from "../../src/changes";
import type { Whole } from "../logic/messages";

/** Milliseconds for an answer. */
const deadline = 10_000;

interface History {
  readonly complete: boolean;
  readonly reason: string | null;
  readonly changes: readonly TimelineEntry[];
}

export function fetchWhole(): Promise<Whole> {
  return getJson("./registrations");
}

/** The latest changes before the one with that id, of a DN or of all. */
export function fetchChanges(limit: number, before?: number, dn?: string): Promise<History> {
  const query = new URLSearchParams({ limit: String(limit) });
  if (before !== undefined) query.set("before", String(before));
  if (dn !== undefined) query.set("dn", dn);
  return getJson(`./changes?${query}`);
}

/** @throws Error with what to say to the reader */
async function getJson<T>(url: string): Promise<T> {
  const response = await fetch(url, { signal: AbortSignal.timeout(deadline) });
  if (response.status === 401) throw new Error("you are not logged in any more: load the page again");
  if (response.status === 429) throw new Error("too many requests: it is tried again");
  if (!response.ok) throw new Error(`the server answers ${response.status}`);
  return (await response.json()) as T;
}
