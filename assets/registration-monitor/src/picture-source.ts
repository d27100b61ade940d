import type { MonitorConfig } from "./config";
import { type AnswerLimits, getText } from "./http-get";
import { type Picture, PictureReader } from "./picture";

export interface PictureLimits extends AnswerLimits {
  readonly line: number;
  readonly items: number;
}

/** An endpoint takes about 250 bytes of the answer. */
const defaultLimits: PictureLimits = {
  deadline: 10_000,
  bytes: 64 * 1024 * 1024,
  line: 16_384,
  items: 200_000,
};

/**
 * Asks Asterisk's Prometheus exporter for the state of everything. It can only be read, unlike AMI, whose listing
 * actions need a write class that lets a user act as well.
 * @throws Error in one line: what went wrong, and where to look
 */
export async function takePicture(
  config: MonitorConfig["metrics"],
  signal: AbortSignal,
  limits: PictureLimits = defaultLimits,
): Promise<Picture> {
  const { host, port, path, username, secret } = config;
  const reader = new PictureReader(limits.items);
  let rest = "";
  await getText(
    { host, port, path, auth: `${username}:${secret}` },
    signal,
    limits,
    (status) => explain(status, username),
    (piece) => {
      const lines = (rest + piece).split("\n");
      rest = lines.pop() as string;
      if (rest.length > limits.line) throw new Error(`a line of more than ${limits.line} characters`);
      for (const line of lines) reader.line(line);
    },
  );
  return reader.end();
}

function explain(status: number, username: string): string {
  switch (status) {
    case 401:
    case 403:
      return `${status}: Asterisk rejects user "${username}" (prometheus.conf)`;
    case 404:
      return "404: res_prometheus is not loaded, or serves another path (prometheus.conf)";
    default:
      return `answers with status ${status}`;
  }
}
