import type { z } from "zod";
import { type ReleasedConfig, readConfig } from "./config-file";
import type { Logger } from "./logger";

/** What `start` gives back: a running service. */
export interface Service<Config> {
  /**
   * Takes a new configuration over, or throws and goes on with the old one. A service without it is stopped and
   * started with the new one, in the same process.
   */
  reload?(config: Config): Promise<void>;
  /** Ends everything that the service began. */
  stop(): Promise<void>;
}

export interface ServiceContext {
  readonly log: Logger;
}

export type StartService<Config> = (config: Config, context: ServiceContext) => Promise<Service<Config>>;

/** Keeps one service running on the configuration in a file; what a process is to the service, without the process. */
export class ServiceHost<Config extends ReleasedConfig> {
  #service?: Service<Config>;
  #config?: Config;
  /** Start, reload and stop happen one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #stopping = false;

  constructor(
    private readonly file: string,
    private readonly schema: z.ZodType<Config>,
    private readonly startService: StartService<Config>,
    private readonly log: Logger,
    /** Called when neither the new nor the old configuration can be made to run. */
    private readonly dead: (error: unknown) => void,
  ) {}

  start(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#start(readConfig(this.file, this.schema));
    });
  }

  /** Takes over what the file says now. @throws Error in one line; the old configuration stays in force */
  reload(hash: string): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#service === undefined) throw new Error("the service is not running yet");
      const config = readConfig(this.file, this.schema);
      if (config.release !== hash) {
        throw new Error(`release ${config.release} is in force, not ${hash}`);
      }
      try {
        if (this.#service.reload !== undefined) await this.#service.reload(config);
        else await this.#restart(config);
      } catch (error) {
        this.log.error({ err: error, release: hash }, "release not taken over");
        throw error;
      }
      this.#config = config;
      this.log.info({ release: hash }, "release taken over");
    });
  }

  /** Stops the service; a start or reload that is under way ends first. */
  stop(): Promise<void> {
    this.#stopping = true;
    return this.#inTurn(async () => {
      const service = this.#service;
      this.#service = undefined;
      await service?.stop();
    });
  }

  async #start(config: Config): Promise<void> {
    if (this.#stopping) throw new Error("the service is being stopped");
    this.#service = await this.startService(config, { log: this.log });
    this.#config = config;
    this.log.info({ release: config.release }, "running");
  }

  async #restart(config: Config): Promise<void> {
    const previous = this.#config as Config;
    await this.#service?.stop();
    this.#service = undefined;
    try {
      await this.#start(config);
    } catch (error) {
      if (!this.#stopping) await this.#start(previous).catch(this.dead);
      throw error;
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }
}
