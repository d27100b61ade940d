import type { Browser, Page } from "playwright-core";
import { type Environment, hostPort } from "../../config";
import { environmentNamed, root } from "../arguments";
import { ensureBrowser, launchBrowser } from "../browser";
import { run } from "../run";
import { simulator, talkTimes } from "../simulator";
import { Phones } from "../verify/phones";
import type { BenchOptions } from "./main";
import { type Figure, median, percentile } from "./measure";

/** Milliseconds between ringing and the talk event: as short as the simulator allows, for the time after it counts. */
const TALK_DELAY = 0;

/** How the phone page loads, and how soon it does what Genesys' talk event says, with everything real but Genesys. */
export async function benchPhone({ quick }: BenchOptions): Promise<Figure[]> {
  const environment = environmentNamed("local");
  await ensureBrowser();
  await run("./bin/up", ["local"], { cwd: root, deadline: 900_000 });
  const browser = await launchBrowser();
  try {
    const loads: Load[] = [];
    for (let index = 0; index < 5; index++) loads.push(await load(browser, environment));
    const { toPage, toOk, inviteToOk } = await talkEvents(browser, environment, quick ? 20 : 200);
    return [
      { name: "phone page, first paint", unit: "ms", values: loads.map(({ paint }) => paint), limit: 300 },
      {
        name: "phone page, transferred",
        unit: "kB",
        values: loads.map(({ bytes }) => bytes / 1000),
        limit: 150,
      },
      {
        name: `talk event, Genesys to the page, p99 of ${toPage.length}`,
        unit: "ms",
        values: [percentile(toPage, 99)],
        limit: 20,
      },
      { name: "talk event to 200 OK at Genesys, median", unit: "ms", values: [median(toOk)], limit: 100 },
      { name: "INVITE to 200 OK at Genesys, median", unit: "ms", values: [median(inviteToOk)] },
    ];
  } finally {
    await browser.close();
  }
}

interface Load {
  /** Milliseconds from the beginning of the navigation to the first contentful paint. */
  readonly paint: number;
  /** Bytes on the wire, headers included. */
  readonly bytes: number;
}

function address({ nginx }: Environment): string {
  return `https://${hostPort(nginx.address, nginx.port)}/phone/`;
}

async function load(browser: Browser, environment: Environment): Promise<Load> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  try {
    const page = await context.newPage();
    await page.goto(address(environment), { waitUntil: "networkidle" });
    return await page.evaluate(() => {
      // Node.js knows fewer types of entries than browsers.
      const entries = performance.getEntriesByType as unknown as (type: string) => { transferSize: number }[];
      const sizes = ["navigation", "resource"].flatMap((type) => entries.call(performance, type));
      return {
        paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN,
        bytes: sizes.reduce((sum, { transferSize }) => sum + transferSize, 0),
      };
    });
  } finally {
    await context.close();
  }
}

/** Milliseconds, of each call. */
interface CallTimes {
  readonly toPage: number[];
  readonly toOk: number[];
  readonly inviteToOk: number[];
}

/** 1003 calls 1002 again and again, whose page answers when Genesys says so. */
async function talkEvents(browser: Browser, environment: Environment, calls: number): Promise<CallTimes> {
  const phones = new Phones(environment);
  const caller = await phones.connect("1003");
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const times: CallTimes = { toPage: [], toOk: [], inviteToOk: [] };
  try {
    await simulator(environment, "/settings", "PUT", { talk: { delayMs: TALK_DELAY } });
    await caller.register();
    const page = await context.newPage();
    await watchNotifies(page);
    await page.goto(address(environment));
    await page.getByLabel("DN").fill("1002");
    await page.getByLabel("Password").fill(phones.password("1002"));
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.locator('#line[data-state="registered"]').waitFor({ timeout: 20_000 });
    for (let index = 0; index < calls; index++) {
      await simulator(environment, "/messages", "DELETE");
      const call = await caller.invite("1002");
      await call.answered();
      const arrived = await page.evaluate(() => (globalThis as unknown as { notified: number }).notified);
      const { invite, notify, ok } = await talkTimes(environment);
      times.toPage.push(arrived - notify);
      times.toOk.push(ok - notify);
      times.inviteToOk.push(ok - invite);
      await call.bye();
      await page.locator('.call[data-phase="ended"]').first().waitFor({ timeout: 5_000 });
    }
    return times;
  } finally {
    await context.close();
    await caller.unregister().catch(() => undefined);
    await caller.close();
    await simulator(environment, "/settings", "PUT", { talk: { delayMs: 500 } });
  }
}

/** Notes when the page's WebSocket brings a NOTIFY; JsSIP raises `sipEvent` within the same task. */
async function watchNotifies(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const scope = globalThis as unknown as { WebSocket: typeof WebSocket; notified: number };
    scope.notified = Number.NaN;
    scope.WebSocket = class extends scope.WebSocket {
      constructor(...args: ConstructorParameters<typeof WebSocket>) {
        super(...args);
        this.addEventListener("message", ({ data }) => {
          if (String(data).startsWith("NOTIFY")) scope.notified = Date.now();
        });
      }
    };
  });
}
