/** What the environment tells the page: /phone/config.json, rendered by constructs/nginx. */
export interface PageConfig {
  /** Whether talk events reach the phones of this environment at all. */
  readonly talkEvents: boolean;
  /** Whether an INVITE may ask the phone to answer by itself. */
  readonly autoAnswerHeaders: boolean;
  /** Origins whose pages may drive the phone by postMessage. */
  readonly embedOrigins: readonly string[];
}

/** @throws Error that names the setting which is not as it should be */
export function parsePageConfig(value: unknown): PageConfig {
  const { talkEvents, autoAnswerHeaders, embedOrigins } = (value ?? {}) as Record<string, unknown>;
  return {
    talkEvents: flag("talkEvents", talkEvents),
    autoAnswerHeaders: flag("autoAnswerHeaders", autoAnswerHeaders),
    embedOrigins: texts("embedOrigins", embedOrigins),
  };
}

function flag(name: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new Error(`config.json: ${name} is neither true nor false`);
}

function texts(name: string, value: unknown): string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  throw new Error(`config.json: ${name} is no list of texts`);
}
