/**
 * What makes a program one of our services: configuration by release, JSON logs, the control socket, health, and a
 * clean end. A service's main.ts is
 *
 *     runService({ name: "sip-proxy", schema, start, healthUrl: ({ api }) => `http://127.0.0.1:${api.port}/healthz` });
 *
 * where `start(config, { log })` gives a `Service` and is used by tests without any of this.
 */
export { BoundedQueue } from "./bounded-queue";
export { ConfigError, type ReleasedConfig, readConfig } from "./config-file";
export { ControlServer, requestReload, within } from "./control";
export { frame } from "./event-frame";
export { Guesses, type GuessLimits, type GuessVerdict, networkOf } from "./guesses";
export { askHealth, type Health } from "./health";
export { type Service, type ServiceContext, ServiceHost, type StartService } from "./host";
export { ipv6Groups } from "./ipv6";
export { createLogger, type LogFields, type Logger } from "./logger";
export { type PageFile, readPage } from "./page-files";
export { runService, type ServiceDefinition } from "./run";
