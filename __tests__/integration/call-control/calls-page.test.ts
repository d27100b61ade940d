import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import type { Call } from "../../../assets/call-control/page/logic/messages";
import { bundlePage } from "../../../constructs/service/bundle";
import { launchBrowser } from "../../../tools/browser";
import { accessOf, allScopes, callOf, campaignOf, minutesOf } from "../../assets/call-control/page/calls";
import { axeViolations } from "../../browser/axe";
import { eventually } from "../asterisk/docker";
import { FakeApi, Refused } from "./fake-api";

/** The built page in Chromium, with 500 live calls of an API that has its answers in memory. */

const root = join(__dirname, "..", "..", "..");
const screenshots = join(root, ".cache", "test", "screenshots");
const key = "key-of-all";

jest.setTimeout(30_000);

let directory: string;
let api: FakeApi;
let origin: string;
let browser: Browser;
let faults: string[];

const start = () => Date.now() - 600_000;
const at = (n: number, after = 0) => new Date(start() + n * 1_000 + after * 1_000).toISOString();
const campaign = campaignOf(1, { name: "Spring offer" });

/** The n-th live call: of every type and in every state there is one. */
function liveCall(n: number): Call {
  const number = `+3120${String(5_550_000 + n)}`;
  const agent = String(1_000 + n);
  const common = { started_at: at(n), agent };
  const answered = { status: "answered", answered_at: at(n, 9), peer_channel_id: `170001${n}.2` } as const;
  switch (n % 5) {
    case 0:
      return callOf(n, {
        ...common,
        ...answered,
        type: "outbound",
        from_number: agent,
        to_number: number,
        trunk: "provider",
        recording_id: n % 10 === 0 ? `20000000-0000-4000-8000-00000000000${n % 10}` : null,
      });
    case 1:
      return callOf(n, { ...common, from_number: agent, to_number: "1777", status: "ringing" });
    case 2:
      return callOf(n, {
        ...common,
        ...answered,
        type: "inbound",
        from_number: number,
        to_number: "support",
        trunk: "provider",
        on_hold: n % 3 === 0,
      });
    case 3:
      return callOf(n, {
        ...common,
        ...answered,
        type: "campaign",
        from_number: "+31201234567",
        to_number: number,
        trunk: "provider",
        campaign_id: campaign.id,
      });
    default:
      return callOf(n, {
        ...common,
        type: "outbound",
        from_number: agent,
        to_number: number,
        trunk: "provider",
      });
  }
}

const ended = (call: Call, part: Partial<Call> = {}): Call => ({
  ...call,
  status: "ended",
  ended_at: new Date().toISOString(),
  outcome: call.answered_at === null ? "no_answer" : "answered",
  cause: call.answered_at === null ? 19 : 16,
  cause_text: call.answered_at === null ? "No answer" : "Normal Clearing",
  duration: call.answered_at === null ? null : 83,
  on_hold: false,
  recording_id: null,
  ...part,
});

async function opened(options: BrowserContextOptions = {}, path = ""): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(8_000);
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(error.message));
  await page.goto(`${origin}/calls/${path}`);
  return page;
}

async function signedIn(options: BrowserContextOptions = {}, path = "", with_ = key): Promise<Page> {
  const page = await opened(options, path);
  await page.getByLabel("API key").fill(with_);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Sign out" }).waitFor();
  return page;
}

async function live(options: BrowserContextOptions = {}): Promise<Page> {
  const page = await signedIn(options);
  await page.getByRole("status").getByText("Live", { exact: true }).waitFor();
  await row(page, "1000").waitFor();
  return page;
}

const row = (page: Page, from: string) => page.getByRole("row", { name: new RegExp(`^${from} `) });
const stateOf = (page: Page, from: string) => row(page, from).getByRole("gridcell").nth(2);
const shot = (page: Page, name: string, fullPage = false) =>
  page.screenshot({ path: join(screenshots, `calls-${name}.png`), fullPage });

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "calls-page-"));
  bundlePage(join(root, "assets", "call-control", "page"), directory);
  browser = await launchBrowser();
}, 60_000);

