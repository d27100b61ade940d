import type { Browser, Page } from "playwright-core";
import { type Environment, hostPort } from "../../../config";
import { launchBrowser } from "../../browser";
import { Phones } from "../../verify/phones";
import { agentsScript } from "./bundle";
import { eventually } from "./eventually";
import type { AgentState, AgentsApi, Gap } from "./page/api";

/** Milliseconds for all phones to be registered, with the longest of their backoffs. */
const REGISTERED_DEADLINE = 180_000;

const CALL_DEADLINE = 30_000;

/** Phones that connect at a time: Asterisk's listen backlog is 10. */
const BATCH = 5;

/** The phones of many agents in one headless Chromium, with WebRTC media. */
export class Agents {
  private constructor(
    private readonly browser: Browser,
    private readonly page: Page,
  ) {}

  /**
   * Signs all DNs in, and waits until their phones are registered.
   *
   * @param signal ends the browser, so that whatever is asked of it fails
   */
  static async signIn(
    environment: Environment,
    dns: readonly string[],
    signal: AbortSignal,
  ): Promise<Agents> {
    const browser = await launchBrowser(undefined, { handleSIGINT: false });
    signal.addEventListener("abort", () => void browser.close(), { once: true });
    try {
      const agents = new Agents(browser, await openPage(browser, environment));
      const phones = new Phones(environment);
      for (let at = 0; at < dns.length; at += BATCH) {
        const batch = dns.slice(at, at + BATCH).map((dn): [string, string] => [dn, phones.password(dn)]);
        await agents.page.evaluate((all) => {
          const { agents } = globalThis as unknown as { agents: AgentsApi };
          for (const [dn, password] of all) agents.signIn(dn, password);
        }, batch);
        await agents.registered();
      }
      return agents;
    } catch (error) {
      await browser.close();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.browser.close();
  }

  states(): Promise<AgentState[]> {
    return this.ask("states");
  }

  /** Waits until every phone says that it is registered. */
  registered(): Promise<void> {
    return eventually(REGISTERED_DEADLINE, "phones register", async () => {
      const others = (await this.states()).filter(({ line }) => line !== "registered");
      return others.length === 0 ? undefined : others.map(({ dn, line }) => `${dn} ${line}`).join(", ");
    });
  }

  /** Calls, with sound or without, and waits until the talk event has had it answered. */
  async call(from: string, to: string, sound: boolean): Promise<void> {
    await this.page.evaluate(
      (call) => (globalThis as unknown as { agents: AgentsApi }).agents.dial(call.from, call.to, call.sound),
      { from, to, sound },
    );
    await eventually(CALL_DEADLINE, `${from} calls ${to}`, async () => {
      const both = (await this.states()).filter(({ dn }) => dn === from || dn === to);
      const up = both.every(({ calls }) => calls.some(({ active }) => active));
      return up ? undefined : "it is not up at both ends";
    });
  }

  async hangUp(): Promise<void> {
    await this.ask("hangUp");
    await eventually(CALL_DEADLINE, "phones hang up", async () => {
      const left = (await this.states()).filter(({ calls }) => calls.length > 0);
      return left.length === 0 ? undefined : `${left.length} phones are still in a call`;
    });
  }

  listen(): Promise<void> {
    return this.ask("listen");
  }

  /** Of each stream that is up: two of each call with sound. */
  gaps(): Promise<Gap[]> {
    return this.ask("gaps");
  }

  private ask<T>(method: "states" | "hangUp" | "listen" | "gaps"): Promise<T> {
    return this.page.evaluate(
      (name) => (globalThis as unknown as { agents: AgentsApi }).agents[name]() as never,
      method,
    );
  }
}

/**
 * A page of the site itself, which may open its /ws, with the phones put into it: one that came from elsewhere would not
 * be let into the local network by the browser.
 */
async function openPage(browser: Browser, { nginx }: Environment): Promise<Page> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, bypassCSP: true });
  const page = await context.newPage();
  await page.goto(`https://${hostPort(nginx.address, nginx.port)}/phone/config.json`);
  await page.addScriptTag({ content: agentsScript() });
  return page;
}
