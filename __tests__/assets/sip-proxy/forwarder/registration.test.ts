import { SipResponse } from "../../../../lib/sip";
import { BACKUP, PRIMARY, World } from "../support/world";

const two = [PRIMARY, BACKUP].map((host) => ({ host, port: 5060, transport: "udp" as const }));

/** CSeq numbers and expiries of the REGISTERs that arrived. */
function requests(world: World): string[] {
  return world.primary.received.map((request) => `${request.cseq.number} ${request.expires}`);
}

describe("registering", () => {
  it("asks for what Asterisk accepted, with a Contact at the trunk (RFC 3261 10.2)", async () => {
    const world = await World.start();
    world.registers("1002", 1);
    world.passes(1);
    const [request] = world.primary.received;
    expect(request?.uri).toBe("sip:127.0.0.2:5060");
    expect(request?.get("To")).toBe("<sip:1002@127.0.0.2>");
    expect(request?.get("Contact")).toBe("<sip:1002@127.0.0.1:5060>");
    expect(request?.expires).toBe(600);
    expect(world.state("1002")).toBe("registered");
    expect(world.primary.dns).toEqual(["1002"]);
  });

  it("sends nothing while the phone only refreshes at Asterisk", async () => {
    const world = await World.start();
    world.registers("1002", 1);
    world.passes(10);
    world.registers("1002", 1);
    world.passes(10);
    expect(requests(world)).toEqual(["1 600"]);
  });

  it("does not forward a DN outside the allowed ranges, and says so once", async () => {
    const world = await World.start();
    world.registers("9999", 1);
    world.registers("9999", 1);
    world.passes(10);
    expect(requests(world)).toEqual([]);
    expect(world.log.messages().filter((message) => message.includes("allowedDns"))).toHaveLength(1);
    expect(world.state("9999")).toBe("idle");
  });

  it("retransmits by timer E and gives up by timer F after 32 s (RFC 3261 17.1.2.2)", async () => {
    const world = await World.start();
    world.primary.up = false;
    const before = world.genesys.sent;
    world.registers("1002", 1);
    world.passes(31.9);
    expect(world.state("1002")).toBe("registering");
    world.primary.up = true;
    world.primary.answersOptions = false;
    const copies = world.primary.received.length;
    expect(copies).toBe(0);
    expect(world.genesys.sent - before).toBeGreaterThanOrEqual(11);
    world.primary.up = false;
    world.passes(0.2);
    expect(world.state("1002")).toBe("backing off");
  });

  it("backs off at once when nobody listens there", async () => {
    const world = await World.start();
    Object.assign(world.primary, { up: false, refuses: true });
    world.registers("1002", 1);
    world.passes(0.1);
    expect(world.state("1002")).toBe("backing off");
  });

  it("waits for the phone's 200 only: no REGISTER goes out before Asterisk accepts", async () => {
    const world = await World.start();
    world.passes(20);
    expect(requests(world)).toEqual([]);
  });
});

