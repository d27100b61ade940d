import { microphoneFault } from "../logic/words";

/** The message says what the user can do. */
export class MicrophoneError extends Error {
  override readonly name = "MicrophoneError";
}

/** Faults of a chosen device that the default one may not have. */
const DEVICE_FAULTS = ["NotFoundError", "OverconstrainedError", "NotReadableError"];

/**
 * Opens the chosen microphone, or the default one where it is gone.
 *
 * @throws MicrophoneError
 */
export async function openMicrophone(deviceId: string | undefined): Promise<MediaStream> {
  // Absent where the page did not come over https.
  if (!navigator.mediaDevices) throw new MicrophoneError(microphoneFault("NotSupportedError"));
  try {
    if (deviceId === undefined) return await open({});
    return await open({ deviceId: { exact: deviceId } }).catch((error: DOMException) => {
      if (DEVICE_FAULTS.includes(error.name)) return open({});
      throw error;
    });
  } catch (error) {
    throw new MicrophoneError(microphoneFault((error as DOMException).name));
  }
}

function open(device: MediaTrackConstraints): Promise<MediaStream> {
  return navigator.mediaDevices.getUserMedia({
    audio: { ...device, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  });
}

export function closeMicrophone(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
