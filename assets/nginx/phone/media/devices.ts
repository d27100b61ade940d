export interface Device {
  readonly id: string;
  readonly label: string;
}

export interface Devices {
  readonly microphones: readonly Device[];
  /** Empty where the browser can't choose one. */
  readonly speakers: readonly Device[];
}

const canChooseSpeaker = "setSinkId" in HTMLMediaElement.prototype;

/** The audio devices that there are. Names are known only once the microphone has been allowed. */
export async function listDevices(): Promise<Devices> {
  if (!navigator.mediaDevices) return { microphones: [], speakers: [] };
  const all = await navigator.mediaDevices.enumerateDevices();
  const of = (kind: MediaDeviceKind, name: string) =>
    all
      .filter((device) => device.kind === kind && device.deviceId !== "" && device.deviceId !== "default")
      .map(({ deviceId, label }, index) => ({ id: deviceId, label: label || `${name} ${index + 1}` }));
  return {
    microphones: of("audioinput", "Microphone"),
    speakers: canChooseSpeaker ? of("audiooutput", "Speaker") : [],
  };
}

/** Something was plugged in or out. */
export function onDevicesChange(callback: () => void): void {
  navigator.mediaDevices?.addEventListener("devicechange", callback);
}

/** Lets an audio element or context play on a speaker; "" is the default one, and is taken for one that is gone. */
export async function useSpeaker(target: HTMLAudioElement | AudioContext, id: string): Promise<void> {
  const chooser = target as { setSinkId?(id: string): Promise<void> };
  await chooser.setSinkId?.(id).catch(() => chooser.setSinkId?.(""));
}
