import type { Binding } from "../../../assets/registration-monitor/src/bindings";
import type { Change } from "../../../assets/registration-monitor/src/changes";
import type { Picture } from "../../../assets/registration-monitor/src/picture";
import type { ProxyView } from "../../../assets/registration-monitor/src/proxy-source";
import { Registrations } from "../../../assets/registration-monitor/src/registrations";
import { config } from "./config-input";

let lines: string[];
let changes: Change[];
let touched: Set<string>;
let seconds: number;

beforeEach(() => {
  lines = [];
  changes = [];
  touched = new Set();
  seconds = 0;
});

const at = (second: number) => new Date(second * 1_000).toISOString();

function registrations(mode: "static" | "proxy" = "static"): Registrations {
  const { range } = config();
  return new Registrations(
    { mode, range },
    {
      changed: (change) => {
        lines.push(`DN ${change.dn}: ${change.text}`);
        changes.push(change);
      },
      touched: (dn) => void touched.add(dn),
    },
    () => at(seconds),
    () => seconds * 1_000,
  );
}

function picture(endpoints: Record<string, boolean>, atGenesys: Record<string, Status> = {}): Picture {
  return {
    endpoints: new Map(Object.entries(endpoints)),
    registrations: Object.entries(atGenesys).map(([dn, status]) => ({
      clientUri: `sip:${dn}@192.168.210.81:5060`,
      serverUri: "sip:192.168.210.81:5060",
      status,
    })),
  };
}

type Status = "Registered" | "Unregistered" | "Rejected";

const contact = (aor: string, status: string, uri = `sip:${aor}@192.0.2.7:5071`, roundtripUsec?: number) =>
  ({ aor, uri, status, roundtripUsec }) as Parameters<Registrations["contactStatus"]>[0];

const registry = (dn: string, status: string, cause?: string) => ({
  clientUri: `sip:${dn}@192.168.210.81:5060`,
  serverUri: "sip:192.168.210.81:5060;transport=udp",
  status,
  cause,
});

