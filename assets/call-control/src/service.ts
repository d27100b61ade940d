import { join } from "node:path";
import { readPage, type Service, type ServiceContext } from "../../../lib/service";
import { CallControl } from "./call-control";
import type { CallControlConfig } from "./config";

export interface CallControlService extends Service<CallControlConfig> {
  /** Where it serves HTTP. */
  readonly port: number;
}

/**
 * Starts controlling and serving. A new configuration is taken by starting again: calls live in Asterisk, and are taken
 * up again.
 * @param page the directory of the bundled page
 */
export async function start(
  config: CallControlConfig,
  { log }: ServiceContext,
  page: string = join(__dirname, "page"),
): Promise<CallControlService> {
  const control = new CallControl(config, log, readPage(page));
  const port = await control.start();
  return { port, stop: () => control.stop() };
}
