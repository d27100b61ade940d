import { createSocket } from "node:dgram";
import { createConnection } from "node:net";
import { type Address, Endpoint, TestSimulator } from "./harness";

let simulator: TestSimulator;
let phone: Endpoint;

beforeEach(async () => {
  simulator = await TestSimulator.start();
  phone = await Endpoint.open("1002");
});

afterEach(async () => {
  await phone.close();
  await simulator.stop();
});

const register = (server: Address, deadline = 300) =>
  phone.client(server).register(600, { flow: phone.flowTo(server), deadline });

describe("faults", () => {
  it("down: one server is silent, the other goes on, and it comes back as it was", async () => {
    await register(simulator.primary);
    await simulator.api("PUT", "/faults", { server: "primary", down: true });
    await expect(register(simulator.primary)).resolves.toMatchObject({ kind: "failed" });
    await expect(register(simulator.backup)).resolves.toMatchObject({ kind: "registered" });
    expect((await simulator.api("GET", "/healthz")).body).toMatchObject({
      servers: [{ name: "primary", state: "silent" }, { state: "listening" }],
    });
    const lost = (await simulator.api("GET", "/messages?server=primary")).body as { lost: boolean }[];
    expect(lost.at(-1)).toMatchObject({ lost: true, direction: "in" });
    await simulator.api("DELETE", "/faults");
    expect((await simulator.api("GET", "/registrations?server=primary")).body).toHaveLength(1);
    await expect(register(simulator.primary)).resolves.toMatchObject({ kind: "registered" });
  });

  it("closed: UDP is answered by ICMP, TCP is refused, until it is opened again", async () => {
    await simulator.api("PUT", "/faults", { server: "primary", down: "closed" });
    await expect(icmpError(simulator.primary)).resolves.toBe("ECONNREFUSED");
    await expect(tcpError(simulator.primary)).resolves.toBe("ECONNREFUSED");
    await simulator.api("PUT", "/faults", { server: "primary", down: false });
    await expect(register(simulator.primary)).resolves.toMatchObject({ kind: "registered" });
    await expect(tcpError(simulator.primary)).resolves.toBeUndefined();
  });

  it("delayMs: answers come later, by as much", async () => {
    await simulator.api("PUT", "/faults", { delayMs: 150 });
    const before = performance.now();
    await expect(register(simulator.primary, 2000)).resolves.toMatchObject({ kind: "registered" });
    const took = performance.now() - before;
    expect(took).toBeGreaterThan(145);
    expect(took).toBeLessThan(1000);
  });

  it("drop: a lost request is sent again by the phone", async () => {
    // With seed 1 the first two draws are known to the generator alone: all are lost, then none.
    await simulator.api("PUT", "/faults", { drop: 1 });
    const outcome = register(simulator.primary, 3000);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await simulator.api("PUT", "/faults", { drop: 0 });
    await expect(outcome).resolves.toMatchObject({ kind: "registered" });
    const received = (await simulator.api("GET", "/messages?direction=in")).body as { lost: boolean }[];
    expect(received.map(({ lost }) => lost)).toEqual([true, false]);
  });

  it("status: answered as told, so many times, with headers", async () => {
    await simulator.api("PUT", "/faults", {
      server: "primary",
      status: {
        method: "REGISTER",
        code: 503,
        reason: "Switching Over",
        headers: { "Retry-After": "7" },
        dn: "1002",
        times: 1,
      },
    });
    await expect(register(simulator.primary)).resolves.toMatchObject({
      kind: "refused",
      status: 503,
      retryAfter: 7,
      response: { reason: "Switching Over" },
    });
    await expect(register(simulator.primary)).resolves.toMatchObject({ kind: "registered" });
    expect(simulator.lines).toContain("REGISTER answered with 503 because of a fault that was set");
  });

  it("status: INVITE can be refused, and OPTIONS still answered", async () => {
    await simulator.api("PUT", "/faults", { status: { method: "INVITE", code: 408 } });
    expect((await phone.invite(simulator.primary, "1003").final).response.status).toBe(408);
    await expect(phone.send(simulator.primary, "OPTIONS")).resolves.toMatchObject({ status: 200 });
  });
});

/** The error that a datagram to that address brings back. */
function icmpError({ address, port }: Address): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    const done = (code: string | undefined) => {
      clearTimeout(timer);
      socket.close();
      resolve(code);
    };
    const timer = setTimeout(() => done(undefined), 1000);
    socket.on("error", (error: NodeJS.ErrnoException) => done(error.code));
    socket.connect(port, address, () => socket.send("hello"));
  });
}

function tcpError({ address, port }: Address): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: address, port, timeout: 1000 });
    socket.once("connect", () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code));
  });
}