describe("registered", () => {
  it.each([
    [0, 300],
    [0.5, 375],
    [0.999, 449.85],
  ])(
    "refreshes between half and three quarters of what was granted (random %d: %d s)",
    async (random, seconds) => {
      const world = await World.start();
      world.random = () => random;
      world.registers("1002", 1);
      world.passes(seconds - 1);
      expect(requests(world)).toEqual(["1 600"]);
      world.passes(3);
      expect(requests(world)).toEqual(["1 600", "2 600"]);
      expect(new Set(world.primary.received.map((request) => request.callId)).size).toBe(1);
    },
  );

  it("takes the expires of its own Contact before the Expires header (RFC 3261 10.2.4)", async () => {
    const world = await World.start();
    world.primary.tellsBindings = false;
    world.primary.script = (request) =>
      SipResponse.to(request, 200, {
        headers: [
          ["Contact", "<sip:1002@192.0.2.9>;expires=3000, <sip:1002@127.0.0.1:5060>;expires=100"],
          ["Expires", 2000],
        ],
      });
    world.registers("1002", 1);
    world.passes(62);
    expect(requests(world)).toHaveLength(1);
    world.passes(2);
    expect(requests(world)).toHaveLength(2);
  });

  it("takes the Expires header where its Contact is not listed", async () => {
    const world = await World.start();
    world.primary.script = (request) => SipResponse.to(request, 200, { headers: [["Expires", 100]] });
    world.registers("1002", 1);
    world.passes(76);
    expect(requests(world)).toHaveLength(2);
  });

  it("un-registers when the phone does, with the same Call-ID and the next CSeq", async () => {
    const world = await World.start();
    world.registers("1002", 1);
    world.passes(1);
    world.unregisters("1002", 1);
    world.passes(1);
    expect(requests(world)).toEqual(["1 600", "2 0"]);
    expect(world.state("1002")).toBe("idle");
    expect(world.primary.dns).toEqual([]);
  });

  it("un-registers when the contact at Asterisk runs out", async () => {
    const world = await World.start();
    world.registers("1002", 1, { expires: 60 });
    world.passes(61);
    expect(world.primary.dns).toEqual(["1002"]);
    world.passes(2);
    expect(world.primary.dns).toEqual([]);
  });
});

describe("sockets of one DN", () => {
  it("releases the DN when its last socket has been gone for 30 s, not earlier", async () => {
    const world = await World.start();
    world.registers("1002", 1);
    world.passes(1);
    world.closes(1, "1002");
    world.passes(29.9);
    expect(world.primary.dns).toEqual(["1002"]);
    world.passes(0.2);
    expect(world.primary.dns).toEqual([]);
  });

  it("sends nothing when the phone comes back within that time", async () => {
    const world = await World.start();
    world.registers("1002", 1);
    world.passes(1);
    world.closes(1, "1002");
    world.passes(20);
    world.registers("1002", 2);
    world.passes(60);
    expect(requests(world)).toEqual(["1 600"]);
    expect(world.state("1002")).toBe("registered");
  });

  it("keeps the DN while another tab holds it", async () => {
    const world = await World.start();
    world.registers("1002", 1);
    world.registers("1002", 2, { left: 2 });
    world.unregisters("1002", 1, 1);
    world.closes(1, "1002");
    world.passes(60);
    expect(world.primary.dns).toEqual(["1002"]);
    world.closes(2, "1002");
    world.passes(31);
    expect(world.primary.dns).toEqual([]);
  });

  it("a late close of the old socket does not take away the new registration", async () => {
    const world = await World.start();
    const contact = "sip:k3v@9sd8.invalid;transport=ws";
    world.registers("1002", 1, { contact });
    world.registers("1002", 2, { contact });
    world.closes(1, "1002");
    world.passes(60);
    expect(world.primary.dns).toEqual(["1002"]);
  });

  it("nor does a late un-REGISTER on the old socket, as long as Asterisk holds a contact", async () => {
    const world = await World.start();
    const contact = "sip:k3v@9sd8.invalid;transport=ws";
    world.registers("1002", 1, { contact });
    world.registers("1002", 2, { contact });
    world.unregisters("1002", 1, 1, contact);
    world.passes(60);
    expect(world.primary.dns).toEqual(["1002"]);
  });

  it("Contact: * takes them all", async () => {
    const world = await World.start();
    world.registers("1002", 1);
    world.registers("1002", 2, { left: 2 });
    world.passes(1);
    world.forwarder.accepted(1, { dn: "1002", callId: "c", contacts: [], left: 0 });
    world.passes(1);
    expect(world.primary.dns).toEqual([]);
  });
});