afterAll(async () => {
  await browser?.close();
  rmSync(directory, { recursive: true, force: true });
});

beforeEach(async () => {
  faults = [];
  api = new FakeApi(directory);
  origin = await api.start();
  api.keys.set(key, accessOf());
  for (let n = 0; n < 500; n++) api.live.set(liveCall(n).id, liveCall(n));
  for (let n = 0; n < 120; n++) api.log.push(ended(liveCall(1_000 - n)));
  const first = api.log[0] as Call;
  const recording = {
    id: "30000000-0000-4000-8000-000000000001",
    state: "done" as const,
    format: "wav",
    started_at: first.started_at,
    started_by: "key:desk-1",
    ended_at: first.ended_at,
    duration: 71.4,
    expires_at: new Date(Date.now() + 30 * 86_400_000).toISOString(),
    failure: null,
  };
  api.recordings.set(first.id, [
    recording,
    { ...recording, id: "2", state: "failed", failure: "no space is left", duration: null },
  ]);
  api.campaigns = [
    campaign,
    campaignOf(2, {
      name: "Renewals",
      mode: "progressive",
      state: "paused",
      reason: "it is outside the calling hours of all numbers",
      abandon_rate: null,
      answered: 0,
      abandoned: 0,
    }),
    campaignOf(3, { name: "Survey", abandon_rate: 0.041, abandoned: 17 }),
  ];
  api.minutes = minutesOf(Date.now(), 60);
});

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  await api.stop();
});

describe("signing in", () => {
  it("refuses a key in the server's words, and keeps a good one for this tab only", async () => {
    const page = await signedInWrongly();
    await page.getByRole("alert").getByText("This key is not known").waitFor();
    await page.getByLabel("API key").fill(` ${key}\n`);
    await page.keyboard.press("Enter");
    await row(page, "1000").waitFor();
    expect(page.url()).not.toContain(key);
    expect(await page.evaluate("JSON.stringify(localStorage)")).not.toContain(key);
    await page.reload();
    await row(page, "1000").waitFor();
    const other = await page.context().newPage();
    await other.goto(page.url());
    await other.getByLabel("API key").waitFor();

    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("API key").waitFor();
    expect(await page.evaluate("JSON.stringify(sessionStorage)")).not.toContain(key);
    expect(await page.getByRole("row").count()).toBe(0);
  });

  async function signedInWrongly(): Promise<Page> {
    const page = await opened();
    await page.getByLabel("API key").fill("not a key");
    await page.getByRole("button", { name: "Sign in" }).click();
    return page;
  }

  it("is asked for again when the key is not valid any more, with the server's words", async () => {
    const page = await live();
    api.keys.clear();
    api.cut();
    await page.getByLabel("API key").waitFor({ timeout: 10_000 });
    await page.getByRole("alert").getByText("This key is not known, or it is not valid any more.").waitFor();
    expect(await page.evaluate("JSON.stringify(sessionStorage)")).not.toContain(key);
  });

  it("shows what the scopes allow, and why the rest is not there", async () => {
    api.keys.set("reader", accessOf({ scopes: ["calls:read"], agent: "1000" }));
    const page = await signedIn({}, "#campaigns", "reader");
    await page.getByText("desk-1, DN 1000").waitFor();
    await row(page, "1000").click();
    const detail = page.getByRole("region", { name: "1000 to +31205550000" });
    await detail.getByText("lacks the scope calls:control").waitFor();
    expect(await page.getByRole("button", { name: "Hang up" }).count()).toBe(0);
    expect(await page.getByRole("link", { name: "Campaigns" }).isVisible()).toBe(false);
    await page.getByText("This key lacks the scope calls:originate.").waitFor();
    expect(await page.getByRole("button", { name: "Call", exact: true }).isVisible()).toBe(false);

    api.keys.set("dialler", accessOf({ scopes: ["calls:originate"], agent: "1000" }));
    const other = await signedIn({}, "", "dialler");
    expect(await other.getByLabel("Agent", { exact: true }).first().inputValue()).toBe("1000");
    expect(await other.getByRole("grid").isVisible()).toBe(false);
    expect(api.streams).toBe(1);

    api.keys.set("nothing", accessOf({ scopes: [] }));
    const last = await signedIn({}, "", "nothing");
    await last.getByText("There is nothing to see. This key lacks the scope calls:read.").waitFor();
    expect(faults).toStrictEqual([]);
  });
});

