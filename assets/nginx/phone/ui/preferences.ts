/** What a browser keeps of the user's choices. No password, no number, no call is among it. */
export interface Preferences {
  /** Absent: as the system has it. */
  readonly theme?: "light" | "dark";
  readonly microphone?: string;
  readonly speaker?: string;
  readonly talk: boolean;
  readonly hold: boolean;
}

const KEY = "webrtc-genesys-phone";
const DEFAULTS: Preferences = { talk: true, hold: true };

export class PreferenceStore {
  #current = load();

  get current(): Preferences {
    return this.#current;
  }

  set(change: Partial<Preferences>): void {
    this.#current = { ...this.#current, ...change };
    try {
      localStorage.setItem(KEY, JSON.stringify(this.#current));
    } catch {
      // Browsers refuse storage to frames of other sites: then the choice lasts as long as the page.
    }
  }
}

function load(): Preferences {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Record<string, unknown>;
    const text = (key: string) => (typeof found[key] === "string" ? { [key]: found[key] } : {});
    const flag = (key: string) => (typeof found[key] === "boolean" ? { [key]: found[key] } : {});
    const theme = found.theme === "light" || found.theme === "dark" ? { theme: found.theme } : {};
    return {
      ...DEFAULTS,
      ...theme,
      ...text("microphone"),
      ...text("speaker"),
      ...flag("talk"),
      ...flag("hold"),
    } as Preferences;
  } catch {
    return DEFAULTS;
  }
}
