import type { CallRecord } from "../../assets/genesys-simulator/src/calls/call-record";
import { simulator } from "../../tools/simulator";
import { type Agent, type Agents, call, expectAudio, hangUp } from "./agents";
import { MINUTE } from "./support";

/** Milliseconds in which packets that are under way still come in. */
const SETTLED = 500;

/** What an agent who presses Hold on the desktop gets: Genesys asks the phone, through the relay and AMI. */
export function genesysHolds(use: () => Agents): void {
  /** What the NOTIFY in the dialog is answered with, which is the relay's answer. */
  async function ask(event: "hold" | "talk", leg: "caller" | "called"): Promise<number> {
    const { environment } = use();
    const calls = await simulator<CallRecord[]>(environment, "/calls");
    const { uuid } = calls.at(-1) as CallRecord;
    const asked = await simulator<{ status: number }>(environment, `/calls/${uuid}/events`, "POST", {
      event,
      leg,
    });
    return asked.status;
  }

  /** A page that has put its call on hold hears nothing, and its card says so. */
  async function expectHeld({ phone, media }: Agent): Promise<void> {
    await phone.call("active").and(phone.page.locator('[data-tone="held"]')).waitFor({ timeout: 5_000 });
    await new Promise((resolve) => setTimeout(resolve, SETTLED));
    const before = await media.audio();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect((await media.audio()).packetsReceived - before.packetsReceived).toBeLessThan(5);
  }

  const isTalkedOn = ({ phone }: Agent) =>
    phone.call("active").and(phone.page.locator('[data-tone="active"]')).waitFor({ timeout: 5_000 });

  it(
    "Genesys holds the call of the phone that was called, and takes it up again",
    async () => {
      const both = await use().both();
      const [callee, caller] = both;
      await call(both);
      await expectAudio(both, 1);
      expect(await ask("hold", "called")).toBe(200);
      await expectHeld(callee);
      expect(await caller.phone.call("active").count()).toBe(1);
      expect(await ask("talk", "called")).toBe(200);
      await isTalkedOn(callee);
      await expectAudio(both, 2);
      await hangUp(caller, callee);
      expect(callee.phone.console).toEqual([]);
    },
    MINUTE,
  );

  it(
    "Genesys holds the call of the phone that calls",
    async () => {
      const both = await use().both();
      const [callee, caller] = both;
      await call(both);
      await expectAudio(both, 1);
      expect(await ask("hold", "caller")).toBe(200);
      await expectHeld(caller);
      await caller.phone.button("Hold").click();
      await isTalkedOn(caller);
      await expectAudio(both, 2);
      await hangUp(callee, caller);
    },
    MINUTE,
  );
}