describe("with 500 live calls", () => {
  it("has few rows in the document, scrolls to all of them, and counts them", async () => {
    const page = await live();
    expect(await page.locator(".row").count()).toBeLessThan(60);
    await page.locator("#total-all").getByText("500", { exact: true }).waitFor();
    const grid = page.getByRole("grid");
    expect(await grid.getAttribute("aria-rowcount")).toBe("501");
    await grid.focus();
    await page.keyboard.press("End");
    await row(page, "1499").waitFor();
    const active = await grid.getAttribute("aria-activedescendant");
    expect(await page.locator(`#${active}`).textContent()).toContain("1499");
    const time = row(page, "1499").getByRole("gridcell").nth(3);
    const before = await time.textContent();
    await eventually("the clock", async () => ((await time.textContent()) !== before ? true : undefined));
    expect(faults).toStrictEqual([]);
  });

  it("is searched, by campaigns' names too", async () => {
    const page = await live();
    await page.keyboard.press("/");
    await page.keyboard.type("spring 5550003");
    await page.getByText("1 of 500").waitFor();
    await page.getByRole("row", { name: "Spring offer" }).waitFor();
    await page.getByRole("radio", { name: "Inbound" }).check();
    await page.getByText("No call is like that").waitFor();
  });

  it("shows a change within 1 s in a storm of 5,000, and nothing is wrong after it", async () => {
    const page = await live();
    await page.getByRole("searchbox").fill("1496 1777");
    await stateOf(page, "1496").getByText("Ringing").waitFor();
    const times: number[] = [];
    for (let wave = 0; wave < 5; wave++) {
      const isHeld = wave % 2 === 0;
      for (let n = 0; n < 500; n++) {
        const call = liveCall(n);
        if (n % 5 !== 1) api.change(isHeld ? "held" : "resumed", { ...call, on_hold: isHeld });
        else api.change("answered", { ...call, status: "answered", answered_at: at(n, 9), on_hold: isHeld });
      }
      for (let n = 500; n < 1_000; n++) {
        const call = callOf(n, { started_at: at(n) });
        api.change("started", call);
        if (wave % 2 === 1) api.change("ended", ended(call));
      }
      const sent = Date.now();
      await stateOf(page, "1496")
        .getByText(isHeld ? "On hold" : "Talking")
        .waitFor({ timeout: 5_000 });
      times.push(Date.now() - sent);
    }
    console.log(`the last of 1,000 to 1,500 changes at once shown after ${times.join(", ")} ms`);
    expect(Math.max(...times)).toBeLessThan(1_000);
    await page.locator("#total-all").getByText("1,000", { exact: true }).waitFor();
    expect(faults).toStrictEqual([]);
  }, 60_000);

  it("stays as quick to the reader while calls come and go", async () => {
    const page = await live();
    await page.evaluate(`(() => {
      window.intervals = [];
      let last = performance.now();
      const frame = (now) => {
        window.intervals.push(now - last);
        last = now;
        requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);
      window.shift = 0;
      new PerformanceObserver((list) => {
        for (const { value } of list.getEntries()) window.shift += value;
      }).observe({ type: "layout-shift" });
    })()`);
    for (let n = 0; n < 100; n++) {
      api.change("started", callOf(2_000 + n, { started_at: new Date().toISOString() }));
      api.change("held", { ...liveCall(5 * (n % 90) + 2), on_hold: n % 2 === 0 });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const { frames, shift } = await page.evaluate<{ frames: number[]; shift: number }>(
      "({ frames: window.intervals, shift: window.shift })",
    );
    frames.sort((one, other) => one - other);
    const middle = frames[Math.floor(frames.length / 2)] as number;
    console.log(
      `frames: ${middle.toFixed(1)} ms in the middle, ${Math.round(frames.at(-1) ?? 0)} ms at most; layout shift ${shift.toFixed(4)}`,
    );
    // The middle one: the machine does other things, too.
    expect(middle).toBeLessThan(60);
    expect(shift).toBeLessThan(0.01);
  });
});

describe("a live call", () => {
  it("is hung up after a question, by keyboard alone, and its end is shown", async () => {
    const page = await live();
    await page.getByRole("grid").focus();
    await page.keyboard.press("Home");
    await page.keyboard.press("Enter");
    const detail = page.getByRole("region", { name: "1000 to +31205550000" });
    await detail.waitFor();
    await detail.getByRole("button", { name: "Hang up" }).press("Enter");
    const dialog = page.getByRole("dialog", { name: "Hang up this call?" });
    await dialog.getByText("The call from 1000 to +31205550000 ends for everybody in it.").waitFor();
    // What has the focus means no.
    await page.keyboard.press("Enter");
    await dialog.waitFor({ state: "hidden" });
    expect(api.asked).toStrictEqual([]);

    await detail.getByRole("button", { name: "Hang up" }).press("Enter");
    await dialog.getByRole("button", { name: "Hang up" }).press("Enter");
    await eventually("the request", async () => (api.asked.length > 0 ? true : undefined));
    const call = liveCall(0);
    expect(api.asked).toStrictEqual([{ what: "POST calls/hangup/", body: { channel_id: call.channel_id } }]);
    api.change("ended", ended(call));
    await detail.getByText("Normal Clearing").waitFor();
    expect(await detail.getByRole("button", { name: "Hang up" }).isDisabled()).toBe(true);
    await row(page, "1000").waitFor({ state: "hidden" });
    await detail.focus();
    await page.keyboard.press("Escape");
    await detail.waitFor({ state: "hidden" });
    expect(await page.evaluate("document.activeElement.id")).toBe("grid");
  });

  it("that goes on without the key's agent goes out of sight", async () => {
    const page = await live();
    await row(page, "1000").click();
    const detail = page.getByRole("region", { name: "1000 to +31205550000" });
    await detail.waitFor();
    api.gone(liveCall(0));
    await detail.waitFor({ state: "hidden" });
    await page.locator("#total-all").getByText("499", { exact: true }).waitFor();
  });

  it("is recorded from answer on, and a refusal is told in the server's words", async () => {
    const page = await live();
    await row(page, "1001").click();
    const ringing = page.getByRole("region", { name: "1001 to 1777" });
    expect(await ringing.getByRole("button", { name: "Record" }).isDisabled()).toBe(true);
    await ringing.getByText("It can be recorded when it is answered.").waitFor();
    const call = liveCall(1);
    const answered = { ...call, status: "answered" as const, answered_at: new Date().toISOString() };
    api.change("answered", answered);
    api.refuse = () => {
      throw new Refused(409, "The volume of the recordings is full: remove some, or make it larger.");
    };
    await ringing.getByRole("button", { name: "Record" }).click();
    await page.getByRole("alert").getByText("The volume of the recordings is full").waitFor();
    api.refuse = undefined;
    await ringing.getByRole("button", { name: "Record" }).click();
    await eventually("the request", async () => (api.asked.length > 1 ? true : undefined));
    api.change("recording_started", { ...answered, recording_id: "r" });
    await row(page, "1001").getByText("Recording").waitFor();
    await ringing.getByRole("button", { name: "Stop recording" }).click();
    await eventually("the request", async () => (api.asked.length > 2 ? true : undefined));
    expect(api.asked.at(-1)?.what).toBe(`DELETE calls/${call.id}/recording/`);
  });

  it("is originated, or refused in the server's words", async () => {
    const page = await live();
    const form = page.getByRole("form", { name: "New call" });
    await form.getByLabel("Agent").fill("1002");
    await form.getByLabel("Number").fill("0044 20 7946 0000");
    api.refuse = () => {
      throw new Refused(403, "+442079460000 may not be called: allowedPrefixes has +31 and +1212.");
    };
    await page.keyboard.press("Enter");
    await form.getByRole("alert").getByText("allowedPrefixes has +31 and +1212").waitFor();
    await shot(page, "refused");
    api.refuse = undefined;
    await form.getByLabel("Number").fill("+31201234567");
    await form.getByRole("button", { name: "Call" }).click();
    await form.getByText("The phone of 1002 rings first, then +31201234567 is called.").waitFor();
    expect(api.asked.at(-1)).toStrictEqual({
      what: "POST calls/originate/",
      body: { phone_number: "+31201234567", agent: "1002" },
    });
    expect(await form.getByRole("alert").textContent()).toBe("");
  });
});

describe("when the stream is lost", () => {
  it("says that what is shown is old, stops the clocks, and comes back with what is true then", async () => {
    const page = await live();
    await row(page, "1000").click();
    api.takesStreams = false;
    api.cut();
    await page.getByRole("alert").getByText("Not connected: the live calls are as they were at").waitFor();
    await page.getByRole("status").getByText("Reconnecting").waitFor();
    const time = row(page, "1000").getByRole("gridcell").nth(3);
    const stopped = await time.textContent();
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    expect(await time.textContent()).toBe(stopped);
    await shot(page, "lost");

    const call = api.live.get(liveCall(0).id) as Call;
    api.change("ended", ended(call, { cause_text: "while nobody watched" }));
    api.takesStreams = true;
    await page.getByRole("status").getByText("Live", { exact: true }).waitFor({ timeout: 20_000 });
    await page.locator("#total-all").getByText("499", { exact: true }).waitFor();
    expect(await page.locator("#warnings").textContent()).toBe("");
    await page
      .getByRole("region", { name: "1000 to +31205550000" })
      .getByText("while nobody watched")
      .waitFor();
  }, 60_000);

  it("says so when call-control does not see Asterisk", async () => {
    const page = await live();
    api.asterisk = { live: false, reason: "ARI: connection refused" };
    api.alive();
    await page.getByText("call-control does not see Asterisk, so the live calls may be old").waitFor();
    api.asterisk = { live: true, reason: null };
    api.alive();
    await eventually("no warning", async () =>
      (await page.locator("#warnings").textContent()) === "" ? true : undefined,
    );
  });
});

describe("the log", () => {
  const rows = (page: Page) => page.locator(".log-row");

  it("is read page by page, there and back", async () => {
    const page = await signedIn({}, "#log");
    await page.getByText("1 to 50").waitFor();
    expect(await rows(page).count()).toBe(50);
    await page.getByRole("button", { name: "Older" }).click();
    await page.getByText("51 to 100").waitFor();
    await page.getByRole("button", { name: "Older" }).click();
    await page.getByText("101 to 120").waitFor();
    expect(await page.getByRole("button", { name: "Older" }).isDisabled()).toBe(true);
    await page.getByRole("button", { name: "Newer" }).click();
    await page.getByText("51 to 100").waitFor();
  });

  it("is searched by number, agent, type, outcome and time", async () => {
    const page = await signedIn({}, "#log");
    const form = page.getByRole("form", { name: "Search the log" });
    await form.getByLabel("Number").fill("+31205550");
    await form.getByLabel("Type").selectOption("Outbound");
    await form.getByLabel("Outcome").selectOption("No answer");
    await page.keyboard.press("Enter");
    await page.getByText("1 to 24").waitFor();
    await form.getByLabel("Agent").fill("1909");
    await form.getByRole("button", { name: "Search" }).click();
    await page.getByText("1 to 1", { exact: true }).waitFor();
    await form.getByLabel("From").fill("2030-01-01T10:00");
    await form.getByRole("button", { name: "Search" }).click();
    await page.locator("#log").getByText("No call is like that").waitFor();
    await form.getByLabel("To", { exact: true }).fill("2029-01-01T10:00");
    await form.getByRole("button", { name: "Search" }).click();
    await form.getByRole("alert").getByText("The time range ends before it begins.").waitFor();
    await form.getByRole("button", { name: "Clear" }).click();
    await page.getByText("1 to 50").waitFor();
  });

  it("opens a row with what else is known, plays its recording and saves it", async () => {
    const page = await signedIn({}, "#log");
    const call = api.log[0] as Call;
    const toggle = page.getByRole("button", { name: `${call.from_number} to ${call.to_number}` });
    await toggle.press("Enter");
    expect(await toggle.getAttribute("aria-expanded")).toBe("true");
    await page.getByText("Normal Clearing (16)").waitFor();
    await page.getByText("Failed: no space is left").waitFor();
    await page.getByRole("button", { name: /^Play/ }).click();
    const audio = page.locator("audio");
    await eventually("the sound", async () =>
      (await audio.evaluate((node: { currentTime: number }) => node.currentTime)) > 0 ? true : undefined,
    );
    expect(await audio.getAttribute("src")).not.toContain(key);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: /^Download/ }).click(),
    ]);
    expect(download.suggestedFilename()).toBe("call.wav");
    await toggle.click();
    expect(await page.locator("audio").count()).toBe(0);
    expect(faults).toStrictEqual([]);
  });
});