describe("a phone at Asterisk", () => {
  it("appears with its contact and goes again, a line for each change and none in between", () => {
    const all = registrations();
    all.picture(picture({ "1002": false }));
    seconds = 1;
    all.contactStatus(contact("1002", "NonQualified"));
    seconds = 2;
    all.contactStatus(contact("1002", "Reachable", undefined, 577));
    all.contactStatus(contact("1002", "Reachable", undefined, 886));
    seconds = 3;
    expect(all.row("1002")?.phone).toStrictEqual({
      registered: true,
      contacts: [{ uri: "sip:1002@192.0.2.7:5071", status: "Reachable", roundtripMs: 0.886, since: at(2) }],
      since: at(1),
    });
    all.contactStatus(contact("1002", "Removed"));
    expect(all.row("1002")?.phone).toStrictEqual({ registered: false, contacts: [], since: at(3) });
    expect(lines).toStrictEqual([
      "DN 1002: phone registered at Asterisk from sip:1002@192.0.2.7:5071",
      "DN 1002: phone no longer registered at Asterisk (sip:1002@192.0.2.7:5071 was removed)",
    ]);
  });

  it("stays registered while it does not answer Asterisk's qualify", () => {
    const all = registrations();
    all.picture(picture({ "1002": false }));
    all.contactStatus(contact("1002", "Reachable"));
    all.contactStatus(contact("1002", "Unreachable"));
    all.picture(picture({ "1002": false }));
    expect(all.row("1002")?.phone).toMatchObject({ registered: true, contacts: [{ status: "Unreachable" }] });
    all.contactStatus(contact("1002", "Reachable"));
    expect(lines.slice(1)).toStrictEqual([
      "DN 1002: phone does not answer at sip:1002@192.0.2.7:5071",
      "DN 1002: phone answers again at sip:1002@192.0.2.7:5071",
    ]);
  });

  it("keeps its registration when one of two contacts goes", () => {
    const all = registrations();
    all.picture(picture({ "1002": false }));
    all.contactStatus(contact("1002", "NonQualified", "sip:a@192.0.2.7"));
    all.contactStatus(contact("1002", "NonQualified", "sip:b@192.0.2.8"));
    all.contactStatus(contact("1002", "Removed", "sip:a@192.0.2.7"));
    expect(all.row("1002")?.phone).toMatchObject({
      registered: true,
      contacts: [{ uri: "sip:b@192.0.2.8" }],
    });
    expect(lines).toHaveLength(1);
  });

  it("that registered before the monitor began is registered by the picture; its URI comes later", () => {
    const all = registrations();
    all.picture(picture({ "1002": true }));
    expect(all.row("1002")?.phone).toMatchObject({ registered: true, contacts: [] });
    all.contactStatus(contact("1002", "NonQualified"));
    all.contactStatus(contact("1002", "Removed"));
    expect(all.row("1002")?.phone.registered).toBe(false);
    expect(lines).toStrictEqual([
      "DN 1002: phone registered at Asterisk (contact not seen yet)",
      "DN 1002: phone no longer registered at Asterisk (sip:1002@192.0.2.7:5071 was removed)",
    ]);
  });

  it("is corrected by the next picture when an event was missed, either way", () => {
    const all = registrations();
    all.picture(picture({ "1002": false, "1003": false }));
    all.contactStatus(contact("1002", "NonQualified"));
    all.picture(picture({ "1002": false, "1003": true }));
    expect(all.row("1002")?.phone).toMatchObject({ registered: false, contacts: [] });
    expect(all.row("1003")?.phone.registered).toBe(true);
    expect(lines.slice(1)).toStrictEqual([
      "DN 1002: phone no longer registered at Asterisk",
      "DN 1003: phone registered at Asterisk (contact not seen yet)",
    ]);
  });

  it("holds a bounded number of contacts", () => {
    const all = registrations();
    all.picture(picture({ "1002": false }));
    for (let n = 0; n < 1_000; n++) all.contactStatus(contact("1002", "NonQualified", `sip:${n}@192.0.2.7`));
    expect(all.row("1002")?.phone.contacts).toHaveLength(20);
  });

  it("loses its row when Asterisk no longer knows the DN", () => {
    const all = registrations();
    all.picture(picture({ "1002": true, "1003": false }));
    all.picture(picture({ "1003": false }));
    expect(all.rows().map(({ dn }) => dn)).toStrictEqual(["1003"]);
    expect(lines.at(-1)).toBe("DN 1002: phone no longer registered at Asterisk");
  });
});

describe("a DN at Genesys", () => {
  it("is told with its server, what it was before, and Asterisk's cause", () => {
    const all = registrations();
    all.picture(picture({}, { "1002": "Unregistered" }));
    all.registry(registry("1002", "Rejected", "403 Forbidden"));
    all.registry(registry("1002", "Rejected"));
    seconds = 5;
    all.registry(registry("1002", "Registered"));
    all.registry(registry("1002", "Registered"));
    expect(all.row("1002")?.genesys).toStrictEqual({
      status: "Registered",
      by: "Asterisk",
      since: at(5),
      expiresAt: null,
      detail: "registered at Genesys 192.168.210.81",
      server: "192.168.210.81",
    });
    all.registry(registry("1002", "Unregistered"));
    all.registry(registry("1002", "Stopped"));
    expect(lines).toStrictEqual([
      "DN 1002: Genesys 192.168.210.81 does not accept the registration, or does not answer: 403 Forbidden (was Unregistered)",
      "DN 1002: registered at Genesys 192.168.210.81 (was Rejected)",
      "DN 1002: not registered at Genesys 192.168.210.81 (was Registered)",
    ]);
  });

  it("is null where Asterisk has no registration, and again when it is taken out", () => {
    const all = registrations();
    all.picture(picture({ "1002": false, "1003": false }, { "1002": "Registered" }));
    expect(all.row("1003")?.genesys).toBeNull();
    all.picture(picture({ "1002": false, "1003": false }));
    expect(all.row("1002")?.genesys).toBeNull();
    expect(lines.at(-1)).toContain("DN 1002: Asterisk has no registration of it at Genesys any more");
  });

  it("has a row without an endpoint too", () => {
    const all = registrations();
    all.picture(picture({}, { "1002": "Registered" }));
    expect(all.row("1002")?.phone.registered).toBe(false);
    all.lose();
    expect(all.row("1002")?.phone.registered).toBeNull();
  });

  it("is not taken from Asterisk in proxy mode", () => {
    const all = registrations("proxy");
    all.picture(picture({ "1002": true }, { "1002": "Registered" }));
    all.registry(registry("1002", "Rejected"));
    expect(all.row("1002")?.genesys).toBeNull();
    expect(all.totals().genesys).toMatchObject({ registered: 0, rejected: 0, none: 1 });
  });
});

