import { conditionOf, type GenesysRow, type Row } from "../../src/rows";

/** What a state looks like: its word, and the name of its sign and colour. */
export interface Shown {
  readonly word: string;
  readonly sign: "good" | "off" | "bad" | "busy" | "unknown";
}

const genesysShown: Readonly<Record<GenesysRow["status"], Shown>> = {
  Registered: { word: "Registered", sign: "good" },
  Registering: { word: "Registering", sign: "busy" },
  Unregistered: { word: "Not registered", sign: "off" },
  Rejected: { word: "Rejected", sign: "bad" },
  BackingOff: { word: "Backing off", sign: "bad" },
  Unknown: { word: "Unknown", sign: "unknown" },
};

export function phoneShown({ phone }: Row): Shown {
  if (phone.registered === null) return { word: "Unknown", sign: "unknown" };
  if (!phone.registered) return { word: "Offline", sign: "off" };
  const { contacts } = phone;
  const silent = contacts.length > 0 && contacts.every(({ status }) => status === "Unreachable");
  return silent ? { word: "No answer", sign: "bad" } : { word: "Registered", sign: "good" };
}

export function genesysShownOf({ genesys }: Row): Shown {
  return genesys === null ? { word: "None", sign: "off" } : genesysShown[genesys.status];
}

export function conditionShown(row: Row): Shown {
  switch (conditionOf(row)) {
    case "problem":
      return { word: "Problem", sign: "bad" };
    case "registered":
      return { word: "Registered", sign: "good" };
    case "offline":
      return { word: "Offline", sign: "off" };
    default:
      return { word: "Unknown", sign: "unknown" };
  }
}

const units = [
  { name: "d", seconds: 86_400 },
  { name: "h", seconds: 3_600 },
  { name: "min", seconds: 60 },
] as const;

/** How long ago, in one number: "12 s", "5 min", "3 h", "2 d". */
export function ago(at: string, now: number): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(at)) / 1_000));
  const unit = units.find((one) => seconds >= one.seconds);
  return unit === undefined ? `${seconds} s` : `${Math.floor(seconds / unit.seconds)} ${unit.name}`;
}

/** The time that is left, as on a clock: "0:09", "9:59", "1:00:00"; "due" when there is none. */
export function left(until: string, now: number): string {
  const seconds = Math.ceil((Date.parse(until) - now) / 1_000);
  if (!(seconds > 0)) return "due";
  const two = (number: number) => String(number).padStart(2, "0");
  const [h, min, s] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${two(min)}:${two(s)}` : `${min}:${two(s)}`;
}

/** The contact that is shown in the row: the one that holds longest. */
export function mainContact({ phone }: Row): Row["phone"]["contacts"][number] | undefined {
  return phone.contacts.reduce<Row["phone"]["contacts"][number] | undefined>(
    (best, one) => (best === undefined || (one.expiresAt ?? "") > (best.expiresAt ?? "") ? one : best),
    undefined,
  );
}

/** `192.0.2.7:5071` of `sip:7hf2k@192.0.2.7:5071;transport=ws`. */
export function addressOf(uri: string): string {
  return uri.replace(/^sips?:(?:[^@]*@)?/i, "").replace(/[;?].*$/, "");
}

const exactFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const clockFormat = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

/** Date and time to the second, in the reader's own way. */
export function exact(at: string): string {
  return exactFormat.format(Date.parse(at));
}

export function clock(at: string): string {
  return clockFormat.format(Date.parse(at));
}

const countFormat = new Intl.NumberFormat();

export function count(number: number): string {
  return countFormat.format(number);
}
