import { join } from "node:path";
import { readPage, type Service, type ServiceContext } from "../../../lib/service";
import type { MonitorConfig } from "./config";
import { Monitor } from "./monitor";

export interface RegistrationMonitor extends Service<MonitorConfig> {
  /** Where it serves HTTP. */
  readonly port: number;
}

/**
 * Starts watching and serving. A new configuration is taken by starting again: the state is read from Asterisk.
 * @param page the directory of the bundled page
 */
export async function start(
  config: MonitorConfig,
  { log }: ServiceContext,
  page: string = join(__dirname, "page"),
): Promise<RegistrationMonitor> {
  const monitor = new Monitor(config, log, readPage(page));
  const port = await monitor.start();
  return { port, stop: () => monitor.stop() };
}