describe("a DN at Genesys, as sip-proxy tells it", () => {
  const view = (state: ProxyView["state"], part: Partial<ProxyView> = {}): ProxyView => ({
    dn: "1002",
    state,
    since: at(seconds),
    expiresAt: null,
    server: "primary",
    lastAnswer: null,
    allowed: true,
    disabled: false,
    ...part,
  });

  it("is told when it comes to rest, not on its way", () => {
    const all = registrations("proxy");
    all.proxyList([view("idle"), view("idle", { dn: "9000" })]);
    seconds = 1;
    all.proxyList([view("registering")]);
    expect(all.row("1002")?.genesys).toMatchObject({ status: "Registering", by: "sip-proxy", since: at(1) });
    seconds = 2;
    all.proxyList([view("registered", { expiresAt: at(602) })]);
    seconds = 3;
    all.proxyList([view("refreshing", { expiresAt: at(602) })]);
    expect(all.row("1002")?.genesys).toStrictEqual({
      status: "Registered",
      by: "sip-proxy",
      since: at(2),
      expiresAt: at(602),
      detail: "registered at Genesys primary",
      server: "primary",
    });
    expect(lines).toStrictEqual(["DN 1002: registered at Genesys primary (was Unregistered)"]);
    expect(all.row("9000")).toBeUndefined();
  });

  it("is told when it moves to another server, and when the error is another one", () => {
    const all = registrations("proxy");
    all.proxyList([view("registered")]);
    all.proxyList([view("registered", { server: "backup" })]);
    const refused = (status: number) => ({ lastAnswer: { status, reason: "No", at: at(seconds) } });
    all.proxyList([view("backing off", refused(403))]);
    all.proxyList([view("registering")]);
    all.proxyList([view("backing off", refused(403))]);
    all.proxyList([view("backing off", refused(404))]);
    expect(lines.slice(1)).toStrictEqual([
      "DN 1002: registered at Genesys backup (was at primary)",
      "DN 1002: not registered at Genesys primary, tries again: 403 No (was Registered)",
      "DN 1002: not registered at Genesys primary, tries again: 404 No",
    ]);
    expect(changes.map(({ trouble }) => trouble)).toStrictEqual([false, false, true, true]);
    expect(all.row("1002")?.lastError?.text).toContain("404 No");
    all.proxyList([view("registered")]);
    expect(all.row("1002")?.lastError?.text).toContain("404 No");
  });

  it("keeps its time though sip-proxy's clock trembles", () => {
    const all = registrations("proxy");
    all.proxyList([view("registered", { expiresAt: at(600) })]);
    all.proxyList([view("registered", { expiresAt: new Date(600_004).toISOString() })]);
    expect(all.row("1002")?.genesys?.expiresAt).toBe(at(600));
    all.proxyList([view("registered", { expiresAt: at(900) })]);
    expect(all.row("1002")?.genesys?.expiresAt).toBe(at(900));
  });

  it("is unknown while sip-proxy can't be asked, and null when it knows the DN no more", () => {
    const all = registrations("proxy");
    all.picture(picture({ "1002": true }));
    all.proxyList([view("registered")]);
    all.lose();
    expect(all.row("1002")?.genesys?.status).toBe("Registered");
    all.loseProxy();
    expect(all.row("1002")?.genesys).toMatchObject({
      status: "Unknown",
      detail: "not known: sip-proxy cannot be watched now",
    });
    lines = [];
    all.proxyList([view("registered")]);
    expect(lines).toStrictEqual([]);
    all.proxyList([]);
    expect(all.row("1002")?.genesys).toBeNull();
    expect(lines).toStrictEqual(["DN 1002: sip-proxy does not register it at Genesys any more"]);
  });
});

