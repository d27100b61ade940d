import type { Browser, Page } from "playwright-core";
import type { EmbedEvent } from "../../../assets/nginx/phone/logic/embed-protocol";
import { launchBrowser } from "../../../tools/browser";
import { PhonePage } from "../../browser/phone-page";
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

/** A page of another origin, `localhost`, with the phone in a frame, that keeps what it hears. */
class Workspace {
  private constructor(
    public readonly page: Page,
    public readonly phone: PhonePage,
  ) {}

  public static async open(): Promise<Workspace> {
    const { origin } = stand;
    stand.others.set(
      "/workspace",
      `<!doctype html><title>Workspace</title>
      <script>const heard = []; addEventListener("message", ({ data, origin }) => heard.push({ ...data, origin }));</script>
      <iframe id="phone" src="${origin}/phone/?embed" allow="microphone; autoplay" width="360" height="700"></iframe>`,
    );
    const { page } = await stand.open(browser);
    const phone = new PhonePage(page, page.frameLocator("#phone"));
    await page.goto(`${origin.replace("127.0.0.1", "localhost")}/workspace`);
    return new Workspace(page, phone);
  }

  public async post(fields: object, target = "frames[0]"): Promise<void> {
    const message = JSON.stringify({ webrtcGenesys: 1, ...fields });
    await this.page.evaluate(`${target}.postMessage(${message}, "*")`);
  }

  public async heard(): Promise<(EmbedEvent & { origin: string })[]> {
    return (await this.page.evaluate("heard")) as (EmbedEvent & { origin: string })[];
  }

  /** Waits for an event that has these fields. */
  public async hears(fields: object): Promise<void> {
    const deadline = Date.now() + 8_000;
    for (;;) {
      try {
        return expect(await this.heard()).toContainEqual(expect.objectContaining(fields));
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }
}

function allow(...origins: string[]): void {
  stand.config = { ...stand.config, embedOrigins: origins };
}

const localhost = () => stand.origin.replace("127.0.0.1", "localhost");

it("is driven by a page that the environment names", async () => {
  allow(localhost());
  const workspace = await Workspace.open();
  const far = new FarEnd(stand.sip);
  await workspace.hears({ event: "ready", origin: stand.origin });
  await workspace.post({ command: "signIn", dn: "1002", password: PASSWORD, id: 1 });
  await workspace.hears({ event: "result", id: 1, ok: true });
  await workspace.hears({ event: "state", dn: "1002", line: { at: "registered" } });

  far.call("1002", [["X-Genesys-CallUUID", "A1"]]);
  await workspace.hears({
    event: "call",
    call: expect.objectContaining({ phase: "incoming", number: "1003", uuid: "A1" }),
  });
  await workspace.post({ command: "answer", id: 2 });
  await workspace.hears({ event: "call", call: expect.objectContaining({ phase: "active" }) });
  await workspace.post({ command: "mute", on: true, id: 3 });
  await workspace.hears({ event: "call", call: expect.objectContaining({ muted: true }) });
  await workspace.post({ command: "hold", on: true, id: 4 });
  await workspace.hears({ event: "call", call: expect.objectContaining({ held: true }) });
  await far.received("INVITE");
  await workspace.post({ command: "dtmf", tones: "12#", id: 5 });
  // Its media is only made up.
  await workspace.hears({
    event: "result",
    id: 5,
    ok: false,
    error: "Tones can't be sent in this call now.",
  });
  await workspace.post({ command: "transfer", number: "1004", id: 6 });
  await far.received("REFER");
  await workspace.hears({
    event: "call",
    call: expect.objectContaining({ phase: "ended", why: "Transferred to 1004" }),
  });

  await workspace.post({ command: "dial", number: "1003", id: 7 });
  await workspace.hears({ event: "result", id: 7, ok: true });
  await workspace.post({ command: "hangUp", id: 8 });
  await workspace.hears({ event: "result", id: 8, ok: true });
  await workspace.post({ command: "answer", id: 9 });
  await workspace.hears({ event: "result", id: 9, ok: false, error: "there is no call to answer" });
  await workspace.post({ command: "dial", number: "sip:1003@elsewhere.example", id: 10 });
  await workspace.hears({ event: "result", id: 10, ok: false, error: "dial: number is not as it should be" });
  await workspace.post({ command: "signOut", id: 11 });
  await workspace.hears({ event: "state", line: { at: "off" }, calls: expect.anything() });
  expect(JSON.stringify(await workspace.heard())).not.toContain(PASSWORD);
});

it("is not even shown by a page that the environment does not name", async () => {
  const workspace = await Workspace.open();
  await workspace.page.waitForTimeout(1_000);
  expect(workspace.phone.console.join("\n")).toMatch(/frame-ancestors 'none'/);
  expect(await workspace.heard()).toStrictEqual([]);
});

it("ignores others' messages, and says so once", async () => {
  // A frame beside it, of an origin that is not named, as an advertisement would be.
  allow(localhost());
  const workspace = await Workspace.open();
  await workspace.hears({ event: "ready" });
  await workspace.page.evaluate(`new Promise((done) => {
    const frame = document.createElement("iframe");
    frame.srcdoc = "<script>for (let count = 0; count < 3; count++) parent.frames[0].postMessage({ webrtcGenesys: 1, command: 'signIn', dn: '1002', password: 'x' }, '*')</script>";
    frame.sandbox = "allow-scripts";
    frame.onload = done;
    document.body.append(frame);
  })`);
  await workspace.page.waitForTimeout(500);
  expect(await workspace.phone.lineWords).toBe("Signed out");
  const said = workspace.phone.console.filter((line) => line.includes("are ignored"));
  expect(said).toStrictEqual([
    "warning: messages of null are ignored: phone.embedOrigins does not name it, or it is no parent",
  ]);
});

it("does not listen without ?embed", async () => {
  allow(stand.origin);
  const { page, lineWords } = await stand.open(browser);
  await page.evaluate(
    `postMessage({ webrtcGenesys: 1, command: "signIn", dn: "1002", password: "${PASSWORD}" }, "*")`,
  );
  await page.waitForTimeout(500);
  expect(await lineWords).toBe("Signed out");
});

it("is driven from its own window where that origin is named, as an Electron shell does it", async () => {
  allow(stand.origin);
  const phone = await stand.open(browser);
  await phone.page.goto(`${stand.origin}/phone/?embed`);
  await phone.page.evaluate(
    `postMessage({ webrtcGenesys: 1, command: "signIn", dn: "1002", password: "${PASSWORD}" }, "*")`,
  );
  await phone.lineIs("registered");
});
