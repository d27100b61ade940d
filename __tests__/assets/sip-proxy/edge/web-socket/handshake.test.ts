import { createServer, type Server, type Socket } from "node:net";
import {
  acceptance,
  type DialOwner,
  dial,
} from "../../../../../assets/sip-proxy/src/edge/web-socket/handshake";
import { until } from "../../support/fake-asterisk";

let server: Server;
const sockets: Socket[] = [];

/** Listens in Asterisk's place, and answers a handshake with what `answer` makes of its key. */
async function listen(answer: (key: string) => string | Buffer): Promise<URL> {
  server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      const key = /Sec-WebSocket-Key: (\S+)/.exec(chunk.toString())?.[1];
      if (key !== undefined) socket.write(answer(key));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return new URL(`ws://127.0.0.1:${(server.address() as { port: number }).port}/ws`);
}

class Owner implements DialOwner {
  readonly heard: string[] = [];
  opened(): void {
    this.heard.push("opened");
  }
  message(payload: Buffer): void {
    this.heard.push(payload.toString());
  }
  sign(): void {}
  closed(code: number): void {
    this.heard.push(`closed ${code}`);
  }
}

function call(url: URL): Owner {
  const owner = new Owner();
  dial({ url, localAddress: undefined, maxMessage: 1000 }, owner);
  return owner;
}

const accept = (key: string) => acceptance({ "sec-websocket-key": key });

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

it("reads a message that comes with the acceptance", async () => {
  const frame = Buffer.from([0x81, 2, 0x68, 0x69]);
  const owner = call(await listen((key) => Buffer.concat([Buffer.from(accept(key)), frame])));
  await until(() => owner.heard.length === 2, "the message");
  expect(owner.heard).toEqual(["opened", "hi"]);
});

it("does not open what is no acceptance, and says so once", async () => {
  const answers: ((key: string) => string)[] = [
    () => accept("another key"),
    (key) => accept(key).replace("101 Switching Protocols", "200 OK"),
    (key) => accept(key).replace("Upgrade: websocket\r\n", ""),
    (key) => accept(key).replace(/Sec-WebSocket-Protocol: sip\r\n/, ""),
    (key) => accept(key).replace("\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"),
    () => "x".repeat(10_000),
  ];
  for (const answer of answers) {
    const owner = call(await listen(answer));
    await until(() => owner.heard.length > 0, "the end");
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(owner.heard).toEqual(["closed 1006"]);
    server.close();
  }
});

it("gives up without a word when it is told to", async () => {
  const owner = new Owner();
  const giveUp = dial({ url: await listen(() => ""), localAddress: undefined, maxMessage: 1000 }, owner);
  await until(() => sockets.length === 1, "the connection");
  const closed = new Promise((resolve) => sockets[0]?.once("close", resolve));
  giveUp();
  await closed;
  expect(owner.heard).toEqual([]);
});
