import type { Browser } from "playwright-core";
import { launchBrowser } from "../../../tools/browser";
import type { PhonePage } from "../../browser/phone-page";
import { FarEnd } from "./far-end";
import { PhoneStand } from "./stand";

const UUID = "0A1B2C3D4E5F60718293A4B5C6D7E8F9";

jest.setTimeout(60_000);

let stand: PhoneStand;
let browser: Browser;
let far: FarEnd;

beforeAll(async () => {
  [stand, browser] = await Promise.all([PhoneStand.start(), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await stand?.stop();
});
beforeEach(() => {
  far = new FarEnd(stand.sip);
});
afterEach(() => stand.reset());

const registered = () => stand.registered(browser);

async function talking(phone: PhonePage): Promise<void> {
  far.call("1002");
  await phone.callIs("incoming");
  await phone.button("Answer").click();
  await phone.callIs("active");
}

describe("an incoming call", () => {
  it("rings, says who it is, and is answered by a click", async () => {
    const phone = await registered();
    const invite = far.call("1002", [["X-Genesys-CallUUID", UUID]]);
    await phone.callIs("incoming");
    expect(await phone.call().textContent()).toMatch(/Incoming call.*1003.*Ada Lovelace/s);
    expect(await phone.page.locator("#alarm").textContent()).toBe(
      "Incoming call from Ada Lovelace. F2 answers.",
    );
    expect(await phone.page.title()).toBe("Incoming call: 1003");
    await phone.button("Answer").click();
    expect((await invite.final).response.status).toBe(200);
    await phone.callIs("active");
    await far.hangUp();
    await phone.callIs("ended");
    expect(await phone.call().textContent()).toContain("Ended: 1003 hung up");
    await phone.call().waitFor({ state: "detached" });
    expect(await phone.page.locator("#recent li").count()).toBe(1);
  });

  it("is rejected", async () => {
    const phone = await registered();
    const invite = far.call("1002");
    await phone.button("Reject").click();
    expect((await invite.final).response.status).toBe(486);
    await phone.callIs("ended");
  });

  it("is missed when the caller gives up", async () => {
    const phone = await registered();
    const invite = far.call("1002");
    await phone.callIs("incoming");
    invite.cancel();
    await phone.callIs("ended");
    expect(await phone.call().textContent()).toContain("Ended: Missed");
  });

  it("puts the call before it on hold when it is answered", async () => {
    const phone = await registered();
    await talking(phone);
    const second = new FarEnd(stand.sip);
    const invite = second.call("1002");
    await phone.button("Answer").click();
    expect((await invite.final).response.status).toBe(200);
    await phone.page.locator('.call[data-tone="held"]').waitFor();
    expect(await phone.call("active").count()).toBe(2);
  });

  it("hears that the line is busy when there are three calls", async () => {
    const phone = await registered();
    for (let count = 0; count < 3; count++) far.call("1002");
    await phone.call("incoming").nth(2).waitFor();
    expect((await far.call("1002").final).response.status).toBe(486);
  });
});

describe("a call that is made", () => {
  it("goes to the number without what people write between its digits", async () => {
    const phone = await registered();
    await phone.dial("10 03");
    const { uri } = await far.received("INVITE");
    expect(uri).toBe("sip:1003@127.0.0.1");
    await phone.callIs("active");
    await phone.button("Hang up").click();
    await far.received("BYE");
    await phone.callIs("ended");
    expect(await phone.call().textContent()).toContain("Ended: You hung up");
  });

  it("says why it was not connected", async () => {
    const phone = await registered();
    stand.sip.onRequest = (incoming) => void incoming.respond(404, { reason: "Invalid Called DN" });
    await phone.dial("4711");
    await phone.callIs("ended");
    expect(await phone.call().textContent()).toContain("Invalid Called DN: ");
  });

  it("is not made to what is no number", async () => {
    const phone = await registered();
    await phone.dial("1003@elsewhere.example");
    expect(await phone.notice).toMatch(/^That is no number/);
    expect(far.requests).toStrictEqual([]);
  });
});

describe("during a call", () => {
  it("mutes, holds and takes up again", async () => {
    const phone = await registered();
    await talking(phone);
    const isSending = () =>
      phone.page.evaluate("document.querySelector('[data-do=mute]').getAttribute('aria-pressed')");
    await phone.button("Mute").click();
    expect(await isSending()).toBe("true");
    await phone.button("Mute").click();
    expect(await isSending()).toBe("false");
    await phone.button("Hold").click();
    const held = await far.received("INVITE");
    expect(held.body.toString()).toMatch(/^a=sendonly\r$/m);
    await phone.page.locator('.call[data-tone="held"]').waitFor();
    // Until the answer to the re-INVITE is in.
    await phone.page.waitForTimeout(300);
    await phone.button("Hold").click();
    const resumed = await far.received("INVITE", 2);
    expect(resumed.body.toString()).toMatch(/^a=sendrecv\r$/m);
    await phone.page.locator('.call[data-tone="active"]').waitFor();
  });

  it("transfers", async () => {
    const phone = await registered();
    await talking(phone);
    await phone.button("Transfer").click();
    await phone.page.getByLabel("Transfer to").fill("1004");
    await phone.button("Transfer call").click();
    const refer = await far.received("REFER");
    expect(refer.get("Refer-To")).toContain("sip:1004@127.0.0.1");
    await far.received("BYE");
    await phone.callIs("ended");
    expect(await phone.call().textContent()).toContain("Transferred to 1004");
  });
});

describe("a transfer that fails", () => {
  async function transferring(): Promise<PhonePage> {
    const phone = await registered();
    await talking(phone);
    await phone.button("Transfer").click();
    await phone.page.getByLabel("Transfer to").fill("1004");
    await phone.button("Transfer call").click();
    return phone;
  }

  it("leaves the call as it was when the server does not take it on", async () => {
    far.transferred = undefined;
    const phone = await transferring();
    expect(await phone.notice).toBe("The call could not be transferred to 1004.");
    expect(await phone.call("active").locator(".call-words").textContent()).toBe("Connected");
  });

  it("ends the call, because the other side is gone, when nobody was reached", async () => {
    far.transferred = "404 Not Found";
    const phone = await transferring();
    await phone.callIs("ended");
    expect(await phone.call().textContent()).toContain("Ended: Lost, 1004 was not reached");
  });
});

describe("talk events", () => {
  it("answers the call that it names, and holds it", async () => {
    const phone = await registered();
    const invite = far.call("1002", [["X-Genesys-CallUUID", UUID]]);
    await phone.callIs("incoming");
    expect((await far.notify("1002", "talk", UUID)).status).toBe(200);
    expect((await invite.final).response.status).toBe(200);
    await phone.callIs("active");
    await far.notify("1002", "hold", UUID);
    await phone.page.locator('.call[data-tone="held"]').waitFor();
    await far.received("INVITE");
    await far.notify("1002", "talk", UUID);
    await far.received("INVITE", 2);
    await phone.page.locator('.call[data-tone="active"]').waitFor();
  });

  it("does not answer another call than the one that it names", async () => {
    const phone = await registered();
    far.call("1002", [["X-Genesys-CallUUID", UUID]]);
    await phone.callIs("incoming");
    await far.notify("1002", "talk", "F".repeat(32));
    await far.notify("1002", "talk");
    await phone.page.waitForTimeout(300);
    expect(await phone.call("incoming").count()).toBe(1);
    expect(phone.console.filter((line) => line.includes("talk event ignored"))).toHaveLength(2);
  });

  it("does nothing when the user has switched it off", async () => {
    const phone = await registered();
    await phone.page.locator("#settings summary").click();
    await phone.page.getByLabel("Answer when Genesys asks for it").uncheck();
    far.call("1002", [["X-Genesys-CallUUID", UUID]]);
    await phone.callIs("incoming");
    await far.notify("1002", "talk", UUID);
    await phone.page.waitForTimeout(300);
    expect(await phone.call("incoming").count()).toBe(1);
  });
});

describe("an INVITE that asks for an answer", () => {
  const ASKS: [string, string][] = [["Call-Info", "<sip:1003@test>;answer-after=0"]];

  it("rings like any other", async () => {
    const phone = await registered();
    far.call("1002", ASKS);
    await phone.callIs("incoming");
    await phone.page.waitForTimeout(300);
    expect(await phone.call("incoming").count()).toBe(1);
  });

  it("is answered where the environment allows it", async () => {
    stand.config = { ...stand.config, autoAnswerHeaders: true };
    const phone = await registered();
    expect((await far.call("1002", ASKS).final).response.status).toBe(200);
    await phone.callIs("active");
  });
});
