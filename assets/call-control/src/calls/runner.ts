import { Backoff } from "../../../../lib/ami";
import { AriError } from "../../../../lib/ari";
import type { Clock } from "../../../../lib/sip/clock";
import type { CallControlConfig } from "../config";
import type { Ari } from "./ari";
import type { Command, NewLeg } from "./commands";
import type { Input, Request } from "./inputs";
import type { Janitor } from "./janitor";
import { bridgeIdOf } from "./leg";
import { causes } from "./outcome";

/** Milliseconds for which a command that may be repeated is tried. */
const TRY_FOR = 5_000;

export interface RunnerOptions {
  readonly ari: Ari;
  readonly config: Pick<CallControlConfig, "ari">;
  readonly janitor: Janitor;
  readonly clock: Clock;
  readonly random: () => number;
  /** Tells a call what came of its commands. */
  readonly report: (call: string, input: Exclude<Input, Request>) => void;
  readonly choose: (call: string, queue: string) => void;
  readonly wake: (call: string, after: number) => void;
}

/** Carries out what calls want of Asterisk: of one call one command after the other, of different calls side by side. */
export class Runner {
  /** The last command of each call that has some under way. */
  readonly #tails = new Map<string, Promise<unknown>>();

  constructor(private readonly options: RunnerOptions) {}

  #stopped = false;

  /** Begins nothing more: whoever starts next takes the calls up as they stand. */
  stop(): void {
    this.#stopped = true;
  }

  /** Calls that have commands under way. */
  get busy(): number {
    return this.#tails.size;
  }

  /** Resolves when all are done, with the first error of those that Asterisk did not do. */
  async run(call: string, commands: readonly Command[]): Promise<AriError | undefined> {
    if (commands.length === 0) return undefined;
    const before = this.#tails.get(call) ?? Promise.resolve();
    const done = before.then(() => this.#all(call, commands));
    this.#tails.set(call, done);
    try {
      return await done;
    } finally {
      if (this.#tails.get(call) === done) this.#tails.delete(call);
    }
  }

  async #all(call: string, commands: readonly Command[]): Promise<AriError | undefined> {
    let first: AriError | undefined;
    for (const command of commands) {
      if (this.#stopped) break;
      try {
        await this.#one(call, command);
      } catch (error) {
        if (!(error instanceof AriError)) throw error;
        first ??= error;
      }
    }
    return first;
  }

  async #one(call: string, command: Command): Promise<void> {
    const { ari, config, report, choose, wake } = this.options;
    const { app } = config.ari;
    const bridge = bridgeIdOf(call);
    switch (command.do) {
      case "call": {
        const { callerId, ringSeconds: timeout } = command;
        await Promise.all(
          command.legs.map((one) =>
            this.#make(call, one, (endpoint, channelId, appArgs) =>
              ari.channels.originate({ channelId, endpoint, app, appArgs, callerId, timeout }),
            ),
          ),
        );
        return;
      }
      case "create":
        return this.#make(call, command, (endpoint, channelId, appArgs) =>
          ari.channels.create({
            channelId,
            endpoint,
            app,
            appArgs,
            // Whom it is connected to is what the called party sees; who it is itself, the other party.
            variables: {
              "CONNECTEDLINE(all,i)": `<${command.callerId}>`,
              "CALLERID(all)": `<${command.leg.party}>`,
            },
          }),
        );
      case "place":
        return this.#place(call, command.leg, command.ringSeconds);
      case "identify":
        return ignoreRefusal(
          // A bridge tells each of its channels the other's number.
          this.#again(() => ari.channels.setVariable(command.leg, "CALLERID(all)", `<${command.as}>`)),
        );
      case "bridge":
        return this.#makeBridge(call, bridge);
      case "unbridge":
        this.options.janitor.remove({ kind: "bridge", id: bridge });
        return;
      case "join":
        return this.#needed(call, () => ari.bridges.addChannel(bridge, command.legs));
      case "part":
        return ignoreRefusal(this.#again(() => ari.bridges.removeChannel(bridge, command.leg)));
      case "answer":
        return this.#needed(call, () => ari.channels.answer(command.leg));
      case "ring":
        return ignoreRefusal(ari.channels.ring(command.leg));
      case "hangup":
        return this.#hangup(call, command);
      case "hold":
        return ignoreRefusal(this.#again(() => ari.channels.hold(command.leg)));
      case "unhold":
        return ignoreRefusal(this.#again(() => ari.channels.unhold(command.leg)));
      case "dtmf":
        return ari.channels.sendDtmf(command.leg, command.digits);
      case "follow":
        return this.#follow(command.leg);
      case "continue":
        return this.#continue(call, command.leg, command.extension);
      case "choose":
        return choose(call, command.queue);
      case "wake":
        return wake(call, command.after);
      default:
        return report(call, command satisfies never);
    }
  }

  /** Takes a channel over from the dialplan. */
  async #follow(leg: string): Promise<void> {
    const { ari } = this.options;
    // The dialplan takes it back otherwise, as from a service that hangs.
    await ignoreRefusal(this.#again(() => ari.channels.setVariable(leg, "TIMEOUT(absolute)", "0")));
    await ignoreRefusal(this.#again(() => ari.applications.subscribe(`channel:${leg}`)));
  }

  async #make(
    call: string,
    { leg, to }: NewLeg,
    request: (
      endpoint: string,
      channelId: string,
      appArgs: readonly string[],
    ) => ReturnType<Ari["channels"]["originate"]>,
  ): Promise<void> {
    const { ari, report, janitor } = this.options;
    const not = (code: number, text: string) =>
      report(call, { what: "not_made", leg: leg.id, cause: { code, text } });
    try {
      const made = await ari.makeChannel(leg.id, () => request(to.endpoint, leg.id, ["leg", call, leg.role]));
      if (made.outcome === "made") report(call, { what: "made", leg: leg.id });
      else if (made.outcome === "absent") not(causes.temporaryFailure, "Asterisk did not make the channel");
      else {
        const { cause, cause_txt } = made.event;
        report(call, { what: "gone", leg: leg.id, cause: { code: cause, text: cause_txt } });
      }
    } catch (error) {
      if (!(error instanceof AriError)) throw error;
      if (error.outcomeUnknown) janitor.remove({ kind: "channel", id: leg.id });
      // "Allocation failed": no such endpoint, or nobody is registered there.
      if (error.code === "ARI_FAILED") return not(causes.subscriberAbsent, "Nobody is registered there");
      not(causes.temporaryFailure, error.message);
      throw error;
    }
  }

  async #place(call: string, leg: string, timeout: number): Promise<void> {
    const { ari, report, janitor } = this.options;
    try {
      await ari.channels.dial(leg, { timeout });
    } catch (error) {
      if (!(error instanceof AriError)) throw error;
      janitor.remove({ kind: "channel", id: leg });
      report(call, { what: "gone", leg, cause: { code: causes.temporaryFailure, text: error.message } });
    }
  }

  async #makeBridge(call: string, bridgeId: string): Promise<void> {
    const { ari, report, janitor } = this.options;
    try {
      const made = await ari.makeBridge(bridgeId, () => ari.bridges.create({ bridgeId, name: call }));
      if (made.outcome !== "made") report(call, { what: "failed", text: "Asterisk made no bridge" });
    } catch (error) {
      if (!(error instanceof AriError)) throw error;
      // It's there from before a restart.
      if (error.code === "ARI_CONFLICT") return;
      janitor.remove({ kind: "bridge", id: bridgeId });
      report(call, { what: "failed", text: error.message });
      throw error;
    }
  }

