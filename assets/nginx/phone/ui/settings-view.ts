import { type Device, listDevices, onDevicesChange } from "../media/devices";
import type { Phone, PhoneState } from "../phone";
import { element, write } from "./dom";
import { notice } from "./notices";
import type { PreferenceStore } from "./preferences";

const panel = element("settings", HTMLDetailsElement);
const microphone = element("microphone", HTMLSelectElement);
const speaker = element("speaker", HTMLSelectElement);
const fault = element("microphone-fault", HTMLElement);
const retry = element("microphone-retry", HTMLButtonElement);

export interface SettingsViewOptions {
  readonly phone: Phone;
  readonly preferences: PreferenceStore;
  /** Whether talk events reach the phones of this environment at all. */
  readonly talkEvents: boolean;
  readonly onSpeaker: (id: string) => void;
}

/** Microphone, speaker, and what Genesys may do with the phone. */
export class SettingsView {
  #microphone: PhoneState["microphone"] = "unknown";

  constructor(private readonly options: SettingsViewOptions) {
    const { phone, preferences, talkEvents, onSpeaker } = options;
    microphone.addEventListener("change", () => {
      preferences.set({ microphone: microphone.value || undefined });
      phone.microphoneChanged().catch((error: Error) => notice(error.message));
    });
    speaker.addEventListener("change", () => {
      preferences.set({ speaker: speaker.value || undefined });
      onSpeaker(speaker.value);
      phone.speakerChanged();
    });
    retry.addEventListener("click", () => void phone.checkMicrophone());
    for (const event of ["talk", "hold"] as const) {
      const box = element(`${event}-event`, HTMLInputElement);
      box.checked = preferences.current[event] && talkEvents;
      box.disabled = !talkEvents;
      box.addEventListener("change", () => preferences.set({ [event]: box.checked }));
    }
    element("talk-off", HTMLElement).hidden = talkEvents;
    onDevicesChange(() => void this.#list());
  }

  show({ microphone: state }: PhoneState): void {
    if (state === this.#microphone) return;
    this.#microphone = state;
    const text = typeof state === "object" ? state.fault : "";
    write(fault, text);
    fault.hidden = retry.hidden = text === "";
    if (text !== "") {
      panel.open = true;
      notice(text);
    }
    void this.#list();
  }

  async #list(): Promise<void> {
    const { current } = this.options.preferences;
    const { microphones, speakers } = await listDevices();
    fill(microphone, microphones, current.microphone);
    fill(speaker, speakers, current.speaker);
    element("speaker-label", HTMLElement).hidden = speakers.length === 0;
  }
}

function fill(select: HTMLSelectElement, devices: readonly Device[], chosen: string | undefined): void {
  const isThere = devices.some(({ id }) => id === chosen);
  select.replaceChildren(
    new Option("Default of the system", ""),
    ...devices.map(({ id, label }) => new Option(label, id, false, id === chosen)),
  );
  select.value = isThere ? (chosen ?? "") : "";
}