describe("releasing", () => {
  it("a phone that comes back overtakes its own un-REGISTER", async () => {
    const world = await World.start();
    world.registers("1002", 1);
    world.passes(1);
    world.genesys.fate = () => [200];
    world.unregisters("1002", 1);
    world.passes(0.1);
    world.registers("1002", 2);
    world.passes(5);
    expect(requests(world)).toEqual(["1 600", "2 0", "3 600"]);
    expect(world.primary.dns).toEqual(["1002"]);
    expect(world.state("1002")).toBe("registered");
  });

  it("releases once more when a REGISTER without an answer may still arrive", async () => {
    const world = await World.start();
    const delays = [3000, 1, 1, 1, 1, 1, 1, 1, 1];
    world.genesys.fate = () => [delays.shift() ?? 1];
    world.registers("1002", 1);
    world.passes(0.1);
    world.unregisters("1002", 1);
    world.passes(1);
    expect(world.state("1002")).toBe("releasing");
    world.passes(3);
    expect(world.primary.dns).toEqual(["1002"]); // the late one
    world.passes(5);
    expect(world.primary.dns).toEqual([]);
    expect(world.state("1002")).toBe("idle");
  });

  it("goes on trying as long as Genesys may hold the binding, and no longer", async () => {
    const world = await World.start();
    world.registers("1002", 1);
    world.passes(1);
    world.primary.up = false;
    world.unregisters("1002", 1);
    world.passes(500);
    expect(world.state("1002")).toBe("releasing");
    world.passes(200);
    expect(world.state("1002")).toBe("idle");
  });

  it("404 means that there is nothing to release", async () => {
    const world = await World.start();
    world.registers("1002", 1);
    world.passes(1);
    world.primary.script = (request) => SipResponse.to(request, 404);
    world.unregisters("1002", 1);
    world.passes(1);
    expect(world.state("1002")).toBe("idle");
  });

  it("sends nothing for a DN whose REGISTER never went out", async () => {
    const world = await World.start({ rate: 0.1, burst: 1 });
    world.registers("1001", 1);
    world.registers("1002", 2);
    world.unregisters("1002", 2);
    world.passes(60);
    expect(world.primary.received.map((request) => request.to.uri)).toEqual(["sip:1001@127.0.0.2"]);
    expect(world.state("1002")).toBe("idle");
  });
});

describe("refused", () => {
  it.each([403, 404])(
    "%d waits forbiddenRetryInterval at least, longer each time, and never ends",
    async (status) => {
      const world = await World.start();
      world.primary.script = (request) => SipResponse.to(request, status);
      world.registers("1002", 1, { expires: 86_400 });
      world.passes(9.9);
      expect(requests(world)).toHaveLength(1);
      expect(world.state("1002")).toBe("backing off");
      world.passes(3600);
      const gaps = world.primary.arrivals
        .slice(1)
        .map((at, index) => at - (world.primary.arrivals[index] ?? 0));
      expect(gaps[0]).toBeGreaterThanOrEqual(10_000);
      expect(gaps.at(-1)).toBeGreaterThan(150_000);
      expect(gaps.every((gap) => gap <= 301_000)).toBe(true);
      expect(world.forwarder.get("1002")?.registration.lastAnswer).toMatchObject({ status });
      world.primary.script = undefined;
      world.passes(301);
      expect(world.state("1002")).toBe("registered");
    },
  );

  it("423 is asked again at once with Min-Expires (RFC 3261 10.2.8)", async () => {
    const world = await World.start();
    world.primary.script = (request) =>
      (request.expires ?? 0) < 900
        ? SipResponse.to(request, 423, { headers: [["Min-Expires", 900]] })
        : undefined;
    world.registers("1002", 1);
    world.passes(1);
    expect(requests(world)).toEqual(["1 600", "2 900"]);
    expect(world.state("1002")).toBe("registered");
  });

  it("423 with a Min-Expires that is no more than was asked is a failure, not a loop", async () => {
    const world = await World.start();
    world.primary.script = (request) => SipResponse.to(request, 423, { headers: [["Min-Expires", 60]] });
    world.registers("1002", 1);
    world.passes(0.5);
    expect(requests(world)).toHaveLength(1);
    expect(world.state("1002")).toBe("backing off");
  });

  it.each([480, 500, 503])("%d honours Retry-After, comment and parameters included", async (status) => {
    const world = await World.start();
    world.primary.script = (request) =>
      SipResponse.to(request, status, { headers: [["Retry-After", "120 (in a meeting);duration=60"]] });
    world.registers("1002", 1);
    world.passes(119);
    expect(requests(world)).toHaveLength(1);
    world.passes(32);
    expect(requests(world)).toHaveLength(2);
  });

  it("a 200 that grants no time is a failure", async () => {
    const world = await World.start();
    world.primary.script = (request) => SipResponse.to(request, 200, { headers: [["Expires", 0]] });
    world.registers("1002", 1);
    world.passes(0.5);
    expect(world.state("1002")).toBe("backing off");
  });
});

