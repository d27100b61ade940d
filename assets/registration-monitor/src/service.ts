import type { Service, ServiceContext } from "../../../lib/service";
import type { MonitorConfig } from "./config";
import { MonitorServer } from "./http";
import { takePicture } from "./picture-source";
import { Registrations } from "./registrations";
import { Watcher } from "./watcher";

export interface RegistrationMonitor extends Service<MonitorConfig> {
  /** Where it serves HTTP. */
  readonly port: number;
}

/** Starts watching and serving. A new configuration is taken by starting again: the state is read from Asterisk. */
export async function start(config: MonitorConfig, { log }: ServiceContext): Promise<RegistrationMonitor> {
  const registrations = new Registrations(config, ({ dn, text }) => log.info({ dn }, `DN ${dn}: ${text}`));
  const watcher = new Watcher(config, registrations, (signal) => takePicture(config.metrics, signal), log);
  const server = new MonitorServer(config, registrations, () => watcher.sight);
  const port = await server.listen(config.listen);
  watcher.start();
  return {
    port,
    async stop() {
      await Promise.all([watcher.stop(), server.close()]);
    },
  };
}
