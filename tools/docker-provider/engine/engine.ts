import type Docker from "dockerode";
import { Fault } from "../fault";
import { at, isZero, type State, UNKNOWN } from "../value";

/** An answer of the engine that is no success. */
export class EngineError extends Error {
  override readonly name = "EngineError";
  constructor(
    message: string,
    /** HTTP status; 0 when the engine could not be reached. */
    readonly status: number,
  ) {
    super(message);
  }
}

export interface Call {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  /** A list is sent as that parameter many times. */
  readonly query?: Record<string, string | number | boolean | readonly string[] | undefined>;
  /** Sent as JSON. */
  readonly body?: object;
  /** Sent as a tar archive. */
  readonly archive?: Buffer | NodeJS.ReadableStream;
  /** Sent as X-Registry-Auth. */
  readonly auth?: object;
  /** Sent as X-Registry-Config. */
  readonly registries?: object;
  /** Milliseconds until the call is given up; default one minute. 0: only the signal ends it. */
  readonly deadline?: number;
  readonly signal: AbortSignal;
}

const CALL_DEADLINE = 60_000;

/** The Engine API of one engine. Each call ends by its deadline or when its signal is aborted. */
export class Engine {
  private version: Promise<{ ApiVersion: string }> | undefined;

  constructor(
    private readonly docker: Docker,
    /** How users name it, for messages. */
    readonly address: string,
    private readonly release: () => void = () => {},
  ) {}

  close(): void {
    this.release();
  }

  /**
   * @throws Fault when the engine speaks an older version of its API, one that would ignore the attribute without a word
   */
  async demand(version: string, attribute: string, signal: AbortSignal): Promise<void> {
    this.version ??= this.request<{ ApiVersion: string }>("/version", { signal });
    const { ApiVersion: spoken } = await this.version;
    const [[major = 0, minor = 0], [wantedMajor = 0, wantedMinor = 0]] = [numbers(spoken), numbers(version)];
    if (major < wantedMajor || (major === wantedMajor && minor < wantedMinor))
      throw new Fault(
        `The engine is too old for ${attribute}`,
        `It speaks version ${spoken} of its API, and ${attribute} came with ${version}. Leave the attribute out.`,
        [attribute.split(".")[0] ?? attribute],
      );
  }

  /** @throws EngineError, or the signal's reason */
  request<T>(path: string, call: Call): Promise<T> {
    return this.dial<T>(path, call, false);
  }

  /** As `request`, but the body is read as it comes. */
  stream(path: string, call: Call): Promise<NodeJS.ReadableStream> {
    return this.dial<NodeJS.ReadableStream>(path, call, true);
  }

  private dial<T>(path: string, call: Call, isStream: boolean): Promise<T> {
    const deadline = call.deadline ?? CALL_DEADLINE;
    const timeout = deadline > 0 ? AbortSignal.timeout(deadline) : undefined;
    const signal = timeout ? AbortSignal.any([call.signal, timeout]) : call.signal;
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      this.docker.modem.dial(
        {
          path: path + queryOf(call.query),
          method: call.method ?? "GET",
          // The modem would add the body to the query string, if it weren't told apart like this.
          options: { _query: {}, _body: call.body ?? {} },
          file: call.archive,
          authconfig: call.auth,
          registryconfig: call.registries,
          abortSignal: signal,
          isStream,
          statusCodes: ACCEPTED,
        } as Parameters<Docker["modem"]["dial"]>[0],
        (error: unknown, result: unknown) => {
          if (!error) return resolve(result as T);
          if (call.signal.aborted) return reject(call.signal.reason);
          if (timeout?.aborted)
            return reject(new EngineError(`${this.address} gave no answer within ${deadline / 1000} s`, 0));
          reject(this.errorOf(error));
        },
      );
    });
  }

  private errorOf(error: unknown): EngineError {
    const { statusCode, json, message } = error as {
      statusCode?: number;
      json?: { message?: string };
      message?: string;
    };
    if (statusCode === undefined)
      return new EngineError(`${this.address} can't be reached: ${message ?? String(error)}`, 0);
    return new EngineError((json?.message ?? message ?? "no reason given").trim(), statusCode);
  }
}

function numbers(version: string): number[] {
  return version.split(".").map(Number);
}

const ACCEPTED = { 200: true, 201: true, 204: true, 304: true };

function queryOf(query: Call["query"]): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {}))
    if (Array.isArray(value)) for (const item of value) parameters.append(name, item);
    else if (value !== undefined) parameters.append(name, String(value));
  return parameters.size === 0 ? "" : `?${parameters}`;
}

/** Waits, unless the signal ends it first. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal.addEventListener("abort", stop, { once: true });
  });
}

/** Whether the engine says that the thing isn't there. */
export function isGone(error: unknown): boolean {
  return error instanceof EngineError && error.status === 404;
}

/** The result, or undefined when the engine says that the thing isn't there. */
export async function unlessGone<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result;
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** Tells which attribute an engine's message is about: of several, the first one that is set. */
export type Blame = readonly (readonly [pattern: RegExp, ...attributes: string[]])[];

/** A failed engine call as something that Terraform's user can place. */
export function blame(summary: string, error: unknown, rules: Blame, state: State = {}): Fault {
  if (error instanceof Fault) return error;
  const message = error instanceof Error ? error.message : String(error);
  const rule = error instanceof EngineError ? rules.find(([pattern]) => pattern.test(message)) : undefined;
  if (!rule) return new Fault(summary, message);
  const [, ...attributes] = rule;
  const path =
    attributes.find((name) => !isZero(at(state, name)) && at(state, name) !== UNKNOWN) ?? attributes.at(-1);
  return new Fault(summary, message, path === undefined ? [] : [path]);
}
