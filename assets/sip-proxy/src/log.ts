import type { Logger } from "../../../lib/service";

/** What the parts of the proxy write to. Fields first, then plain words. */
export type Log = Pick<Logger, "debug" | "info" | "warn" | "error">;
