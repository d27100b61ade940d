/** What is asked of the log, as it stands in its form. Empty: any. */
export interface LogSearch {
  /** The beginning of a DN or of a number in E.164 form. */
  readonly number: string;
  readonly agent: string;
  readonly type: string;
  readonly outcome: string;
  /** Times as `datetime-local` gives them: in the reader's own time zone, without one. */
  readonly from: string;
  readonly to: string;
}

export const pageSize = 50;

/** Why it can't be asked so, in a sentence. */
export function faultOf({ number, agent, from, to }: LogSearch): string | undefined {
  if (!/^(\+?[0-9]*|[a-z][a-z0-9-]*)$/.test(number)) {
    return "A number has digits only, with a + before them when it is one outside; or it is a queue's name.";
  }
  if (!/^[0-9]*$/.test(agent)) return "An agent is a DN: digits only.";
  if (from !== "" && to !== "" && from >= to) return "The time range ends before it begins.";
  return undefined;
}

/** The query of GET calls/. */
export function queryOf(search: LogSearch, cursor: string | undefined): URLSearchParams {
  const query = new URLSearchParams({ limit: String(pageSize) });
  const { number, agent, type, outcome } = search;
  for (const [name, value] of Object.entries({ number, agent, type, outcome })) {
    if (value !== "") query.set(name, value);
  }
  for (const name of ["from", "to"] as const) {
    if (search[name] !== "") query.set(name, new Date(search[name]).toISOString());
  }
  if (cursor !== undefined) query.set("cursor", cursor);
  return query;
}

/** The pages that a reader has come by: a cursor leads to older calls only, and back the way one came. */
export class Pages {
  readonly #cursors: (string | undefined)[] = [undefined];
  #next: string | null = null;

  get cursor(): string | undefined {
    return this.#cursors.at(-1);
  }

  /** From 1. */
  get number(): number {
    return this.#cursors.length;
  }

  get hasOlder(): boolean {
    return this.#next !== null;
  }

  get hasNewer(): boolean {
    return this.#cursors.length > 1;
  }

  first(): void {
    this.#cursors.length = 1;
    this.#next = null;
  }

  /** What the server said of the page that is shown now. */
  shown(next: string | null): void {
    this.#next = next;
  }

  older(): void {
    if (this.#next !== null) this.#cursors.push(this.#next);
    this.#next = null;
  }

  newer(): void {
    if (this.#cursors.length > 1) this.#cursors.pop();
  }
}
