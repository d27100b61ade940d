import { Agent, type IncomingMessage, request as send } from "node:http";
import { PassThrough, type Readable } from "node:stream";
import type { z } from "zod";
import type { Clock, Timer } from "../sip/clock";
import { type AriAddress, query } from "./address";
import { collect, type Method, readAnswer } from "./answer";
import { AriError, AriLoginError, AriRequestError, wordsOf } from "./errors";
import type { AriLimits, AriTimeouts } from "./options";
import { Slots } from "./slots";

export interface AriRequest {
  readonly method: Method;
  /** Made by `route`. */
  readonly path: string;
  readonly query?: Parameters<typeof query>[0];
  /** Sent as JSON. Asterisk takes parameters from it as from the query, and does not split its arrays at commas. */
  readonly body?: object;
  /** Which of the timeouts is its deadline. @default request */
  readonly timeout?: "request" | "list";
}

/** A file that is on its way. */
export interface Download {
  /** Ends with an AriError when the file doesn't come whole. Read it to its end, or destroy it. */
  readonly stream: Readable;
  readonly contentType?: string;
  /** Bytes. */
  readonly length?: number;
}

export interface HttpOptions {
  readonly address: AriAddress;
  readonly username: string;
  /** The header. */
  readonly authorization: string;
  readonly timeouts: AriTimeouts;
  readonly limits: AriLimits;
  readonly clock: Clock;
}

interface Exchange {
  readonly what: string;
  readonly response: IncomingMessage;
  readonly deadline: Timer;
  readonly signal: AbortSignal;
}

/** Asterisk reads request lines of 4096 bytes and bodies of 40960 (main/http.c). */
const MAX_PATH = 4_000;
const MAX_BODY = 40_960;

/** Asterisk closes a connection that was idle for 15 s; one that is younger is not just being closed when it's used. */
const IDLE_MILLISECONDS = 5_000;

/** ARI's requests over kept-alive connections: each with a deadline, so many at one time, all ended by `close()`. */
export class Http {
  readonly #options: HttpOptions;
  readonly #requests: Slots;
  readonly #downloads: Slots;
  readonly #underWay = new Set<AbortController>();
  #agent?: Agent;
  #closed: AriError = AriError.notStarted();

  constructor(options: HttpOptions) {
    const { limits } = options;
    this.#options = options;
    this.#requests = new Slots(limits.requests, limits.waiting);
    this.#downloads = new Slots(limits.downloads, limits.waiting);
  }

  open(): void {
    this.#agent = new Agent({ keepAlive: true, timeout: IDLE_MILLISECONDS });
  }

  /** Rejects everything that is under way, and what is asked from now on. */
  close(reason: AriError): void {
    this.#closed = reason;
    for (const controller of this.#underWay) controller.abort(reason);
    this.#agent?.destroy();
    this.#agent = undefined;
  }

  /** What Asterisk answers, checked. */
  async ask<T>(schema: z.ZodType<T>, request: AriRequest): Promise<T> {
    const { data, error } = schema.safeParse(await this.command(request));
    if (error === undefined) return data;
    const [issue] = error.issues;
    const where = ["answer", ...(issue?.path ?? [])].join(".");
    const wrong = AriError.unexpected(`${request.method} ${request.path}`, `${where}: ${issue?.message}`);
    throw request.method === "GET" ? wrong : wrong.withUnknownOutcome();
  }

  /** Resolves when Asterisk has said yes, with its words, which hardly anyone needs. */
  command(request: AriRequest): Promise<unknown> {
    return this.#exchange(this.#requests, request, ({ response, what }) =>
      this.#read(request, response, what),
    );
  }