describe("bindings of the database", () => {
  const uri = "sip:1002@192.0.2.7:5071";
  const binding = (part: Partial<Binding> = {}): Binding => ({
    uri,
    expiresAt: at(600),
    userAgent: "JsSIP 3.13.8",
    via: "x.invalid",
    ...part,
  });
  const bind = (all: Registrations, bindings: Binding[], askedAt = seconds * 1_000) =>
    all.bindings(new Map([["1002", bindings]]), askedAt);

  it("complete the contact of an event", () => {
    const all = registrations();
    all.picture(picture({ "1002": false }));
    all.contactStatus(contact("1002", "Reachable", uri, 577));
    seconds = 1;
    bind(all, [binding()]);
    expect(all.row("1002")?.phone.contacts).toStrictEqual([
      { status: "Reachable", roundtripMs: 0.577, since: at(0), ...binding() },
    ]);
  });

  it("tell the contact that no event has told, of a phone that is registered", () => {
    const all = registrations();
    all.picture(picture({ "1002": true, "1003": false }));
    all.bindings(
      new Map([
        ["1002", [binding()]],
        ["1003", [binding()]],
        ["9000", [binding()]],
      ]),
      0,
    );
    expect(all.row("1002")?.phone.contacts).toMatchObject([{ uri, status: "Unknown", expiresAt: at(600) }]);
    expect(all.row("1003")?.phone).toMatchObject({ registered: false, contacts: [] });
    expect(all.row("9000")).toBeUndefined();
  });

  it("that were asked for before the last event are not believed", () => {
    const all = registrations();
    all.picture(picture({ "1002": true }));
    seconds = 10;
    all.contactStatus(contact("1002", "Removed", uri));
    all.contactStatus(contact("1002", "Reachable", "sip:new@192.0.2.8"));
    bind(all, [binding()], 9_000);
    expect(all.row("1002")?.phone.contacts).toMatchObject([{ uri: "sip:new@192.0.2.8" }]);
    bind(all, [binding({ uri: "sip:new@192.0.2.8" })], 10_000);
    expect(all.row("1002")?.phone.contacts).toMatchObject([{ expiresAt: at(600) }]);
  });

  it("touch only rows in which something is different", () => {
    const all = registrations();
    all.picture(picture({ "1002": true }));
    bind(all, [binding()]);
    touched.clear();
    bind(all, [binding()]);
    expect([...touched]).toStrictEqual([]);
    bind(all, [binding({ expiresAt: at(900) })]);
    expect([...touched]).toStrictEqual(["1002"]);
  });

  it("are a bounded number", () => {
    const all = registrations();
    all.picture(picture({ "1002": true }));
    bind(
      all,
      Array.from({ length: 100 }, (_, n) => binding({ uri: `sip:${n}@192.0.2.7` })),
    );
    expect(all.row("1002")?.phone.contacts).toHaveLength(20);
  });
});

describe("the last error of a DN", () => {
  it("stays when all is well again, and goes with the row", () => {
    const all = registrations();
    all.picture(picture({ "1002": true }, { "1002": "Registered" }));
    seconds = 5;
    all.registry(registry("1002", "Rejected", "403 Forbidden"));
    seconds = 6;
    all.picture(picture({ "1002": true }, { "1002": "Rejected" }));
    all.registry(registry("1002", "Rejected", "403 Forbidden"));
    all.registry(registry("1002", "Registered"));
    expect(lines.filter((line) => line.includes("403"))).toHaveLength(1);
    expect(all.row("1002")?.lastError).toStrictEqual({
      at: at(5),
      text: "Genesys 192.168.210.81 does not accept the registration, or does not answer: 403 Forbidden (was Registered)",
    });
    all.picture(picture({}));
    all.picture(picture({ "1002": true }));
    expect(all.row("1002")?.lastError).toBeNull();
  });

  it("is recalled from before, unless there is a newer one", () => {
    const all = registrations();
    all.picture(picture({ "1002": true, "1003": true }));
    all.contactStatus(contact("1003", "Unreachable"));
    for (const dn of ["1002", "1003", "9000"]) all.recall(dn, { at: at(0), text: "before" });
    expect(all.row("1002")?.lastError?.text).toBe("before");
    expect(all.row("1003")?.lastError?.text).toContain("phone does not answer");
  });
});

