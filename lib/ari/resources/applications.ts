import { z } from "zod";
import { route } from "../address";
import { AriError } from "../errors";
import type { Http } from "../http";
import { type Application, application } from "../models";

export interface EventFilter {
  /** Types of events that come; none are all. */
  readonly allowed?: readonly string[];
  /** Types that don't. */
  readonly disallowed?: readonly string[];
}

/** By these the client knows that its connection is alive, and still its own. */
const NEEDED = ["ChannelUserevent", "ApplicationReplaced"] as const;

/** Stasis applications (rest-api/applications.json); what is changed is the client's own one. */
export class Applications {
  constructor(
    private readonly http: Http,
    private readonly app: string,
  ) {}

  /** Those that clients have connected for, also others than this one. */
  async list(): Promise<Application[]> {
    return this.http.ask(z.array(application), { method: "GET", path: "/applications" });
  }

  /** The client's own. */
  async get(): Promise<Application> {
    return this.http.ask(application, { method: "GET", path: route`/applications/${this.app}` });
  }

  /**
   * Has the events of more than the application's own channels come: `channel:<id>`, `bridge:<id>`,
   * `endpoint:PJSIP/1002`, `endpoint:PJSIP`; without an id, all of the kind. Asterisk forgets it when it restarts, and
   * may do so when the connection is lost: do it again when the client is ready.
   * @throws AriError with status 422 when there is no such thing
   */
  async subscribe(...sources: readonly string[]): Promise<Application> {
    const path = route`/applications/${this.app}/subscription`;
    return this.http.ask(application, { method: "POST", path, body: { eventSource: sources } });
  }

  /** @throws AriError ARI_CONFLICT or status 422 when it was not subscribed */
  async unsubscribe(...sources: readonly string[]): Promise<Application> {
    const path = route`/applications/${this.app}/subscription`;
    return this.http.ask(application, { method: "DELETE", path, body: { eventSource: sources } });
  }

  /** Sets which events come at all, in place of what was set before. What was said of `subscribe` holds here too. */
  async filter({ allowed = [], disallowed = [] }: EventFilter): Promise<Application> {
    const needed = NEEDED.find((type) => disallowed.includes(type));
    if (needed !== undefined) throw AriError.value("disallowed", `${needed} is needed by the client itself`);
    const all = allowed.length === 0 ? [] : [...new Set([...allowed, ...NEEDED])];
    const types = (names: readonly string[]) => names.map((type) => ({ type }));
    const path = route`/applications/${this.app}/eventFilter`;
    const body = { allowed: types(all), disallowed: types(disallowed) };
    return this.http.ask(application, { method: "PUT", path, body });
  }

  /** Has an event made for the application, `ChannelUserevent`. */
  async sendUserEvent(name: string, values: Readonly<Record<string, string>>): Promise<void> {
    const body = { application: this.app, variables: values };
    await this.http.command({ method: "POST", path: route`/events/user/${name}`, body });
  }
}
