import type { TimelineEntry } from "../changes";
import { type Row, type Totals, totalsOf } from "../rows";

/** Where the feed looks. */
export interface FeedSource {
  /** undefined: the DN has no row (any more). */
  row(dn: string): Row | undefined;
  /** Phones that are registered with a DN outside the range. */
  outsideRange(): number;
  /** ISO 8601: when anything was last heard. */
  updatedAt(): string;
  /** What is shown above the rows beside the totals. */
  head(): object;
}

/** What a client applies to what it has: it is never more than `limits.frame` long. */
export interface FeedMessage {
  /** `<boot>-<n>`: n rises by one from message to message, and boot tells two processes apart. */
  readonly version: string;
  /** JSON; undefined: too much has changed at once, and the whole is to be fetched again. */
  readonly data: string | undefined;
}

/** The JSON of a message. What has not changed is left out. */
export interface Delta {
  readonly version: string;
  readonly head?: object;
  readonly totals?: Totals;
  readonly rows?: readonly Row[];
  /** DNs that have no row any more. */
  readonly gone?: readonly string[];
  readonly changes?: readonly TimelineEntry[];
}

export interface FeedLimits {
  /** Milliseconds that changes are collected for: however many there are, they make one message. */
  readonly collect: number;
  /** Milliseconds between two looks at the head, which changes by itself. */
  readonly look: number;
  /** Characters of one message. */
  readonly frame: number;
  /** Characters of messages that are kept for clients who come back. */
  readonly replay: number;
}

/** 5000 rows are about 2.5 MB here, and a tenth of that as a compressed whole. */
const defaultLimits: FeedLimits = { collect: 250, look: 1_000, frame: 1_000_000, replay: 4_000_000 };

interface Shown {
  readonly row: Row;
  readonly json: string;
}

/** Turns what happens to rows into messages for clients: coalesced, numbered, and only what is different. */
export class Feed {
  readonly #shown = new Map<string, Shown>();
  readonly #touched = new Set<string>();
  readonly #kept: FeedMessage[] = [];
  readonly #listeners = new Set<(message: FeedMessage) => void>();
  #entries: TimelineEntry[] = [];
  #keptSize = 0;
  #number = 0;
  #head = "";
  #totals = "";
  #timer?: NodeJS.Timeout;
  #clock?: NodeJS.Timeout;
  /** The JSON of the whole, without what it begins with: the time. */
  #snapshot?: string;

  constructor(
    private readonly source: FeedSource,
    private readonly limits: FeedLimits = defaultLimits,
    private readonly boot: string = Date.now().toString(36),
  ) {}

  /** Of the last message. */
  get version(): string {
    return `${this.boot}-${this.#number}`;
  }

  get rows(): number {
    return this.#shown.size;
  }

  start(): void {
    this.#clock = setInterval(() => this.flush(), this.limits.look);
  }

  stop(): void {
    clearInterval(this.#clock);
    clearTimeout(this.#timer);
    this.#listeners.clear();
  }

  /** The row of a DN may be another one now. */
  touched(dn: string): void {
    this.#touched.add(dn);
    this.#soon();
  }

  entry(entry: TimelineEntry): void {
    this.#entries.push(entry);
    this.#soon();
  }

  subscribe(listener: (message: FeedMessage) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Messages after that version, the oldest first; undefined: they aren't there any more. */
  since(version: string): readonly FeedMessage[] | undefined {
    if (version === this.version) return [];
    const at = this.#kept.findIndex((message) => message.version === version);
    if (at !== -1) return this.#kept.slice(at + 1);
    const first = this.#kept[0];
    return first !== undefined && version === this.#before(first) ? [...this.#kept] : undefined;
  }

  /** All rows and what stands above them, as JSON, with the version that they are of. */
  snapshot(): string {
    this.flush();
    if (this.#snapshot === undefined) {
      const rows = [...this.#shown].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { json }]) => json);
      this.#snapshot =
        `"version":"${this.version}","totals":${this.#totals},${this.#head.slice(1, -1)},` +
        `"rows":[${rows.join(",")}]}\n`;
    }
    return `{"now":"${new Date().toISOString()}","updatedAt":"${this.source.updatedAt()}",${this.#snapshot}`;
  }

  totals(): Totals {
    const rows = [...this.#shown.values()].map(({ row }) => row);
    return totalsOf(rows, this.source.outsideRange());
  }

  /** Makes a message of what is different since the last one, if anything is. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { rows, gone } = this.#look();
    const parts: string[] = [];
    const head = JSON.stringify(this.source.head());
    if (head !== this.#head) parts.push(`"head":${head}`);
    this.#head = head;
    const totals = JSON.stringify(this.totals());
    if (totals !== this.#totals) parts.push(`"totals":${totals}`);
    this.#totals = totals;
    if (rows.length > 0) parts.push(`"rows":[${rows.join(",")}]`);
    if (gone.length > 0) parts.push(`"gone":${JSON.stringify(gone)}`);
    if (this.#entries.length > 0) parts.push(`"changes":${JSON.stringify(this.#entries)}`);
    this.#entries = [];
    if (parts.length === 0) return;
    this.#number++;
    this.#snapshot = undefined;
    const data = `{"version":"${this.version}",${parts.join(",")}}`;
    this.#publish({ version: this.version, data: data.length > this.limits.frame ? undefined : data });
  }

  #look(): { rows: string[]; gone: string[] } {
    const rows: string[] = [];
    const gone: string[] = [];
    for (const dn of this.#touched) {
      const row = this.source.row(dn);
      if (row === undefined) {
        if (this.#shown.delete(dn)) gone.push(dn);
        continue;
      }
      const json = JSON.stringify(row);
      if (this.#shown.get(dn)?.json === json) continue;
      this.#shown.set(dn, { row, json });
      rows.push(json);
    }
    this.#touched.clear();
    return { rows, gone };
  }

  #publish(message: FeedMessage): void {
    this.#kept.push(message);
    this.#keptSize += sizeOf(message);
    while (this.#keptSize > this.limits.replay) this.#keptSize -= sizeOf(this.#kept.shift() as FeedMessage);
    for (const listener of this.#listeners) listener(message);
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => this.flush(), this.limits.collect);
  }

  #before({ version }: FeedMessage): string {
    return `${this.boot}-${Number(version.slice(this.boot.length + 1)) - 1}`;
  }
}

/** A small constant stands for what every message costs, however short it is. */
function sizeOf({ data }: FeedMessage): number {
  return 200 + (data?.length ?? 0);
}
