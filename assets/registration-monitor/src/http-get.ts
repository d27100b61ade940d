import { get, type IncomingMessage, type RequestOptions } from "node:http";

export interface AnswerLimits {
  /** Milliseconds for the whole answer. */
  readonly deadline: number;
  /** Of the whole answer, counted in characters. */
  readonly bytes: number;
}

export interface Place {
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

/**
 * GETs a text, and hands it on piece by piece. Nothing else is ever sent.
 *
 * @param explain what a status other than 200 means
 * @throws Error in one line: the URL and what went wrong
 */
export async function getText(
  place: Place & Pick<RequestOptions, "auth" | "headers">,
  signal: AbortSignal,
  limits: AnswerLimits,
  explain: (status: number) => string,
  take: (piece: string) => void,
): Promise<void> {
  const { host, port, path } = place;
  const where = `http://${host.includes(":") ? `[${host}]` : host}:${port}${path}`;
  const deadline = AbortSignal.timeout(limits.deadline);
  try {
    const response = await open({ ...place, agent: false, signal: AbortSignal.any([signal, deadline]) });
    if (response.statusCode !== 200) {
      response.destroy();
      throw new Error(explain(response.statusCode ?? 0));
    }
    response.setEncoding("utf8");
    let size = 0;
    for await (const piece of response as AsyncIterable<string>) {
      size += piece.length;
      if (size > limits.bytes) throw new Error(`more than ${limits.bytes} bytes`);
      take(piece);
    }
    if (!response.complete) throw new Error("the answer broke off");
  } catch (error) {
    const late = deadline.aborted ? `no whole answer within ${limits.deadline} ms` : undefined;
    throw new Error(`${where}: ${late ?? (error as Error).message}`);
  }
}

function open(options: RequestOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(options, resolve).on("error", reject);
  });
}
