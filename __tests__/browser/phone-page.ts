import { join } from "node:path";
import type { Locator, Page } from "playwright-core";

const SCREENSHOTS = join(__dirname, "..", "..", ".cache", "test", "screenshots");

/**
 * The phone page as a test sees it: by roles and names where a user would go by them, and by ids of index.html that
 * stay (`#line` with `data-state`, `.call` with `data-phase`).
 *
 * Line states: off, connecting, registering, registered, waiting. Phases of a call: dialing, ringing, incoming,
 * connecting, active, ended.
 */
export class PhonePage {
  /** What the page wrote into the console, and what it threw. */
  public readonly console: string[] = [];

  constructor(
    public readonly page: Page,
    /** Where the phone is, when it is in a frame of the page. */
    private readonly scope: Pick<Page, "locator" | "getByRole" | "getByLabel"> = page,
  ) {
    page.on("console", (message) => this.console.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => this.console.push(`thrown: ${error.message}`));
  }

  public async signIn(dn: string, password: string): Promise<void> {
    await this.scope.getByLabel("DN").fill(dn);
    await this.scope.getByLabel("Password").fill(password);
    await this.button("Sign in").click();
  }

  /** Waits for a state of the line. */
  public async lineIs(state: string, timeout = 10_000): Promise<void> {
    await this.scope.locator(`#line[data-state="${state}"]`).waitFor({ timeout });
  }

  public get lineWords(): Promise<string | null> {
    return this.scope.locator("#line-words").textContent();
  }

  /** Types a number and presses Call. */
  public async dial(number: string): Promise<void> {
    await this.scope.getByLabel("Number").fill(number);
    await this.scope.getByRole("button", { name: "Call", exact: true }).click();
  }

  /** The card of the only call, or of the one in a phase. */
  public call(phase?: string): Locator {
    return this.scope.locator(phase === undefined ? ".call" : `.call[data-phase="${phase}"]`);
  }

  /** Waits for a call in a phase. */
  public async callIs(phase: string, timeout = 10_000): Promise<void> {
    await this.call(phase).waitFor({ timeout });
  }

  /** Answer, Reject, Mute, Hold, Keypad, Transfer, Hang up, Sign in, Sign out, Try now, Dark theme … */
  public button(name: string): Locator {
    return this.scope.getByRole("button", { name, exact: true });
  }

  /** Whether the phone does what Genesys' talk event says. */
  public async setTalkEvents(on: boolean): Promise<void> {
    const settings = this.scope.locator("#settings");
    await settings.locator("summary").click();
    await this.scope.getByLabel("Answer when Genesys asks for it").setChecked(on);
    await settings.locator("summary").click();
  }

  /** The message at the bottom of the page. */
  public get notice(): Promise<string | null> {
    return this.scope.locator("#notice:not([hidden]) #notice-text").textContent();
  }

  public async screenshot(name: string): Promise<void> {
    await this.page.screenshot({ path: join(SCREENSHOTS, `phone-${name}.png`), fullPage: true });
  }
}
