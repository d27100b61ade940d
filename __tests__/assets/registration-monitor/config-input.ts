import {
  configSchema,
  type MonitorConfig,
  type MonitorConfigInput,
} from "../../../assets/registration-monitor/src/config";

/** A whole configuration as a release would bring it. */
export function configInput(part: Partial<MonitorConfigInput> = {}): MonitorConfigInput {
  return {
    release: "0a1b2c3d4e5f",
    mode: "static",
    range: { from: "1000", to: "5020" },
    listen: { address: "127.0.0.1", port: 0 },
    ami: { host: "127.0.0.1", port: 5038, username: "monitor", secret: "swordfish" },
    metrics: { host: "127.0.0.1", port: 8088, username: "monitor", secret: "swordfish" },
    // Nobody listens there.
    database: { host: "127.0.0.1", port: 9, user: "monitor", password: "swordfish" },
    ...part,
  };
}

export const config = (part?: Partial<MonitorConfigInput>): MonitorConfig =>
  configSchema.parse(configInput(part));
