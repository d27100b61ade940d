import { Forwarder, type ForwarderSettings } from "../../../../assets/sip-proxy/src/forwarder/forwarder";
import type { Contact } from "../../../../lib/ami";
import { FakeClock } from "../../../lib/sip/support/fake-clock";
import { FakeGenesys, type FakeServer } from "./fake-genesys";
import { recordingLog } from "./log";

export const PRIMARY = "127.0.0.2";
export const BACKUP = "127.0.0.3";

export const defaultSettings: ForwarderSettings = {
  forwarding: true,
  genesys: {
    servers: [{ host: PRIMARY, port: 5060, transport: "udp" }],
    credentials: undefined,
    registration: { expires: 600, retryInterval: 10, forbiddenRetryInterval: 10, maxRetryInterval: 300 },
    rate: 1000,
    burst: 1000,
    probeInterval: 5,
  },
  trunk: { host: "127.0.0.1", port: 5060 },
  allowedDns: [{ from: "1000", to: "5020" }],
  graceSeconds: 30,
  reconcileSeconds: 60,
};

export type GenesysSettings = ForwarderSettings["genesys"];

/** A forwarder between a fake Asterisk's reports and a fake Genesys, in time that passes as told. */
export class World {
  readonly clock: FakeClock;
  readonly genesys: FakeGenesys;
  readonly log = recordingLog();
  /** What Math.random would say; 0.5 unless told. */
  random: () => number = () => 0.5;
  settings: ForwarderSettings;
  readonly forwarder: Forwarder;

  /** @param before what is there already: time, and Genesys */
  constructor(
    genesys: Partial<GenesysSettings> = {},
    settings: Partial<ForwarderSettings> = {},
    before?: World,
  ) {
    this.clock = before?.clock ?? new FakeClock();
    this.genesys = before?.genesys ?? new FakeGenesys(this.clock);
    this.settings = {
      ...defaultSettings,
      ...settings,
      genesys: { ...(settings.genesys ?? defaultSettings.genesys), ...genesys },
    };
    this.forwarder = new Forwarder({
      clock: this.clock,
      random: () => this.random(),
      log: this.log,
      openLink: this.genesys.openLink,
      settings: this.settings,
    });
  }

  static async start(
    genesys: Partial<GenesysSettings> = {},
    settings: Partial<ForwarderSettings> = {},
  ): Promise<World> {
    const world = new World(genesys, settings);
    await world.forwarder.start();
    return world;
  }

  /** The same world after a restart of the proxy, which knows nothing of before. */
  static async restart(before: World): Promise<World> {
    await before.forwarder.stop();
    const world = new World({}, before.settings, before);
    await world.forwarder.start();
    return world;
  }

  get primary(): FakeServer {
    return this.genesys.server(PRIMARY);
  }

  get backup(): FakeServer {
    return this.genesys.server(BACKUP);
  }

  /** Asterisk accepted a REGISTER of a phone with this contact on this socket. */
  registers(
    dn: string,
    socket: number,
    { contact = `sip:${dn}@phone${socket}`, expires = 600, left = 1 } = {},
  ): void {
    this.forwarder.accepted(socket, {
      dn,
      callId: `call-${socket}-${dn}`,
      contacts: [{ uri: contact, expires }],
      left,
    });
  }

  /** Asterisk accepted an un-REGISTER, and holds so many contacts still. */
  unregisters(dn: string, socket: number, left = 0, contact = `sip:${dn}@phone${socket}`): void {
    this.forwarder.accepted(socket, {
      dn,
      callId: `call-${socket}-${dn}`,
      contacts: [{ uri: contact, expires: 0 }],
      left,
    });
  }

  closes(socket: number, ...dns: string[]): void {
    this.forwarder.closed(socket, dns);
  }

  /** Asterisk's list of contacts, asked for now. */
  lists(...contacts: (Partial<Contact> & { aor: string })[]): void {
    const complete = contacts.map((contact) => ({
      uri: `sip:${contact.aor}@elsewhere`,
      status: "NonQualified" as const,
      ...contact,
    }));
    this.forwarder.reconcile(complete, this.clock.now(), Date.now());
  }

  state(dn: string): string | undefined {
    return this.forwarder.get(dn)?.registration.state;
  }

  /** Seconds pass. */
  passes(seconds: number): void {
    this.clock.advance(seconds * 1000);
  }
}
