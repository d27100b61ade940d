import { World } from "../support/world";

describe("comparing with Asterisk's contacts", () => {
  it("adopts DNs that Asterisk has, without waiting for their next REGISTER", async () => {
    const world = await World.start();
    world.lists({ aor: "1002" }, { aor: "1003" });
    world.passes(1);
    expect(world.primary.dns).toEqual(["1002", "1003"]);
  });

  it("releases an adopted DN that is gone, after the grace time", async () => {
    const world = await World.start();
    world.lists({ aor: "1002" });
    world.passes(60);
    world.lists();
    world.passes(29);
    expect(world.primary.dns).toEqual(["1002"]);
    world.passes(2);
    expect(world.primary.dns).toEqual([]);
  });

  it("sends nothing for a DN that comes back through the tunnel after a restart", async () => {
    const world = await World.start();
    world.lists({ aor: "1002" });
    world.passes(5);
    world.lists();
    world.passes(5);
    world.registers("1002", 1);
    world.passes(60);
    expect(world.primary.received).toHaveLength(1);
    expect(world.state("1002")).toBe("registered");
  });

  it("an adopted contact counts until it expires at Asterisk, when no more lists come", async () => {
    const world = await World.start();
    world.lists({ aor: "1002", expiresAt: Date.now() / 1000 + 120 });
    world.passes(115);
    expect(world.primary.dns).toEqual(["1002"]);
    world.passes(10);
    expect(world.primary.dns).toEqual([]);
  });

  it("an adopted contact outlives what a list says of its expiry: its phone refreshes it past the tunnel", async () => {
    const world = await World.start();
    world.lists({ aor: "1002", expiresAt: Date.now() / 1000 + 10 });
    world.passes(60);
    world.lists({ aor: "1002", expiresAt: Date.now() / 1000 + 70 });
    world.passes(60);
    expect(world.primary.received).toHaveLength(1);
    expect(world.state("1002")).toBe("registered");
  });

  it("an adopted contact that Asterisk removes is gone at once, one of the tunnel with its socket", async () => {
    const world = await World.start();
    world.lists({ aor: "1002", uri: "sip:1002@past" });
    world.registers("1003", 1);
    world.passes(1);
    world.forwarder.contactRemoved("1002", "sip:1002@past");
    world.forwarder.contactRemoved("1003", "sip:1003@phone1");
    world.passes(31);
    expect(world.primary.dns).toEqual(["1003"]);
  });

  it("its own contact in the list doesn't outlive its socket, under whatever URI Asterisk lists it", async () => {
    const world = await World.start();
    world.registers("1002", 1);
    world.passes(1);
    world.lists({ aor: "1002", uri: "sip:1002@127.0.0.1:41234;transport=ws", callId: "call-1-1002" });
    world.closes(1, "1002");
    world.passes(31);
    expect(world.primary.dns).toEqual([]);
  });

  it("another phone in the list keeps the DN when the socket closes", async () => {
    const world = await World.start();
    world.registers("1002", 1);
    world.passes(1);
    world.lists(
      { aor: "1002", callId: "call-1-1002" },
      { aor: "1002", uri: "sip:desk@192.0.2.4", callId: "other" },
    );
    world.closes(1, "1002");
    world.passes(40);
    expect(world.primary.dns).toEqual(["1002"]);
  });

  it("one list that lacks a contact with an open socket changes nothing, two in a row do", async () => {
    const world = await World.start();
    world.registers("1002", 1);
    world.passes(5);
    world.lists();
    world.passes(60);
    expect(world.primary.dns).toEqual(["1002"]);
    world.lists();
    world.passes(31);
    expect(world.primary.dns).toEqual([]);
  });

  it("a REGISTER that was accepted after the question is not missed in the answer", async () => {
    const world = await World.start();
    const askedAt = world.clock.now();
    world.passes(1);
    world.registers("1002", 1);
    for (let list = 0; list < 3; list++) world.forwarder.reconcile([], askedAt, Date.now());
    world.passes(60);
    expect(world.primary.dns).toEqual(["1002"]);
  });

  it("adopts only DNs within the allowed ranges", async () => {
    const world = await World.start();
    world.lists({ aor: "9999" }, { aor: "reception" });
    world.passes(5);
    expect(world.primary.dns).toEqual([]);
    expect(world.state("9999")).toBe("idle");
  });
});

describe("settings that change", () => {
  it("a DN that is no longer allowed is released, and registered again when it is", async () => {
    const world = await World.start();
    world.registers("1002", 1);
    world.passes(1);
    await world.forwarder.reconfigure({ ...world.settings, allowedDns: [{ from: "2000", to: "2999" }] });
    world.passes(1);
    expect(world.primary.dns).toEqual([]);
    await world.forwarder.reconfigure(world.settings);
    world.passes(1);
    expect(world.primary.dns).toEqual(["1002"]);
  });
});

describe("the end", () => {
  it("stop leaves the registrations at Genesys and no timer", async () => {
    const world = await World.start();
    world.registers("1002", 1);
    world.passes(1);
    await world.forwarder.stop();
    world.passes(1);
    expect(world.primary.dns).toEqual(["1002"]);
    expect(world.clock.pending).toBe(0);
  });

  it("releaseAll un-registers every DN and tells how many are left", async () => {
    const world = await World.start();
    for (let dn = 1001; dn <= 1030; dn++) world.registers(String(dn), dn);
    world.passes(1);
    const left = world.forwarder.releaseAll(5000);
    world.passes(5);
    expect(await left).toBe(0);
    expect(world.primary.dns).toEqual([]);
  });

  it("releaseAll ends at its deadline when Genesys is away", async () => {
    const world = await World.start();
    world.registers("1002", 1);
    world.passes(1);
    world.primary.up = false;
    const left = world.forwarder.releaseAll(5000);
    world.passes(6);
    expect(await left).toBe(1);
  });

  it("forgets a DN some minutes after it was released", async () => {
    const world = await World.start();
    world.registers("1002", 1);
    world.unregisters("1002", 1);
    world.passes(200);
    expect(world.forwarder.get("1002")).toBeDefined();
    world.passes(200);
    expect(world.forwarder.get("1002")).toBeUndefined();
  });
});
