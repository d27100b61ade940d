import { request } from "node:https";
import { buffer } from "node:stream/consumers";
import { type Environment, hostPort } from "../../config";
import { Phones } from "../../tools/verify/phones";
import { command } from "./support";

export interface Answer<T = Record<string, unknown>> {
  readonly status: number;
  readonly body: T;
}

/** A call as the API gives it, as far as tests look. */
export interface CallRow extends Record<string, unknown> {
  readonly id: string;
  readonly channel_id: string;
  readonly status: string;
}

/** The API of call-control as an agent desktop has it: through nginx, with a key that an operator has made. */
export class CallControlApi {
  private constructor(
    private readonly environment: Environment,
    private readonly name: string,
    public readonly key: string,
  ) {}

  static make(environment: Environment, name: string, scopes: readonly string[]): CallControlApi {
    const { status, output } = command("npm", [
      ...["run", "--silent", "keys", "--", "add", name, "--scopes", scopes.join(",")],
    ]);
    const [key] = /wgk_[\w-]{43}/.exec(output) ?? [];
    if (status !== 0 || key === undefined) throw new Error(`no key was made: ${output}`);
    return new CallControlApi(environment, name, key);
  }

  remove(): void {
    command("npm", ["run", "--silent", "keys", "--", "remove", this.name]);
  }

  /** @param path after `/api` */
  async ask<T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<Answer<T>> {
    const { status, bytes } = await this.fetch(method, `/api${path}`, body);
    return { status, body: JSON.parse(bytes.toString() || "null") };
  }

  /** @param path with everything */
  async fetch(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ readonly status: number; readonly bytes: Buffer }> {
    const { address, port } = this.environment.nginx;
    const text = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const sent = request(
        `https://${hostPort(address, port)}${path}`,
        {
          method,
          // A connection that is kept is closed by nginx's next release.
          agent: false,
          ...new Phones(this.environment).tls,
          headers: {
            Authorization: `Bearer ${this.key}`,
            ...(text !== undefined && { "Content-Type": "application/json" }),
          },
          timeout: 30_000,
        },
        async (response) => {
          resolve({ status: response.statusCode ?? 0, bytes: await buffer(response) });
        },
      );
      sent.on("timeout", () => sent.destroy(new Error(`no answer to ${method} ${path} within 30 s`)));
      sent.on("error", reject);
      sent.end(text);
    });
  }

  async originate(agent: string, phoneNumber: string): Promise<CallRow> {
    const { status, body } = await this.ask<CallRow>("POST", "/telephony/calls/originate/", {
      agent,
      phone_number: phoneNumber,
    });
    if (status !== 201) throw new Error(`originate: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  /** The call's row in the log. */
  async row(id: string): Promise<CallRow> {
    const { status, body } = await this.ask<CallRow>("GET", `/telephony/calls/${id}/`);
    if (status !== 200) throw new Error(`call ${id}: ${status} ${JSON.stringify(body)}`);
    return body;
  }
}
