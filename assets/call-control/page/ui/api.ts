import type { Access } from "../logic/access";
import type { CampaignList, LoggedCall, LogPage, Progress, RecordingAddress } from "../logic/messages";
import { type Refusal, wordsOf } from "../logic/refusal";

/** Where the API is, as this page sees it. */
const root = new URL("../api/telephony/", document.baseURI);

/** Milliseconds for an answer. An agent's phone that is originated to has to be there by then. */
const deadline = 15_000;

/** What the server, or the way to it, has against a request; `message` is for the reader. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    message: string,
    /** undefined: there was no answer. */
    readonly status?: number,
  ) {
    super(message);
  }
}

/** The API of call-control, for one key. */
export class Api {
  constructor(
    private readonly key: string,
    /** The key is not valid (any more). */
    private readonly onUnauthorized: (words: string) => void,
  ) {}

  access(): Promise<Access> {
    return this.#json("GET", "access/");
  }

  /** The live calls' stream; the body is read by who asks for it. */
  events(signal: AbortSignal): Promise<Response> {
    return this.#request("GET", "events/", { signal, headers: { Accept: "text/event-stream" } });
  }

  originate(phoneNumber: string, agent: string): Promise<unknown> {
    return this.#json("POST", "calls/originate/", { phone_number: phoneNumber, agent });
  }

  hangUp(channelId: string): Promise<unknown> {
    return this.#json("POST", "calls/hangup/", { channel_id: channelId });
  }

  async record(callId: string, on: boolean): Promise<void> {
    await this.#timed(on ? "POST" : "DELETE", `calls/${encodeURIComponent(callId)}/recording/`);
  }

  log(query: URLSearchParams): Promise<LogPage> {
    return this.#json("GET", `calls/?${query}`);
  }

  call(id: string): Promise<LoggedCall> {
    return this.#json("GET", `calls/${encodeURIComponent(id)}/`);
  }

  /** An address that plays a recording without the key; `download` makes the browser save it. */
  async recording(id: string, download = false): Promise<string> {
    const path = `recordings/${encodeURIComponent(id)}/url/`;
    const { url } = await this.#json<RecordingAddress>("GET", path);
    const address = new URL(url, new URL(path, root));
    if (address.origin !== root.origin) throw new ApiError("The recording is not on this server.");
    if (download) address.searchParams.set("download", "1");
    return address.href;
  }

  campaigns(): Promise<CampaignList> {
    return this.#json("GET", "campaigns/");
  }

  progress(campaignId: string, minutes: number): Promise<Progress> {
    return this.#json("GET", `campaigns/${encodeURIComponent(campaignId)}/progress/?minutes=${minutes}`);
  }

  async setCampaign(campaignId: string, action: "start" | "pause"): Promise<void> {
    await this.#timed("POST", `campaigns/${encodeURIComponent(campaignId)}/${action}/`);
  }

  async #json<T>(method: string, path: string, body?: unknown): Promise<T> {
    return (await (await this.#timed(method, path, body)).json()) as T;
  }

  #timed(method: string, path: string, body?: unknown): Promise<Response> {
    return this.#request(method, path, {
      signal: AbortSignal.timeout(deadline),
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { "Content-Type": "application/json" },
      }),
    });
  }

  /** @throws ApiError when the answer is none of success */
  async #request(method: string, path: string, init: RequestInit): Promise<Response> {
    const headers = { Accept: "application/json", ...init.headers, Authorization: `Bearer ${this.key}` };
    const response = await fetch(new URL(path, root), {
      ...init,
      method,
      headers,
      cache: "no-store",
      credentials: "same-origin",
      redirect: "error",
    }).catch((error: Error) => {
      if (init.signal?.aborted && error.name !== "TimeoutError") throw error;
      throw new ApiError(
        error.name === "TimeoutError"
          ? `The server does not answer within ${deadline / 1_000} s.`
          : "The server cannot be reached.",
      );
    });
    if (response.ok) return response;
    const refusal = (await response.json().catch(() => undefined)) as Refusal | undefined;
    const words = wordsOf(response.status, refusal, response.headers.get("Retry-After"));
    if (response.status === 401) this.onUnauthorized(words);
    throw new ApiError(words, response.status);
  }
}