describe("campaigns", () => {
  const card = (page: Page, name: string) => page.getByRole("article", { name });

  it("are shown with their numbers, and started and paused", async () => {
    const page = await signedIn({}, "#campaigns");
    const renewals = card(page, "Renewals");
    await renewals.getByText("nobody has answered yet").waitFor();
    await renewals.getByText("It begins no calls now: it is outside the calling hours").waitFor();
    await card(page, "Survey").getByText("17 of 412 answered; limit 3.0 %: above it").waitFor();
    await renewals.getByRole("img", { name: /^Of the last 60 minutes: [0-9,]+ calls/ }).waitFor();
    api.refuse = () => {
      throw new Refused(409, "Renewals has no agent who could speak: let one join first.");
    };
    await renewals.getByRole("button", { name: "Start Renewals" }).click();
    await renewals.getByRole("alert").getByText("has no agent who could speak").waitFor();
    api.refuse = undefined;
    await renewals.getByRole("button", { name: "Start Renewals" }).click();
    await renewals.getByText("Running").waitFor();
    await renewals.getByRole("button", { name: "Pause Renewals" }).click();
    await renewals.getByText("Paused", { exact: true }).first().waitFor();
    expect(api.asked.map(({ what }) => what.split("/").at(-2))).toStrictEqual(["start", "start", "pause"]);
  });

  it("follow what changes, and say since when they are old", async () => {
    const page = await signedIn({}, "#campaigns");
    await card(page, "Spring offer").getByRole("definition").getByText("1,920").waitFor();
    api.campaigns = api.campaigns.map((one) => ({ ...one, queue: { ...one.queue, waiting: 1_717 } }));
    await card(page, "Spring offer").getByRole("definition").getByText("1,717").waitFor({ timeout: 5_000 });
    await api.stop();
    await page.getByText("The server cannot be reached. Campaigns are as they were at").waitFor();
  });

  it("have no button for who may only look", async () => {
    api.keys.set("viewer", accessOf({ scopes: allScopes.filter((scope) => scope !== "campaigns:write") }));
    const page = await signedIn({}, "#campaigns", "viewer");
    await card(page, "Renewals").waitFor();
    await page.getByText("lacks the scope campaigns:write").waitFor();
    expect(await page.getByRole("button", { name: /^(Start|Pause)/ }).count()).toBe(0);
  });
});

