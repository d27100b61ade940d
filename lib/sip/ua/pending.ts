import { formatAddress } from "../address";
import { SipError } from "../errors";
import type { Flow } from "../transport/transport";

/** Something that waits for an answer on a flow. */
export interface Pending {
  readonly flow: Flow;
  fail(error: SipError): void;
}

/** All that waits, so that a lost connection or a stop ends it at once instead of at its timer. */
export class PendingSet {
  private readonly items = new Set<Pending>();

  add(item: Pending): void {
    this.items.add(item);
  }

  delete(item: Pending): void {
    this.items.delete(item);
  }

  failFlow(flow: Flow, cause: Error | undefined): void {
    const peer = formatAddress(flow.remote);
    for (const item of [...this.items]) {
      if (item.flow.transport !== flow.transport || formatAddress(item.flow.remote) !== peer) continue;
      item.fail(new SipError("transport", `the connection to ${peer} was lost`, { cause }));
    }
  }

  failAll(error: SipError): void {
    for (const item of [...this.items]) item.fail(error);
  }
}
