import type { Lead } from "./campaign";
import type { NewLead } from "./lead-store";

export interface GivenLead {
  readonly phone_number: string;
  readonly lead: Lead;
  readonly time_zone?: string;
}

export interface ReadLeads {
  /** Each number once. */
  readonly leads: readonly NewLead[];
  /** Numbers that were given more than once: the first one counts. */
  readonly twice: readonly string[];
  readonly invalid: readonly {
    readonly index: number;
    readonly phone_number: string;
    readonly message: string;
  }[];
}

/**
 * Numbers as somebody has written them.
 *
 * @param read gives a number's E.164 form. @throws Error that says why it can't be called
 */
export function readLeads(given: readonly GivenLead[], read: (text: string) => string): ReadLeads {
  const leads = new Map<string, NewLead>();
  const twice: string[] = [];
  const invalid: { index: number; phone_number: string; message: string }[] = [];
  for (const [index, { phone_number, lead, time_zone: timeZone }] of given.entries()) {
    try {
      const phoneNumber = read(phone_number);
      if (leads.has(phoneNumber)) twice.push(phoneNumber);
      else leads.set(phoneNumber, { phoneNumber, lead, ...(timeZone === undefined ? {} : { timeZone }) });
    } catch (error) {
      invalid.push({ index, phone_number, message: (error as Error).message });
    }
  }
  return { leads: [...leads.values()], twice, invalid };
}
