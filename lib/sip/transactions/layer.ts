import { type Clock, systemClock } from "../clock";
import { type SipRequest, SipResponse } from "../message";
import { ClientInviteTransaction } from "./client-invite";
import { type ClientHandlers, ClientNonInviteTransaction } from "./client-non-invite";
import { clientKey, serverKey } from "./key";
import { ServerInviteTransaction } from "./server-invite";
import { type ServerHandlers, ServerNonInviteTransaction } from "./server-non-invite";
import { defaultTimers, type TimerValues } from "./timers";
import type { TransactionContext, TransactionTransport } from "./transaction";

export type ClientTransaction = ClientInviteTransaction | ClientNonInviteTransaction;
export type ServerTransaction = ServerInviteTransaction | ServerNonInviteTransaction;

export interface TransactionLayerOptions<T extends TransactionTransport> {
  readonly clock?: Clock | undefined;
  readonly timers?: TimerValues | undefined;
  /** Server transactions held at most; more requests get 503. @default 200000 */
  readonly maxServerTransactions?: number | undefined;
  /**
   * A new request with its transaction; returns what the transaction tells. For a CANCEL, `cancelled` is the INVITE
   * transaction that it matches (9.2).
   */
  readonly onRequest: (
    request: SipRequest,
    transaction: ServerTransaction,
    transport: T,
    cancelled: ServerInviteTransaction | undefined,
  ) => ServerHandlers;
  /** An ACK that belongs to no transaction: the one to a 2xx. */
  readonly onAck: (ack: SipRequest, transport: T) => void;
  /** A response that belongs to no transaction. */
  readonly onStrayResponse?: (response: SipResponse, transport: T) => void;
}

/** Finds the transaction of each message, and makes one for each new request (RFC 3261 17). */
export class TransactionLayer<T extends TransactionTransport> {
  private readonly clients = new Map<string, ClientTransaction>();
  private readonly servers = new Map<string, ServerTransaction>();
  private readonly clock: Clock;
  private readonly timers: TimerValues;
  private readonly maxServers: number;

  constructor(private readonly options: TransactionLayerOptions<T>) {
    this.clock = options.clock ?? systemClock;
    this.timers = options.timers ?? defaultTimers;
    this.maxServers = options.maxServerTransactions ?? 200_000;
  }

  /** Transactions that are not terminated. */
  get size(): number {
    return this.clients.size + this.servers.size;
  }

  /** Send a request whose top Via is ours, with a branch of its own. Not for ACK. */
  request(request: SipRequest, transport: T, handlers: ClientHandlers): ClientTransaction {
    const key = clientKey(request);
    const context = this.context(transport, () => this.clients.delete(key));
    const transaction =
      request.method === "INVITE"
        ? new ClientInviteTransaction(request, context, handlers)
        : new ClientNonInviteTransaction(request, context, handlers);
    this.clients.set(key, transaction);
    transaction.start();
    return transaction;
  }

  /** A response that passed `checkMandatory`. */
  receiveResponse(response: SipResponse, transport: T): void {
    const transaction = this.clients.get(clientKey(response));
    if (transaction === undefined) this.options.onStrayResponse?.(response, transport);
    else transaction.receive(response);
  }

  /** A request that passed `checkMandatory`. */
  receiveRequest(request: SipRequest, transport: T): void {
    const key = serverKey(request);
    const known = this.servers.get(key);
    if (known !== undefined && belongsTo(request, known)) known.receive(request);
    else if (request.method === "ACK") this.options.onAck(request, transport);
    else if (this.servers.size >= this.maxServers) refuseStateless(request, transport);
    else this.serve(key, request, transport);
  }

  /** Terminate everything, telling nobody. */
  close(): void {
    for (const transaction of [...this.clients.values(), ...this.servers.values()]) transaction.terminate();
  }

  private serve(key: string, request: SipRequest, transport: T): void {
    const context = this.context(transport, () => this.servers.delete(key));
    // The user's handlers exist only after it has seen the request, and answers may already go out meanwhile.
    let handlers: ServerHandlers | undefined;
    const relay: ServerHandlers = {
      onTransportError: (error) => handlers?.onTransportError(error),
      onTimeout: () => handlers?.onTimeout(),
      onAck: (ack) => handlers?.onAck?.(ack),
    };
    const transaction =
      request.method === "INVITE"
        ? new ServerInviteTransaction(request, context, relay)
        : new ServerNonInviteTransaction(request, context, relay);
    this.servers.set(key, transaction);
    handlers = this.options.onRequest(request, transaction, transport, this.cancelledBy(request));
  }

  private cancelledBy(request: SipRequest): ServerInviteTransaction | undefined {
    if (request.method !== "CANCEL") return undefined;
    const target = this.servers.get(serverKey(request, "INVITE"));
    return target instanceof ServerInviteTransaction ? target : undefined;
  }

  private context(transport: T, onTerminated: () => void): TransactionContext {
    return { clock: this.clock, timers: this.timers, transport, onTerminated };
  }
}

/** 17.2.3: an ACK without the magic cookie has to carry the To tag of the response. */
function belongsTo(request: SipRequest, transaction: ServerTransaction): boolean {
  if (request.method !== "ACK" || request.via.hasMagicCookie) return true;
  return transaction instanceof ServerInviteTransaction && transaction.responseTag === request.to.tag;
}

/** Nobody is told when it fails: the client retransmits. */
function refuseStateless(request: SipRequest, transport: TransactionTransport): void {
  const busy = SipResponse.to(request, 503, { headers: [["Retry-After", 5]] });
  transport.send(busy).catch(() => undefined);
}
