import type { Browser } from "playwright-core";
import { launchBrowser } from "../../../tools/browser";
import { PASSWORD } from "../../lib/phone/web-socket-switch";
import { FarEnd } from "./far-end";
import { PhoneStand } from "./stand";

jest.setTimeout(60_000);

let stand: PhoneStand;
let browser: Browser;

beforeAll(async () => {
  [stand, browser] = await Promise.all([PhoneStand.start(), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await stand?.stop();
});
afterEach(() => stand.reset());

const registered = () => stand.registered(browser);

describe("signing in", () => {
  it("registers the DN, and signing out un-registers it", async () => {
    const phone = await registered();
    expect(await phone.lineWords).toBe("Registered");
    expect([...stand.sip.bindings.keys()]).toStrictEqual(["1002"]);
    await phone.button("Sign out").click();
    await phone.lineIs("off");
    await phone.page.waitForTimeout(300);
    expect([...stand.sip.bindings.keys()]).toStrictEqual([]);
  });

  it("says that the password is wrong, and does not try it again", async () => {
    const phone = await stand.open(browser);
    await phone.signIn("1002", "other");
    const fault = phone.page.locator("#sign-in-fault:not(:empty)");
    await fault.waitFor();
    expect(await fault.textContent()).toBe("The DN or the password is not accepted (401 Unauthorized).");
    const before = stand.sip.handshakes.length;
    await phone.page.waitForTimeout(2500);
    expect(stand.sip.handshakes.length).toBe(before);
  });

  it("keeps the password out of storage and of the address", async () => {
    const phone = await registered();
    const kept = await phone.page.evaluate(
      "JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href, document.body.outerHTML])",
    );
    expect(kept).not.toContain(PASSWORD);
    expect(await phone.page.evaluate("document.getElementById('sign-in-password').value")).toBe("");
  });
});

describe("a network that drops", () => {
  it("is waited out: the phone says so, comes back by itself and registers", async () => {
    const phone = await registered();
    stand.sip.cut();
    await phone.lineIs("waiting");
    expect(await phone.lineWords).toMatch(/^Offline, retry in \d+ s$/);
    expect(await phone.page.locator("#announce").textContent()).toBe("Offline: the connection is lost");
    stand.sip.bindings.clear();
    await phone.lineIs("registered");
    expect([...stand.sip.bindings.keys()]).toStrictEqual(["1002"]);
  });

  it("tries again after longer and longer waits, or at once when told to", async () => {
    const phone = await registered();
    stand.refuses = true;
    stand.sip.cut();
    const attempts = stand.refusals;
    await phone.page.waitForTimeout(6_000);
    // Full jitter: waits of at most 1, 2, 4, 8 seconds, and of half a second at least.
    expect(stand.refusals - attempts).toBeGreaterThanOrEqual(2);
    expect(stand.refusals - attempts).toBeLessThanOrEqual(9);
    stand.refuses = false;
    await phone
      .button("Try now")
      .click({ timeout: 2_000 })
      .catch(() => undefined);
    await phone.lineIs("registered", 15_000);
  });

  it("ends calls that ring, and leaves one that is up alone", async () => {
    const phone = await registered();
    const far = new FarEnd(stand.sip);
    far.call("1002");
    await phone.button("Answer").click();
    await phone.callIs("active");
    far.call("1002").final.catch(() => undefined);
    await phone.callIs("incoming");
    stand.sip.cut();
    await phone.callIs("ended");
    expect(await phone.call("active").count()).toBe(1);
    await phone.lineIs("registered");
    // The server learns where the call goes on.
    expect((await far.received("INVITE")).to.tag).toBeDefined();
    await phone.call("active").getByRole("button", { name: "Hang up" }).click();
    await far.received("BYE");
    await phone.call().first().waitFor({ state: "detached" });
  });

  it("ends a call that the server has forgotten meanwhile", async () => {
    const phone = await registered();
    const far = new FarEnd(stand.sip);
    const invite = far.call("1002");
    await phone.button("Answer").click();
    await phone.callIs("active");
    const { dialog } = await invite.final;
    if (dialog) stand.sip.agent.endDialog(dialog);
    stand.sip.cut();
    await phone.callIs("ended");
    expect(await phone.call().textContent()).toContain("Ended: The server no longer knew the call");
  });
});

describe("a microphone", () => {
  it("that is refused is said so, and the call rings on", async () => {
    const strict = await launchBrowser(["--use-fake-device-for-media-stream"]);
    try {
      const phone = await stand.open(strict, { permissions: [] });
      await phone.signIn("1002", PASSWORD);
      await phone.lineIs("registered");
      expect(await phone.notice).toMatch(/^The microphone is blocked\. Allow it/);
      new FarEnd(stand.sip).call("1002");
      await phone.button("Answer").click();
      await phone.callIs("incoming");
      expect(await phone.button("Try the microphone again").isVisible()).toBe(true);
    } finally {
      await strict.close();
    }
  });

  it("that is missing is said so", async () => {
    const deaf = await launchBrowser(["--use-fake-ui-for-media-stream"]);
    try {
      const phone = await stand.open(deaf, { permissions: ["microphone"] });
      await phone.signIn("1002", PASSWORD);
      await phone.lineIs("registered");
      expect(await phone.notice).toMatch(/^No microphone was found\. Plug one in/);
      await phone.dial("1003");
      expect(await phone.call().count()).toBe(0);
    } finally {
      await deaf.close();
    }
  });
});
