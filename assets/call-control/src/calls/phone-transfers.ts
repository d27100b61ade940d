import type { AriEventOf, Channel } from "../../../../lib/ari";
import { type NumberRules, readCaller } from "../numbers";
import type { Input, Request } from "./inputs";
import type { Janitor } from "./janitor";

/** Channels that are remembered until it's said what they are for. */
const MAX_REPLACEMENTS = 1_000;

export interface PhoneTransfersOptions {
  readonly config: NumberRules;
  readonly janitor: Pick<Janitor, "remove">;
  readonly callOf: (leg: string) => string | undefined;
  readonly transfer: (leg: string, destination: string) => Promise<unknown>;
  readonly tell: (call: string, input: Exclude<Input, Request>) => void;
}

/**
 * What phones do by themselves (REFER). Asterisk takes the phone's channel out of the bridge, leaves it waiting, and puts
 * one half of a Local channel in its place. The other half is handed over by the dialplan (blind), or is put into the
 * bridge of the phone's second call (attended).
 */
export class PhoneTransfers {
  /** What has taken the place of a channel. */
  readonly #replacements = new Map<string, string>();

  constructor(private readonly options: PhoneTransfersOptions) {}

  replaces(channelId: string, replaced: string): void {
    this.#replacements.set(replaced, channelId);
    const [oldest] = this.#replacements.keys();
    if (this.#replacements.size > MAX_REPLACEMENTS && oldest !== undefined) this.#replacements.delete(oldest);
  }

  /** As if it had been asked for here, so that numbers are checked, and the call is followed. */
  blind({ channel, replace_channel, exten, result }: AriEventOf<"BridgeBlindTransfer">): void {
    const { callOf, janitor, transfer, tell } = this.options;
    const call = callOf(channel.id);
    const half = this.#take(channel.id) ?? replace_channel?.id;
    if (call === undefined || result !== "Success") return;
    // Both halves end with one.
    if (half !== undefined) janitor.remove({ kind: "channel", id: half });
    transfer(channel.id, exten).catch(({ message }: Error) => {
      tell(call, { what: "failed", text: `transferred by the phone: ${message}` });
    });
  }

  /** Each call goes on with what leads to the other one. */
  attended(event: AriEventOf<"BridgeAttendedTransfer">): void {
    const { transferer_first_leg: first, transferer_second_leg: second, result } = event;
    const halves = [this.#take(first.id), this.#take(second.id)];
    if (result !== "Success") return;
    this.#join(first.id, halves[0], event.transfer_target ?? second);
    this.#join(second.id, halves[1], event.transferee ?? first);
  }

  #join(leg: string, half: string | undefined, { caller }: Channel): void {
    const { callOf, tell, config } = this.options;
    const call = callOf(leg);
    if (call === undefined || half === undefined) return;
    const party = readCaller(caller.number, config);
    tell(call, { what: "joined", leg, by: { id: half, role: "peer", party, state: "up", inApp: true } });
  }

  #take(replaced: string): string | undefined {
    const half = this.#replacements.get(replaced);
    this.#replacements.delete(replaced);
    return half;
  }
}
