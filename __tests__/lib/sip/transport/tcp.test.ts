import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { Worker } from "node:worker_threads";
import { createTcpTransport, SipResponse, type TcpOptions, type Transport } from "../../../../lib/sip";
import { request } from "../support/messages";

const cleanUps: (() => unknown)[] = [];

async function tcp(options: Partial<TcpOptions> = {}): Promise<Transport> {
  const transport = await createTcpTransport({ address: "127.0.0.1", ...options });
  cleanUps.push(() => transport.close());
  return transport;
}

/** A bare client socket of a listening transport. */
async function dial(transport: Transport): Promise<Socket> {
  const socket = connect(transport.local.port, transport.local.address);
  cleanUps.push(() => socket.destroy());
  await once(socket, "connect");
  return socket;
}

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const OPTIONS = request("OPTIONS").toBuffer();

it("answers on the connection that the request came on (18.2.2, rule 14)", async () => {
  const [near, far] = [await tcp(), await tcp({ port: 0 })];
  far.on("message", (message, flow) => {
    if (message.isRequest) void far.send(SipResponse.to(message, 200).toBuffer(), flow);
  });
  const answered = once(near, "message");
  await near.send(OPTIONS, near.flowTo(far.local));
  expect((await answered)[0]).toMatchObject({ status: 200 });
});

it("uses one connection for all messages to a peer, and a new one after it was lost", async () => {
  const [near, far] = [await tcp(), await tcp({ port: 0 })];
  const flow = near.flowTo(far.local);
  const sources: number[] = [];
  const two = new Promise<void>((resolve) => {
    far.on("message", (_, { remote }) => {
      if (sources.push(remote.port) === 2) resolve();
    });
  });
  await Promise.all([near.send(OPTIONS, flow), near.send(OPTIONS, flow)]);
  await two;
  expect(new Set(sources).size).toBe(1);
  const lost = once(near, "flowClosed");
  await far.close();
  await lost;
  const back = await tcp({ port: far.local.port });
  const arrived = once(back, "message");
  await near.send(OPTIONS, flow);
  expect((await arrived)[1].remote.port).not.toBe(sources[0]);
});

it("rejects an answer to a connection that is gone", async () => {
  const far = await tcp({ port: 0 });
  const socket = await dial(far);
  const arrived = once(far, "message");
  socket.write(OPTIONS);
  const [, flow] = await arrived;
  const closed = once(far, "flowClosed");
  socket.destroy();
  await closed;
  await expect(far.send(OPTIONS, flow)).rejects.toMatchObject({ code: "closed" });
});

it("reads a message that comes in pieces", async () => {
  const far = await tcp({ port: 0 });
  const socket = await dial(far);
  const arrived = once(far, "message");
  for (let at = 0; at < OPTIONS.length; at += 50) {
    socket.write(OPTIONS.subarray(at, at + 50));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect((await arrived)[0].toString()).toBe(OPTIONS.toString());
});

it("answers CRLF CRLF with CRLF at once (RFC 5626 3.5.1, rule 19)", async () => {
  const socket = await dial(await tcp({ port: 0 }));
  const pong = once(socket, "data");
  socket.write("\r\n\r\n");
  expect((await pong)[0].toString()).toBe("\r\n");
});

it("closes a connection whose framing is lost, after the answer to it", async () => {
  const far = await tcp({ port: 0 });
  far.on("malformed", (fault, flow, message) => {
    if (message?.isRequest) void far.send(SipResponse.to(message, fault.status).toBuffer(), flow);
  });
  const socket = await dial(far);
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk;
  });
  const ended = once(socket, "end");
  socket.write(OPTIONS.toString().replace("Content-Length: 0\r\n", ""));
  await ended;
  expect(text).toMatch(/^SIP\/2\.0 400 Bad Request\r\n/);
});

it("closes the connection of a host that it does not accept", async () => {
  const asked: string[] = [];
  const far = await tcp({
    port: 0,
    accepts: ({ address }) => {
      asked.push(address);
      return false;
    },
  });
  const socket = await dial(far);
  socket.on("error", () => undefined); // it may be reset
  await once(socket, "close");
  expect(asked).toEqual(["127.0.0.1"]);
});

it("closes a connection on which a message takes too long, or nothing comes", async () => {
  const slow = await dial(await tcp({ port: 0, messageTimeout: 50 }));
  slow.write(OPTIONS.subarray(0, 20));
  const idle = await dial(await tcp({ port: 0, idleTimeout: 50 }));
  await Promise.all([once(slow, "close"), once(idle, "close")]);
});

it("rejects when nobody listens, and when a peer does not take what it is sent", async () => {
  const free = createServer().listen(0, "127.0.0.1");
  await once(free, "listening");
  const { port } = free.address() as { port: number };
  await new Promise((resolve) => free.close(resolve));
  const near = await tcp({ maxBuffered: 1_000_000 });
  const nobody = near.send(OPTIONS, near.flowTo({ address: "127.0.0.1", port }));
  await expect(nobody).rejects.toMatchObject({ code: "connect-failed" });

  const deaf = createServer((socket) => {
    cleanUps.push(() => socket.destroy());
    socket.pause();
  }).listen(0, "127.0.0.1");
  cleanUps.push(() => deaf.close());
  await once(deaf, "listening");
  const flow = near.flowTo({ address: "127.0.0.1", port: (deaf.address() as { port: number }).port });
  const codes: string[] = [];
  for (let i = 0; i < 200 && codes.length === 0; i++) {
    near.send(Buffer.alloc(500_000), flow).catch((error) => codes.push(error.code));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(codes[0]).toBe("back-pressure");
});

/** Listens, and never accepts: its thread sleeps. */
const SLEEPING_LISTENER = `
  const { parentPort } = require("node:worker_threads");
  const server = require("node:net").createServer();
  server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
  });`;

it("gives a connect up at its deadline", async () => {
  const worker = new Worker(SLEEPING_LISTENER, { eval: true });
  cleanUps.push(() => worker.terminate());
  const [port] = await once(worker, "message");
  // The system accepts a few for the backlog, then it leaves connects unanswered.
  for (let i = 0; i < 4; i++) {
    const filler = connect(port, "127.0.0.1").on("error", () => undefined);
    cleanUps.push(() => filler.destroy());
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  const near = await tcp({ connectTimeout: 100 });
  const outcome = near.send(OPTIONS, near.flowTo({ address: "127.0.0.1", port }));
  await expect(outcome).rejects.toMatchObject({ code: "connect-timeout" });
});

it("refuses an address in use, and is closed once, with its connections", async () => {
  const far = await tcp({ port: 0 });
  await expect(tcp({ port: far.local.port })).rejects.toMatchObject({ code: "bind-failed" });
  const socket = await dial(far);
  const closed = once(socket, "close");
  await Promise.all([far.close(), far.close()]);
  await closed;
  await expect(far.send(OPTIONS, far.flowTo(far.local))).rejects.toMatchObject({ code: "closed" });
});
