import type { Browser, BrowserContext } from "playwright-core";
import type { Environment } from "../../config";
import { Phones } from "../../tools/verify/phones";
import { PhonePage } from "../browser/phone-page";
import { BrowserMedia } from "./browser-media";
import { eventually, registeredDns } from "./support";

/** Somebody at a phone page, with its real media. */
export interface Agent {
  readonly dn: string;
  readonly phone: PhonePage;
  readonly media: BrowserMedia;
}

/** The agents of an environment, each in a browser window of its own. */
export class Agents {
  private readonly contexts: BrowserContext[] = [];

  constructor(
    public readonly environment: Environment,
    private readonly browser: Browser,
  ) {}

  public async signIn(dn: string): Promise<Agent> {
    const context = await this.browser.newContext({ ignoreHTTPSErrors: true });
    this.contexts.push(context);
    const page = await context.newPage();
    const media = await BrowserMedia.watch(page);
    const phone = new PhonePage(page);
    const { address, port } = this.environment.nginx;
    await page.goto(`https://${address}:${port}/phone/`);
    await phone.signIn(dn, new Phones(this.environment).password(dn));
    await phone.lineIs("registered", 20_000);
    return { dn, phone, media };
  }

  /** 1002 and 1003, registered at both ends. */
  public async both(): Promise<[Agent, Agent]> {
    const both: [Agent, Agent] = [await this.signIn("1002"), await this.signIn("1003")];
    await eventually(20_000, async () =>
      expect(await registeredDns(this.environment)).toEqual(expect.arrayContaining(["1002", "1003"])),
    );
    return both;
  }

  /** Closes all windows. */
  public async leave(): Promise<void> {
    for (const context of this.contexts.splice(0)) await context.close();
  }
}

/** 1003 calls 1002, whose phone answers by itself when Genesys says so. */
export async function call([callee, caller]: [Agent, Agent]): Promise<void> {
  await caller.phone.dial(callee.dn);
  await callee.phone.callIs("active", 15_000);
  await caller.phone.callIs("active", 15_000);
}

/** 1003 calls 1002, whose phone rings on until a click answers. */
export async function ringsUntilAnswered(both: [Agent, Agent]): Promise<void> {
  const [callee, caller] = both;
  await caller.phone.dial(callee.dn);
  await callee.phone.callIs("incoming", 15_000);
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  await callee.phone.callIs("incoming", 100);
  await callee.phone.button("Answer").click();
  await caller.phone.callIs("active");
  await expectAudio(both, 1);
}

/** Ends the call for both, and waits until its card is gone from both pages. */
export async function hangUp(one: Agent, other: Agent): Promise<void> {
  await one.phone.call("active").getByRole("button", { name: "Hang up" }).click();
  // The card of a call that has ended stays for some seconds only.
  await Promise.all([one, other].map(({ phone }) => phone.callIs("ended")));
  await Promise.all([one, other].map(({ phone }) => phone.call().waitFor({ state: "detached" })));
}

/** Packets that Asterisk drops while it makes sure of where sound comes from: `probation` in its rtp.conf. */
const PROBATION = 4;

/**
 * Packets come in at both ends for so many seconds, hardly any is lost, and they carry sound. A machine that does other
 * things stutters for a moment: the next seconds count then. How long sound may stay away is `AudioWatch`'s question.
 */
export async function expectAudio(both: readonly Agent[], seconds: number): Promise<void> {
  // DTLS takes its time after the answer: a message of it that is lost is sent again after 1, 2 and 4 seconds.
  await eventually(10_000, async () => {
    for (const { media } of both) expect((await media.audio()).packetsReceived).toBeGreaterThan(0);
  });
  await eventually(5_000 + seconds * 1000, () => expectSteadyAudio(both, seconds));
}

async function expectSteadyAudio(both: readonly Agent[], seconds: number): Promise<void> {
  const before = await Promise.all(both.map(({ media }) => media.audio()));
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const after = await Promise.all(both.map(({ media }) => media.audio()));
  for (const [index, then] of before.entries()) {
    const now = after[index] as typeof then;
    const received = now.packetsReceived - then.packetsReceived;
    const lost = now.packetsLost - then.packetsLost;
    // 50 packets a second, at 20 ms each.
    expect(received).toBeGreaterThan(seconds * 40);
    expect(lost).toBeLessThanOrEqual(PROBATION + received * 0.01);
    expect(now.energy).toBeGreaterThan(then.energy);
  }
}
