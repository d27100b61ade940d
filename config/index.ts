/** The typed environment: what the rest of the project may use of config/. */
export { hostPort, isLoopback, isWildcard, networksOverlap } from "./addresses";
export type { CallControl, CallControlTrunk, Did } from "./call-control";
export { inRange, inRanges, rangeText } from "./dns";
export type * from "./environment";
export { displayName, EnvironmentError, type Fault, renderFaults, visible } from "./faults";
export {
  type LoadedEnvironment,
  loadEnvironment,
  loadEnvironments,
  type ProcessEnvironment,
} from "./loader";
export { shownName } from "./values";
