import { Reconciler } from "../../../assets/sip-proxy/src/reconcile";
import type { AmiState, Contact, OutboundRegistration } from "../../../lib/ami";
import { FakeClock } from "../../lib/sip/support/fake-clock";
import { recordingLog } from "./support/log";

const contact: Contact = { aor: "1002", uri: "sip:a@b", status: "NonQualified" };
const registration: OutboundRegistration = {
  name: "genesys-1002",
  clientUri: "sip:1002@192.0.2.81",
  serverUri: "sip:192.0.2.81",
  status: "Registered",
};

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

  async listOutboundRegistrations(): Promise<OutboundRegistration[]> {
    return [registration];
  }
}

function start(interval = 60) {
  const clock = new FakeClock();
  const source = new FakeSource();
  const log = recordingLog();
  const mode = { forwarding: true };
  const registered: (readonly OutboundRegistration[])[] = [];
  const applied: { contacts: readonly Contact[]; askedAt: number; at: number }[] = [];
  const reconciler = new Reconciler({
    source,
    clock,
    log,
    interval: () => interval,
    contactsMatter: () => mode.forwarding,
    applyContacts: (contacts, askedAt) => applied.push({ contacts, askedAt, at: clock.now() }),
    applyRegistrations: (registrations) => registered.push(registrations),
  });
  reconciler.start();
  return { clock, source, log, applied, registered, reconciler, mode };
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

  it("in proxy mode only; Asterisk's own registrations are asked for in both", async () => {
    const { clock, source, applied, registered, mode } = start();
    mode.forwarding = false;
    source.connects();
    await clock.run(1);
    expect([source.asked, applied, registered]).toEqual([0, [], [[registration]]]);
    mode.forwarding = true;
    await clock.run(60_000);
    expect([source.asked, applied.length, registered.length]).toEqual([1, 1, 2]);
  });

  it("once more by who can't do with what was asked before, and is told when that fails", async () => {
    const { clock, source, applied, reconciler } = start();
    source.state = "ready";
    const both = Promise.all([reconciler.ask(), reconciler.ask()]);
    await clock.run(1);
    await both;
    expect(applied).toHaveLength(2);
    source.answer = async () => {
      throw new Error("AMI_TIMEOUT");
    };
    await expect(reconciler.ask()).rejects.toThrow("AMI_TIMEOUT");
  });

  it("soon, once for many reasons, and not when the reason has gone by then", async () => {
    const { clock, source, reconciler } = start();
    source.state = "ready";
    let reason = true;
    for (let times = 0; times < 3; times++) reconciler.soon(() => reason);
    await clock.run(600);
    expect(source.asked).toBe(1);
    reconciler.soon(() => reason);
    reason = false;
    await clock.run(600);
    expect(source.asked).toBe(1);
  });
});