  /** Without it the call can't go on. */
  async #needed(call: string, request: () => Promise<void>): Promise<void> {
    try {
      await ignoreRefusal(this.#again(request));
    } catch (error) {
      if (error instanceof AriError) this.options.report(call, { what: "failed", text: error.message });
      throw error;
    }
  }

  async #hangup(call: string, { leg, reason }: Extract<Command, { do: "hangup" }>): Promise<void> {
    const { ari, report, janitor } = this.options;
    try {
      await ari.channels.hangup(leg, reason);
    } catch (error) {
      if (!(error instanceof AriError)) throw error;
      if (error.code === "ARI_NOT_FOUND") return report(call, { what: "gone", leg, cause: {} });
      janitor.remove({ kind: "channel", id: leg, reason });
      throw error;
    }
  }

  async #continue(call: string, leg: string, extension: string): Promise<void> {
    const { ari, report, janitor } = this.options;
    try {
      await ari.channels.continueInDialplan(leg, { context: "to-genesys", extension, priority: 1 });
    } catch (error) {
      if (!(error instanceof AriError)) throw error;
      janitor.remove({ kind: "channel", id: leg, reason: "congestion" });
      report(call, { what: "failed", text: error.message });
    }
  }

  /** Tries again what may be done twice, when it's not known whether it was done. */
  async #again(request: () => Promise<unknown>): Promise<void> {
    const { clock, random } = this.options;
    const deadline = clock.now() + TRY_FOR;
    const backoff = new Backoff({ initial: 100, maximum: 1_000, minimum: 20 }, random);
    for (;;) {
      try {
        await request();
        return;
      } catch (error) {
        const passing = error instanceof AriError && passingCodes.has(error.code);
        if (!passing || this.#stopped || clock.now() >= deadline) throw error;
        const wait = backoff.next();
        await new Promise<void>((resolve) => clock.after(wait, resolve));
      }
    }
  }
}

const passingCodes = new Set(["ARI_CONNECTION", "ARI_TIMEOUT", "ARI_BUSY"]);

/** A leg that is not there, or not in the application: what became of it is told by its own event. */
async function ignoreRefusal(done: Promise<void>): Promise<void> {
  try {
    await done;
  } catch (error) {
    if (!(error instanceof AriError && refusals.has(error.code))) throw error;
  }
}

const refusals = new Set(["ARI_NOT_FOUND", "ARI_CONFLICT", "ARI_REFUSED"]);
