import { get, type IncomingMessage, type RequestOptions } from "node:http";
import type { MonitorConfig } from "./config";
import { type Picture, PictureReader } from "./picture";

export interface PictureLimits {
  /** Milliseconds for the whole answer. */
  readonly deadline: number;
  readonly bytes: number;
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
  const where = `http://${host.includes(":") ? `[${host}]` : host}:${port}${path}`;
  const deadline = AbortSignal.timeout(limits.deadline);
  try {
    const response = await open(
      { host, port, path, auth: `${username}:${secret}`, agent: false },
      AbortSignal.any([signal, deadline]),
    );
    if (response.statusCode !== 200) {
      response.destroy();
      throw new Error(explain(response.statusCode ?? 0, username));
    }
    return await read(response, limits);
  } catch (error) {
    const late = deadline.aborted ? `no whole answer within ${limits.deadline} ms` : undefined;
    throw new Error(`${where}: ${late ?? (error as Error).message}`);
  }
}

function open(options: RequestOptions, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get({ ...options, signal }, resolve).on("error", reject);
  });
}

async function read(response: IncomingMessage, limits: PictureLimits): Promise<Picture> {
  const reader = new PictureReader(limits.items);
  response.setEncoding("utf8");
  let rest = "";
  let size = 0;
  for await (const piece of response as AsyncIterable<string>) {
    size += piece.length;
    if (size > limits.bytes) throw new Error(`more than ${limits.bytes} bytes`);
    const lines = (rest + piece).split("\n");
    rest = lines.pop() as string;
    if (rest.length > limits.line) throw new Error(`a line of more than ${limits.line} characters`);
    for (const line of lines) reader.line(line);
  }
  if (!response.complete) throw new Error("the answer broke off");
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