describe("challenged (RFC 3261 22)", () => {
  it.each(["MD5", "SHA-256"] as const)(
    "answers with %s, the same Call-ID and the next CSeq",
    async (algorithm) => {
      const world = await World.start({ credentials: { password: "secret" } });
      world.primary.requirePassword("secret", algorithm);
      world.registers("1002", 1);
      world.passes(1);
      expect(requests(world)).toEqual(["1 600", "2 600"]);
      expect(world.primary.received[1]?.get("Authorization")).toContain('username="1002"');
      expect(world.state("1002")).toBe("registered");
    },
  );

  it("does not answer twice to the same nonce: a wrong password backs off", async () => {
    const world = await World.start({ credentials: { username: "agents", password: "wrong" } });
    world.primary.requirePassword("secret");
    world.registers("1002", 1);
    world.passes(5);
    expect(requests(world)).toHaveLength(2);
    expect(world.state("1002")).toBe("backing off");
    expect(world.log.messages().some((message) => message.includes("refuses the password"))).toBe(true);
  });

  it("without credentials it says so and backs off", async () => {
    const world = await World.start();
    world.primary.requirePassword("secret");
    world.registers("1002", 1);
    world.passes(5);
    expect(requests(world)).toHaveLength(1);
    expect(world.log.messages().some((message) => message.includes("genesys.credentials has none"))).toBe(
      true,
    );
  });

  it("new credentials are tried at once", async () => {
    const world = await World.start({ credentials: { password: "wrong" } });
    world.primary.requirePassword("secret");
    world.registers("1002", 1);
    world.passes(5);
    const genesys = { ...world.settings.genesys, credentials: { password: "secret" } };
    await world.forwarder.reconfigure({ ...world.settings, genesys });
    world.passes(1);
    expect(world.state("1002")).toBe("registered");
  });

  it("never writes credentials into the log", async () => {
    const world = await World.start({ credentials: { password: "s3cret-word" } });
    world.primary.requirePassword("s3cret-word");
    world.registers("1002", 1);
    world.passes(5);
    const text = JSON.stringify(world.log.lines);
    expect(text).not.toContain("s3cret-word");
    expect(text).not.toContain("nonce");
  });
});

