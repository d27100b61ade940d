/** A SIP-over-WebSocket phone for checks and tests. */
export { PhoneError } from "./errors";
export type { CallEnd, IncomingCall } from "./incoming-call";
export type { TracedMessage } from "./message-trace";
export type { OutgoingCall } from "./outgoing-call";
export { type Notification, Phone, type PhoneOptions, type PhoneTls } from "./phone";
export { MediaSession } from "./sdp";
