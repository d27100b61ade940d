import { Reconciler } from "../../../assets/sip-proxy/src/reconcile";
import type { AmiState, Contact } from "../../../lib/ami";
import { FakeClock } from "../../lib/sip/support/fake-clock";
import { recordingLog } from "./support/log";

const contact: Contact = { aor: "1002", uri: "sip:a@b", status: "NonQualified" };

/** An AMI client as far as the reconciler knows it. */
class FakeSource {
  state: AmiState = "ready";
  asked = 0;
  answer: () => Promise<Contact[]> = async () => [contact];
  private ready: () => void = () => undefined;

  on(_event: "ready", listener: () => void): void {
    this.ready = listener;
  }

  connects(): void {
    this.state = "ready";
    this.ready();
  }

  listContacts(): Promise<Contact[]> {
    this.asked++;
    return this.answer();
  }
}

function start(interval = 60) {
  const clock = new FakeClock();
  const source = new FakeSource();
  const log = recordingLog();
  const applied: { contacts: readonly Contact[]; askedAt: number; at: number }[] = [];
  const reconciler = new Reconciler({
    source,
    clock,
    log,
    interval: () => interval,
    apply: (contacts, askedAt) => applied.push({ contacts, askedAt, at: clock.now() }),
  });
  reconciler.start();
  return { clock, source, log, applied, reconciler };
}

describe("Asterisk's contacts are asked for", () => {
  it("when AMI has connected, and each time it has reconnected", async () => {
    const { clock, source, applied } = start();
    source.connects();
    await clock.run(1);
    source.connects();
    await clock.run(1);
    expect(applied).toHaveLength(2);
    expect(applied[0]?.contacts).toEqual([contact]);
  });

  it("at intervals, but not while there is no connection", async () => {
    const { clock, source, applied } = start();
    await clock.run(121_000);
    expect(applied).toHaveLength(2);
    source.state = "waiting";
    await clock.run(120_000);
    expect(applied).toHaveLength(2);
  });

  it("one at a time, and with the time of the question", async () => {
    const { clock, source, applied } = start();
    let deliver: (contacts: Contact[]) => void = () => undefined;
    source.answer = () =>
      new Promise((resolve) => {
        deliver = resolve;
      });
    source.connects();
    const askedAt = clock.now();
    await clock.run(61_000);
    expect(source.asked).toBe(1);
    deliver([]);
    await clock.run(1);
    expect(applied).toEqual([{ contacts: [], askedAt, at: askedAt + 61_000 }]);
  });

  it("again after a list that failed, which is logged and applied nowhere", async () => {
    const { clock, source, applied, log } = start();
    source.answer = async () => {
      throw new Error("AMI_TIMEOUT");
    };
    await clock.run(60_000);
    expect(applied).toEqual([]);
    expect(log.lines.at(-1)).toMatchObject({ level: "warn", fields: { error: "AMI_TIMEOUT" } });
    source.answer = async () => [];
    await clock.run(60_000);
    expect(applied).toHaveLength(1);
  });

  it("no more after stop, also when the answer is still to come", async () => {
    const { clock, source, applied, reconciler } = start();
    source.connects();
    reconciler.stop();
    await clock.run(300_000);
    expect(applied).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});
