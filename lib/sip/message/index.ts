import type { SipRequest } from "./request";
import type { SipResponse } from "./response";

export type { HeaderInit, HeaderValue } from "./header-row";
export { type CSeq, SipMessage } from "./message";
export { SipRequest } from "./request";
export { type ResponseInit, SipResponse } from "./response";

/** Any message; `isRequest` tells which. */
export type Message = SipRequest | SipResponse;
