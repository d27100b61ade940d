/**
 * A client of Asterisk's manager interface (AMI).
 *
 *     const ami = new AmiClient({ host: "127.0.0.1", port: 5038, username: "monitor", secret });
 *     ami.on("ready", async () => show(await ami.listContacts()));   // after every (re)connect
 *     ami.on("lost", (error) => forget(error.message));
 *     ami.on("contactStatus", ({ aor, uri, status }) => update(aor, uri, status));
 *     ami.start();
 *     ...
 *     await ami.stop();
 *
 * Events go on arriving while a list is under way. To keep a view that is right: buffer events from before
 * the list action is sent, apply the list, then the buffered events in their order.
 *
 * In manager.conf the user needs `read = system` (FullyBooted, ContactStatus, Registry), and `write = system` even
 * for the listing actions: Asterisk checks write classes for every action. Give `allowedActions` to keep a client
 * that only looks from ever sending more.
 */
export { Backoff, type BackoffOptions } from "./backoff";
export { AmiClient, type AmiClientEvents } from "./client";
export { AmiActionError, AmiError, type AmiErrorCode, AmiLoginError } from "./errors";
export { type AmiHeader, type AmiHeaders, AmiMessage } from "./message";
export type { AmiClientOptions, AmiTimeouts } from "./options";
export type {
  Contact,
  ContactState,
  ContactStatusEvent,
  OutboundRegistration,
  RegistrationStatus,
  RegistryEvent,
} from "./pjsip";
export type { ItemReader } from "./session";
export type { AmiState } from "./states";