describe("several servers", () => {
  it("falls back at once when nobody listens at the first", async () => {
    const world = await World.start({ servers: two });
    Object.assign(world.primary, { up: false, refuses: true });
    world.registers("1002", 1);
    world.passes(0.1);
    expect(world.backup.dns).toEqual(["1002"]);
  });

  it("falls back on timer F when the first one is silent", async () => {
    const world = await World.start({ servers: two });
    world.primary.up = false;
    world.registers("1002", 1);
    world.passes(33);
    expect(world.backup.dns).toEqual(["1002"]);
  });

  it("moves all DNs within seconds when OPTIONS are no longer answered, and back when they are", async () => {
    const world = await World.start({ servers: two });
    for (let dn = 1001; dn <= 1020; dn++) world.registers(String(dn), dn);
    world.passes(20);
    world.primary.up = false;
    world.passes(12);
    expect(world.backup.dns).toHaveLength(20);
    world.primary.restart();
    world.primary.up = true;
    world.passes(15);
    expect(world.primary.dns).toHaveLength(20);
  });

  it("tells a server that has restarted unnoticed every DN again, within seconds and once", async () => {
    const world = await World.start();
    for (let dn = 1001; dn <= 1020; dn++) world.registers(String(dn), dn);
    world.passes(20);
    world.primary.restart();
    const before = world.primary.received.length;
    world.passes(15);
    expect(world.primary.dns).toHaveLength(20);
    expect(world.primary.received).toHaveLength(before + 20);
    world.passes(60);
    expect(world.primary.received).toHaveLength(before + 20);
  });

  it.each([
    ["its password", "secret", 20],
    ["another password", "wrong", 0],
  ])("does so with a server that asks for %s", async (_what, password, count) => {
    const world = await World.start({ credentials: { password: "secret" } });
    world.primary.requirePassword("secret");
    for (let dn = 1001; dn <= 1020; dn++) world.registers(String(dn), dn);
    world.passes(20);
    expect(world.primary.dns).toHaveLength(20);
    world.primary.restart();
    world.primary.requirePassword(password);
    world.passes(60);
    expect(world.primary.dns).toHaveLength(count);
    const distrusted = world.log.messages().filter((text) => text.startsWith("Genesys does not tell"));
    expect(distrusted).toHaveLength(count > 0 ? 0 : 1);
  });

  it("does not believe a server for ever that says it has nothing", async () => {
    const world = await World.start();
    world.primary.script = (request) =>
      SipResponse.to(request, 200, { headers: [["Contact", `${request.get("Contact")};expires=600`]] });
    world.registers("1002", 1);
    world.passes(200);
    expect(world.primary.received.length).toBeLessThanOrEqual(3);
  });

  it("does not ask a server again that doesn't tell its bindings", async () => {
    const world = await World.start();
    world.primary.tellsBindings = false;
    world.registers("1002", 1);
    world.passes(60);
    expect(
      world.log.messages().filter((message) => message.startsWith("Genesys does not tell its bindings")),
    ).toHaveLength(1);
    expect(world.primary.dns).toEqual(["1002"]);
  });

  it("503 asks the next one", async () => {
    const world = await World.start({ servers: two });
    world.primary.script = (request) => SipResponse.to(request, 503);
    world.registers("1002", 1);
    world.passes(0.1);
    expect(world.backup.dns).toEqual(["1002"]);
  });

  it("a server that never answered OPTIONS is not taken for dead because of them", async () => {
    const world = await World.start({ servers: two });
    world.primary.answersOptions = false;
    world.registers("1002", 1);
    world.passes(200);
    expect(world.primary.dns).toEqual(["1002"]);
    expect(world.backup.dns).toEqual([]);
  });

  it("releases where it was registered before as well", async () => {
    const world = await World.start({ servers: two });
    Object.assign(world.primary, { up: false, refuses: true });
    world.registers("1002", 1);
    world.passes(1);
    world.primary.up = true;
    world.passes(20);
    expect(world.primary.dns).toEqual(["1002"]);
    world.unregisters("1002", 1);
    world.passes(1);
    expect(world.primary.dns).toEqual([]);
    expect(world.backup.dns).toEqual([]);
  });

  it("leaves a server that is taken off the list", async () => {
    const world = await World.start({ servers: two });
    world.registers("1002", 1);
    world.passes(1);
    const genesys = { ...world.settings.genesys, servers: [two[1] as (typeof two)[number]] };
    await world.forwarder.reconfigure({ ...world.settings, genesys });
    world.passes(1);
    expect(world.backup.dns).toEqual(["1002"]);
  });

  it("a restarted server that forgot everything is told again", async () => {
    const world = await World.start();
    world.registers("1002", 1);
    world.passes(20);
    world.primary.up = false;
    world.passes(12);
    world.primary.restart();
    world.primary.up = true;
    world.passes(15);
    expect(world.primary.dns).toEqual(["1002"]);
  });
});
