/** What an API key or a token may be used for, and in words what that is. */
export const scopes = {
  "calls:read": "see calls: live, and the log",
  "calls:originate": "originate calls",
  "calls:control": "hang up, transfer, hold, and send DTMF",
  "recordings:read": "download recordings",
  "recordings:write": "start and stop recordings",
  "campaigns:read": "see campaigns, their numbers and agents",
  "campaigns:write":
    "make, change, start and stop campaigns, work for them as an agent, and keep the do-not-call list",
  "audit:read": "see who did what",
  "server:read": "see the state of the service and what it stands on, and its metrics",
} as const;

export type Scope = keyof typeof scopes;

export const scopeNames = Object.keys(scopes) as readonly Scope[];

export function isScope(text: string): text is Scope {
  return Object.hasOwn(scopes, text);
}
