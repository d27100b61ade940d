import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import {
  connectWebSocket,
  parseFrame,
  SipResponse,
  UserAgent,
  type WebSocketOptions,
  type WebSocketTransport,
} from "../../../../lib/sip";
import { newRequest } from "../support/agents";
import { request } from "../support/messages";

const cleanUps: (() => unknown)[] = [];

/** A WebSocket server that chooses `protocol`, and the URL that leads to it. */
async function serve(
  onSocket: (socket: WebSocket) => void,
  protocol: string | false = "sip",
): Promise<string> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, handleProtocols: () => protocol });
  cleanUps.push(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  server.on("connection", onSocket);
  await once(server, "listening");
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`;
}

async function connect(url: string, options: Partial<WebSocketOptions> = {}): Promise<WebSocketTransport> {
  const transport = await connectWebSocket({ url, ...options });
  cleanUps.push(() => transport.close());
  return transport;
}

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

describe("connectWebSocket", () => {
  it("offers the subprotocol sip, and refuses a server that does not choose it (RFC 7118 4.1, rule 17)", async () => {
    const offered: string[] = [];
    const url = await serve((socket) => offered.push(socket.protocol));
    await connect(url);
    expect(offered).toEqual(["sip"]);
    await expect(connect(await serve(() => undefined, false))).rejects.toMatchObject({
      code: "connect-failed",
    });
  });

  it("carries a request and its answer, with a Via of transport WS and a host .invalid (RFC 7118 5)", async () => {
    let via = "";
    const url = await serve((socket) =>
      socket.on("message", (data: Buffer) => {
        const { message } = parseFrame(data);
        if (!message?.isRequest) return;
        via = message.via.toString();
        socket.send(SipResponse.to(message, 200).toBuffer(), { binary: false });
      }),
    );
    const transport = await connect(url);
    const agent = new UserAgent({ transports: [transport] });
    const response = await agent.send(newRequest("OPTIONS"), { flow: transport.flow, deadline: 2_000 });
    agent.close();
    expect(response.status).toBe(200);
    expect(via).toMatch(/^SIP\/2\.0\/WS [0-9a-f]{12}\.invalid;branch=z9hG4bK/);
  });

  it.each([
    ["text", undefined, false],
    ["binary", "binary", true],
  ] as const)(
    "sends %s frames and takes both kinds (RFC 7118 4.2, rule 18)",
    async (_what, frames, binary) => {
      const kinds: boolean[] = [];
      const url = await serve((socket) =>
        socket.on("message", (data: Buffer, isBinary) => {
          kinds.push(isBinary);
          socket.send(data, { binary: !isBinary });
        }),
      );
      const transport = await connect(url, { frames });
      const echoed = once(transport, "message");
      await transport.send(request("OPTIONS").toBuffer(), transport.flow);
      expect([(await echoed)[0].method, kinds]).toEqual(["OPTIONS", [binary]]);
    },
  );

  it("sends bytes that are no UTF-8 as binary: a text frame would cost the connection", async () => {
    const kinds: boolean[] = [];
    const url = await serve((socket) =>
      socket.on("message", (data: Buffer, isBinary) => {
        kinds.push(isBinary);
        socket.send(data, { binary: true });
      }),
    );
    const transport = await connect(url);
    const echoed = once(transport, "message");
    await transport.send(request("OPTIONS", ["X: \xff"]).toBuffer(), transport.flow);
    await echoed;
    expect(kinds).toEqual([true]);
  });

  it("answers CRLF CRLF with CRLF (RFC 5626 3.5.1, rule 19)", async () => {
    const frames: string[] = [];
    let answered: () => void = () => undefined;
    const pong = new Promise<void>((resolve) => {
      answered = resolve;
    });
    const url = await serve((socket) => {
      socket.on("message", (data: Buffer) => {
        frames.push(data.toString());
        answered();
      });
      socket.send("\r\n\r\n");
    });
    await connect(url);
    await pong;
    expect(frames).toEqual(["\r\n"]);
  });

  it("tells when the server closes, and rejects sends from then on", async () => {
    const url = await serve((socket) => setTimeout(() => socket.close(1_001, "going away"), 20));
    const transport = await connect(url);
    const [flow, error] = await once(transport, "flowClosed");
    expect([flow, error.message]).toEqual([transport.flow, "WebSocket closed with 1001 going away"]);
    await expect(transport.send(Buffer.from("x"), transport.flow)).rejects.toMatchObject({ code: "closed" });
  });

  it("refuses a frame above the bound by closing", async () => {
    const url = await serve((socket) => socket.send("x".repeat(70_000)));
    const transport = await connect(url);
    expect((await once(transport, "flowClosed"))[1].message).toContain("Max payload size exceeded");
  });

  it("is closed once, silently", async () => {
    const transport = await connect(await serve(() => undefined));
    let told = 0;
    transport.on("flowClosed", () => told++);
    await Promise.all([transport.close(), transport.close()]);
    expect(told).toBe(0);
  });

  it("rejects when nobody listens", async () => {
    await expect(connect("ws://127.0.0.1:9/ws")).rejects.toMatchObject({ code: "connect-failed" });
  });
});
