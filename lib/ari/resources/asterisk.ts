import type { Http } from "../http";
import { type AsteriskInfo, type AsteriskPing, asteriskInfo, asteriskPing, variable } from "../models";

/** Asterisk itself (rest-api/asterisk.json). */
export class Asterisk {
  constructor(private readonly http: Http) {}

  async info(): Promise<AsteriskInfo> {
    return this.http.ask(asteriskInfo, {
      method: "GET",
      path: "/asterisk/info",
      query: { only: "system,status" },
    });
  }

  async ping(): Promise<AsteriskPing> {
    return this.http.ask(asteriskPing, { method: "GET", path: "/asterisk/ping" });
  }

  /** A global variable, or a function's result; empty when it isn't set. */
  async getVariable(name: string): Promise<string> {
    const request = { method: "GET", path: "/asterisk/variable", query: { variable: name } } as const;
    return (await this.http.ask(variable, request)).value;
  }
}
