import { createServer, get, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Feed } from "../../../../assets/registration-monitor/src/events/feed";
import { EventStreams } from "../../../../assets/registration-monitor/src/events/streams";
import type { Row } from "../../../../assets/registration-monitor/src/rows";

const counts = { refused: 0, slow: 0 };
const meter = { refused: () => void counts.refused++, slow: () => void counts.slow++ };
let mark = "";
let feed: Feed;
let streams: EventStreams;
let server: Server;

const row = (dn: string): Row => ({
  dn,
  phone: { registered: true, contacts: [], since: mark },
  genesys: null,
  lastError: null,
});

async function begin(limits = { clients: 2, unsent: 200_000, heartbeat: 1_000_000 }): Promise<void> {
  const source = { row, outsideRange: () => 0, updatedAt: () => "", head: () => ({}) };
  feed = new Feed(source, { collect: 5, look: 1_000_000, frame: 1_000_000, replay: 1_000_000 }, "boot");
  streams = new EventStreams(feed, meter, limits);
  streams.start();
  server = createServer((request, response) => {
    const since = new URL(request.url ?? "/", "http://x").searchParams.get("since") ?? undefined;
    if (!streams.serve(request, response, since)) response.writeHead(503).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
}

interface Client {
  readonly response: IncomingMessage;
  text: string;
}

function connect(path = "/", read = true): Promise<Client> {
  return new Promise((resolve, reject) => {
    const { port } = server.address() as AddressInfo;
    get({ host: "127.0.0.1", port, path, agent: false }, (response) => {
      const client: Client = { response, text: "" };
      if (read) {
        response.setEncoding("utf8").on("data", (piece: string) => {
          client.text += piece;
        });
      }
      response.on("error", () => {});
      resolve(client);
    }).on("error", reject);
  });
}

const until = async (condition: () => boolean) => {
  const end = Date.now() + 5_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error("waited in vain");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

function change(text: string): void {
  mark = text;
  feed.touched("1002");
  feed.flush();
}

beforeEach(() => {
  Object.assign(counts, { refused: 0, slow: 0 });
  mark = "";
});

afterEach(async () => {
  streams.close();
  feed.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe("a stream", () => {
  it("begins with the version that it goes on from, and has every message", async () => {
    await begin();
    feed.flush();
    const client = await connect();
    await until(() => client.text.includes("event: version"));
    expect(client.response.headers).toMatchObject({
      "content-type": "text/event-stream; charset=utf-8",
      "x-accel-buffering": "no",
    });
    expect(client.text).toMatch(
      /^retry: 2000\nevent: alive\ndata: \{"now":"[^"]+"\}\n\nid: boot-1\nevent: version\n/,
    );
    change("here");
    await until(() => client.text.includes('"since":"here"'));
    expect(client.text).toContain("id: boot-2\nevent: delta\ndata: {");
  });

  it("goes on from what the client has, or tells it to fetch the whole", async () => {
    await begin();
    change("first");
    change("second");
    const known = await connect("/?since=boot-1");
    await until(() => known.text.includes("second"));
    expect(known.text).not.toContain("first");
    const stranger = await connect("/?since=other-7");
    await until(() => stranger.text.includes("event: reset"));
  });

  it("gives a sign of life", async () => {
    await begin({ clients: 2, unsent: 200_000, heartbeat: 20 });
    const client = await connect();
    await until(() => client.text.split("event: alive").length > 3);
  });

  it("is refused when there are too many, and free again when one ends", async () => {
    await begin();
    const clients = [await connect(), await connect()];
    expect((await connect()).response.statusCode).toBe(503);
    expect(counts.refused).toBe(1);
    clients[0]?.response.destroy();
    await until(() => streams.clients === 1);
    expect((await connect()).response.statusCode).toBe(200);
  });

  it("of a client that does not read ends, and others go on", async () => {
    await begin();
    const slow = await connect("/", false);
    const quick = await connect();
    let closed = false;
    slow.response.on("close", () => {
      closed = true;
    });
    for (let n = 0; n < 400 && streams.clients === 2; n++) {
      change(`${n} ${"x".repeat(100_000)}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect([streams.clients, counts.slow]).toStrictEqual([1, 1]);
    change("still here");
    await until(() => quick.text.includes("still here"));
    slow.response.resume();
    await until(() => closed);
  });

  it("ends when the monitor does", async () => {
    await begin();
    const client = await connect();
    streams.close();
    await new Promise((resolve) => client.response.on("end", resolve));
    expect(streams.clients).toBe(0);
  });
});