  /** A file, as soon as it begins to come. It keeps a connection for itself until its end. */
  download(path: string): Promise<Download> {
    const request = { method: "GET", path } as const;
    return new Promise((resolve, reject) => {
      this.#exchange(this.#downloads, request, async ({ response, what, deadline, signal }) => {
        if (response.statusCode !== 200) {
          await this.#read(request, response, what);
          throw AriError.notAri(what, `status ${response.statusCode} and no file`);
        }
        deadline.cancel();
        const stream = new PassThrough();
        const end = new Promise((closed) => stream.once("close", closed));
        pass(response, stream, what, this.#options.timeouts.download, signal);
        const length = response.headers["content-length"];
        resolve({
          stream,
          contentType: response.headers["content-type"],
          length: length === undefined ? undefined : Number(length),
        });
        await end;
      }).catch(reject);
    });
  }

  async #read({ method, path }: AriRequest, response: IncomingMessage, what: string): Promise<unknown> {
    const { username, limits } = this.#options;
    const body = await collect(response, what, limits.answer);
    return readAnswer(method, path, response, body, username);
  }

  /** Sends a request and has its answer used, within its deadline unless `use` cancels that. */
  async #exchange<T>(slots: Slots, request: AriRequest, use: (exchange: Exchange) => Promise<T>): Promise<T> {
    if (this.#agent === undefined) throw this.#closed;
    const { url } = this.#options.address;
    const what = `${request.method} ${request.path}`;
    const message = this.#compose(request, what);
    if (slots.full) throw AriError.busy(what, slots.places);
    const timeout = this.#options.timeouts[request.timeout ?? "request"];
    const controller = new AbortController();
    const { signal } = controller;
    this.#underWay.add(controller);
    const deadline = this.#options.clock.after(timeout, () =>
      controller.abort(AriError.timeout(what, timeout)),
    );
    const progress = { sent: false };
    try {
      await slots.enter(signal);
      try {
        const response = await this.#send(message, signal, progress);
        return await use({ what, response, deadline, signal });
      } finally {
        slots.leave();
      }
    } catch (cause) {
      const error = aborted(signal) ?? asAriError(cause, `${what} at ${url}`);
      const answered = error instanceof AriRequestError || error instanceof AriLoginError;
      throw progress.sent && !answered && request.method !== "GET" ? error.withUnknownOutcome() : error;
    } finally {
      deadline.cancel();
      this.#underWay.delete(controller);
    }
  }

  #send(message: Message, signal: AbortSignal, progress: { sent: boolean }): Promise<IncomingMessage> {
    const { host, port } = this.#options.address;
    const { text, ...options } = message;
    return new Promise((resolve, reject) => {
      const outgoing = send({ ...options, agent: this.#agent, host, port, signal });
      outgoing.on("error", reject);
      outgoing.on("response", (response) => {
        // Asterisk remembers "id exists" by thread, which is by connection, and gives it as the reason of every later
        // originate there that fails.
        if (response.statusCode === 409) outgoing.shouldKeepAlive = false;
        resolve(response);
      });
      outgoing.on("socket", (socket) => {
        if (!socket.connecting) progress.sent = true;
        else socket.once("connect", () => (progress.sent = true));
      });
      outgoing.end(text);
    });
  }

  #compose(request: AriRequest, what: string): Message {
    const { address, authorization } = this.#options;
    const path = address.base + request.path + query(request.query ?? {});
    if (path.length > MAX_PATH) {
      const where = `${what.slice(0, 100)}: path and query`;
      throw AriError.value(where, `${path.length} bytes, of which Asterisk takes ${MAX_PATH}`);
    }
    const message = { method: request.method, path };
    const headers = { Authorization: authorization, Accept: "application/json" };
    if (request.body === undefined) return { ...message, headers };
    const text = JSON.stringify(request.body);
    const length = Buffer.byteLength(text);
    if (length > MAX_BODY) {
      throw AriError.value(`${what}: body`, `${length} bytes, of which Asterisk takes ${MAX_BODY}`);
    }
    return {
      ...message,
      text,
      headers: { ...headers, "Content-Type": "application/json", "Content-Length": length },
    };
  }
}

interface Message {
  readonly method: Method;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly text?: string;
}

/** Passes a file on, at the speed of its reader, and ends it with an AriError when it breaks off or stands still. */
function pass(
  response: IncomingMessage,
  stream: PassThrough,
  what: string,
  idle: number,
  signal: AbortSignal,
): void {
  // A reader that came too late finds the error all the same.
  stream.on("error", () => {});
  stream.once("close", () => response.destroy());
  response.on("error", (cause) =>
    stream.destroy(aborted(signal) ?? asAriError(cause, `${what}: the file broke off`)),
  );
  response.setTimeout(idle, () => stream.destroy(AriError.timeout(`the next bytes of ${what}`, idle)));
  response.pipe(stream);
}

function aborted(signal: AbortSignal): AriError | undefined {
  return signal.aborted ? (signal.reason as AriError) : undefined;
}

function asAriError(cause: unknown, where: string): AriError {
  return cause instanceof AriError ? cause : AriError.connection(`${where}: ${wordsOf(cause)}`);
}
