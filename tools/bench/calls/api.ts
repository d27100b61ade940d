import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { Agent, request as send } from "node:https";
import { hashOfKey, newApiKey } from "../../../assets/call-control/src/access/api-key";
import type { Scope } from "../../../assets/call-control/src/access/scopes";
import { type Environment, hostPort } from "../../../config";
import { engineOf } from "../../engine";
import { KeyDatabase } from "../../keys/database";
import { OperatorError } from "../../progress";

/** Milliseconds for one answer. */
const DEADLINE = 10_000;

const KEY = "bench";
const scopes: Scope[] = ["calls:originate", "calls:read"];

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** The API as applications use it: by nginx, over one TLS connection that is kept. */
export class Api {
  readonly #agent: Agent;

  private constructor(
    private readonly url: string,
    private readonly keys: KeyDatabase,
    private readonly key: string,
    ca: string | undefined,
  ) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: 1, ca });
  }

  /** Makes a key, which `close` takes away; one that an earlier bench has left goes first. */
  static async open(environment: Environment, ca: string | undefined): Promise<Api> {
    const keys = new KeyDatabase(engineOf(environment), environment.name);
    await keys.ask<"remove">({ what: "remove", name: KEY });
    const key = newApiKey();
    const hash = hashOfKey(key).toString("hex");
    // Were it left behind, it would be good for a day at most.
    const { outcome } = await keys.ask<"add">({ what: "add", name: KEY, hash, scopes, days: 1 });
    if (outcome === "there already") throw new OperatorError(`another bench has just made the key ${KEY}`);
    const { address, port } = environment.nginx;
    return new Api(`https://${hostPort(address, port)}/api`, keys, key, ca);
  }

  async ask(method: "GET" | "POST", path: string, value?: object): Promise<Answer> {
    const body = value === undefined ? undefined : JSON.stringify(value);
    const request = send(`${this.url}${path}`, {
      method,
      agent: this.#agent,
      signal: AbortSignal.timeout(DEADLINE),
      headers: {
        Authorization: `Bearer ${this.key}`,
        ...(body !== undefined && {
          "Content-Type": "application/json",
          "Content-Length": Buffer.byteLength(body),
        }),
      },
    });
    request.end(body);
    const [response] = (await once(request, "response")) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
    return { status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() };
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    await this.keys.ask<"remove">({ what: "remove", name: KEY });
  }
}
