import { z } from "zod";
import { route } from "../address";
import type { Http } from "../http";
import { type Endpoint, endpoint } from "../models";

export interface ReferRequest {
  /** Who shall call: `pjsip:1002`, or a SIP URI. */
  readonly to: string;
  /** On whose behalf, a SIP URI or an endpoint. */
  readonly from: string;
  /** Whom it shall call: a SIP URI, or `pjsip:1003`. */
  readonly referTo: string;
  /** With an endpoint in `referTo`: the call passes Asterisk. @default false */
  readonly toSelf?: boolean;
  /** SIP headers of the REFER. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Endpoints (rest-api/endpoints.json). */
export class Endpoints {
  constructor(private readonly http: Http) {}

  /**
   * All endpoints, or those of a technology such as `PJSIP`. Those of the database are among them as long as Asterisk
   * has them in use.
   */
  async list(technology?: string): Promise<Endpoint[]> {
    const path = technology === undefined ? "/endpoints" : route`/endpoints/${technology}`;
    return this.http.ask(z.array(endpoint), { method: "GET", path, timeout: "list" });
  }

  /** @throws AriError ARI_NOT_FOUND */
  async get(technology: string, resource: string): Promise<Endpoint> {
    return this.http.ask(endpoint, { method: "GET", path: route`/endpoints/${technology}/${resource}` });
  }

  /**
   * Sends a REFER outside of any call: the phone is asked to make one. Whether it does is not told.
   * @throws AriError ARI_NOT_FOUND when there is no such endpoint, or nobody is registered there
   */
  async refer({ to, from, referTo, toSelf, headers }: ReferRequest): Promise<void> {
    const body = { to, from, refer_to: referTo, to_self: toSelf, variables: headers };
    await this.http.command({ method: "POST", path: "/endpoints/refer", body });
  }
}