it("shows what comes from outside as text, and loads nothing from elsewhere", async () => {
  const evil = "<img src=x onerror=alert(1)><script>alert(2)</script>";
  const call = callOf(0, { from_number: evil, trunk: evil, cause_text: evil });
  api.live.clear();
  api.live.set(call.id, call);
  api.log.unshift(ended(call, { cause_text: evil }));
  api.campaigns = [campaignOf(1, { name: evil })];
  const page = await signedIn();
  const requests: string[] = [];
  page.on("request", (request) => requests.push(request.url()));
  page.on("dialog", (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.locator(".row").getByText("<img src=x").first().click();
  await page.locator("#detail").getByText("<script>alert(2)").first().waitFor();
  await page.getByRole("link", { name: "Log" }).click();
  await page.locator(".log-row button").first().click();
  await page.locator(".more").getByText("<script>alert(2)").first().waitFor();
  await page.getByRole("link", { name: "Campaigns" }).click();
  await page.getByRole("heading", { name: "<img src=x" }).waitFor();
  expect(requests.filter((url) => !url.startsWith(`${origin}/`))).toStrictEqual([]);
  expect(faults).toStrictEqual([]);
});

// A theme is colours, a width is layout: each is seen once, for axe takes its time.
it.each([
  ["light", "wide", 1440, 900],
  ["dark", "narrow", 400, 860],
] as const)(
  "is accessible in the %s theme when %s, and looks as it should",
  async (theme, name, width, height) => {
    // axe looks at each of them.
    api.log.splice(12);
    for (const id of [...api.live.keys()].slice(12)) api.live.delete(id);
    const options = { colorScheme: theme, viewport: { width, height } };
    const page = await opened(options);
    await page.getByLabel("API key").waitFor();
    expect(await axeViolations(page)).toStrictEqual([]);
    await shot(page, `${theme}-${name}-sign-in`);
    await page.getByLabel("API key").fill(key);
    await page.keyboard.press("Enter");
    await row(page, "1000").waitFor();
    await shot(page, `${theme}-${name}-live`);
    await row(page, "1000").click();
    await page.getByRole("region", { name: "1000 to +31205550000" }).waitFor();
    expect(await axeViolations(page)).toStrictEqual([]);
    await shot(page, `${theme}-${name}-detail`, true);
    await page.getByRole("button", { name: "Hang up" }).click();
    expect(await axeViolations(page, "#confirm")).toStrictEqual([]);
    await shot(page, `${theme}-${name}-confirm`);
    await page.keyboard.press("Escape");
    await page.getByRole("link", { name: "Log" }).click();
    await page.locator(".log-row button").first().click();
    await page.getByRole("button", { name: /^Play/ }).click();
    await page.locator("audio").waitFor();
    expect(await axeViolations(page)).toStrictEqual([]);
    await shot(page, `${theme}-${name}-log`);
    await page.getByRole("link", { name: "Campaigns" }).click();
    await page
      .getByRole("img", { name: /^Of the last 60 minutes: 1/ })
      .first()
      .waitFor();
    expect(await axeViolations(page)).toStrictEqual([]);
    await shot(page, `${theme}-${name}-campaigns`);
    const overflow = await page.evaluate<number>(
      "document.documentElement.scrollWidth - document.documentElement.clientWidth",
    );
    expect(overflow).toBe(0);
    expect(faults).toStrictEqual([]);
  },
  180_000,
);

it("is below 100 kB in all", () => {
  const { readdirSync, statSync } = jest.requireActual<typeof import("node:fs")>("node:fs");
  const sizes = readdirSync(directory).map((name) => statSync(join(directory, name)).size);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  console.log(`the page has ${total} bytes`);
  expect(total).toBeLessThan(100_000);
});
