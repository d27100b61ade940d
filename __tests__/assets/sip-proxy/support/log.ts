import type { Log } from "../../../../assets/sip-proxy/src/log";

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A log that keeps its lines. */
export function recordingLog(): Log & { readonly lines: LogLine[]; messages(): string[] } {
  const lines: LogLine[] = [];
  const write = (level: string) =>
    ((first: unknown, second?: string) => {
      const [fields, message] = typeof first === "string" ? [{}, first] : [first ?? {}, second ?? ""];
      lines.push({ level, message, fields: fields as Record<string, unknown> });
    }) as Log["info"];
  return {
    lines,
    messages: () => lines.map(({ message }) => message),
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
  };
}
