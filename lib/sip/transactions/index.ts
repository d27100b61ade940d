export { ackFor, ClientInviteTransaction, cancelFor } from "./client-invite";
export { type ClientHandlers, ClientNonInviteTransaction } from "./client-non-invite";
export { clientKey, serverKey } from "./key";
export {
  type ClientTransaction,
  type ServerTransaction,
  TransactionLayer,
  type TransactionLayerOptions,
} from "./layer";
export { ServerInviteTransaction } from "./server-invite";
export { type ServerHandlers, ServerNonInviteTransaction } from "./server-non-invite";
export { defaultTimers, lifetime, type TimerValues } from "./timers";
export type { TransactionContext, TransactionTransport } from "./transaction";
