import type { CallControlConfig } from "../config";

/** Whom of a queue's members to ring next. */
export class Queues {
  /** When each member's last call ended, in milliseconds; who has had none is free for longest. */
  readonly #freeSince = new Map<string, number>();
  readonly #members: ReadonlySet<string>;

  constructor(private readonly queues: CallControlConfig["queues"]) {
    this.#members = new Set(queues.flatMap(({ members }) => members));
  }

  /** A call of this DN has ended, or was offered to it in vain. */
  free(dn: string, at: number): void {
    if (this.#members.has(dn)) this.#freeSince.set(dn, at);
  }

  /** @param isBusy whether a DN has a call now */
  choose(name: string, isBusy: (dn: string) => boolean): string[] {
    const queue = this.queues.find((one) => one.name === name);
    const free = (queue?.members ?? []).filter((dn) => !isBusy(dn));
    if (queue?.strategy !== "longest-idle") return free;
    const since = (dn: string) => this.#freeSince.get(dn) ?? 0;
    return free.sort((a, b) => since(a) - since(b)).slice(0, 1);
  }
}