describe("what the first look finds", () => {
  it("is marked, for nobody knows since when it is so", () => {
    const all = registrations();
    all.picture(picture({ "1002": true }, { "1002": "Registered" }));
    all.picture(picture({ "1002": true, "1003": true }, { "1002": "Rejected" }));
    expect(changes.map(({ dn, what, found }) => [dn, what, found])).toStrictEqual([
      ["1002", "phone", true],
      ["1002", "genesys", true],
      ["1003", "phone", false],
      ["1002", "genesys", false],
    ]);
  });
});

describe("when Asterisk cannot be watched", () => {
  it("nothing is called registered, and what is the same afterwards is no change", () => {
    const all = registrations();
    const same = picture({ "1002": true, "1003": true }, { "1002": "Registered", "1003": "Registered" });
    all.picture(same);
    all.contactStatus(contact("1002", "NonQualified"));
    lines = [];
    seconds = 10;
    all.lose();
    expect(all.row("1002")).toStrictEqual({
      dn: "1002",
      phone: { registered: null, contacts: [], since: at(10) },
      genesys: {
        status: "Unknown",
        by: "Asterisk",
        since: at(10),
        expiresAt: null,
        detail: "not known: Asterisk cannot be watched now",
        server: "192.168.210.81",
      },
      lastError: null,
    });
    expect(all.totals()).toStrictEqual({
      listed: 2,
      outsideRange: 0,
      conditions: { problem: 0, registered: 0, offline: 0, unknown: 2 },
      phones: { registered: 0, unregistered: 0, unknown: 2 },
      genesys: {
        registered: 0,
        registering: 0,
        unregistered: 0,
        rejected: 0,
        backingOff: 0,
        unknown: 2,
        none: 0,
      },
    });
    all.picture(same);
    expect(lines).toStrictEqual([]);
    expect(all.totals().phones.registered).toBe(2);
  });

  it("what is different afterwards is told", () => {
    const all = registrations();
    all.picture(picture({ "1002": true }, { "1002": "Registered" }));
    all.lose();
    all.lose();
    lines = [];
    all.picture(picture({ "1002": false }, { "1002": "Rejected" }));
    expect(lines).toStrictEqual([
      "DN 1002: phone no longer registered at Asterisk",
      "DN 1002: Genesys 192.168.210.81 does not accept the registration, or does not answer (was Registered)",
    ]);
  });
});

describe("DNs outside the range", () => {
  it("are counted and not listed; names that are no DNs are neither", () => {
    const all = registrations();
    all.picture(
      picture(
        { "999": true, "9000": true, "8000": false, genesys_sip_server: true },
        { "9000": "Registered" },
      ),
    );
    all.contactStatus(contact("9001", "NonQualified"));
    all.contactStatus(contact("9000", "Removed"));
    all.registry(registry("9000", "Rejected"));
    all.contactStatus(contact("genesys_sip_server", "Reachable"));
    expect(all.rows()).toStrictEqual([]);
    expect(all.row("9000")).toBeUndefined();
    expect(all.totals()).toMatchObject({ listed: 0, outsideRange: 2 });
    expect(lines).toStrictEqual([]);
  });
});

it("lists in the order of the DNs and counts each once", () => {
  const all = registrations();
  all.picture(
    picture({ "1003": true, "1002": false, "1010": true }, { "1002": "Rejected", "1003": "Registered" }),
  );
  expect(all.rows().map(({ dn }) => dn)).toStrictEqual(["1002", "1003", "1010"]);
  expect(all.totals()).toStrictEqual({
    listed: 3,
    outsideRange: 0,
    conditions: { problem: 1, registered: 2, offline: 0, unknown: 0 },
    phones: { registered: 2, unregistered: 1, unknown: 0 },
    genesys: {
      registered: 1,
      registering: 0,
      unregistered: 0,
      rejected: 1,
      backingOff: 0,
      unknown: 0,
      none: 1,
    },
  });
});
