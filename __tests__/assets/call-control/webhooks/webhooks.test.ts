import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { CallChange } from "../../../../assets/call-control/src/calls/call";
import type { DeliveryStore } from "../../../../assets/call-control/src/webhooks/store";
import { Webhooks } from "../../../../assets/call-control/src/webhooks/webhooks";
import { quiet } from "../api";
import { someCall } from "../fake-calls";
import { MemoryOutbox } from "./outbox";

interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let server: Server;
let base: string;
let received: Received[];
let answer: (response: ServerResponse, path: string) => void;
let outbox: MemoryOutbox;
let webhooks: Webhooks;
const counts = { delivered: 0, failed: 0, givenUp: 0 };
const limits = {
  timeout: 2_000,
  parallel: 4,
  look: 20,
  giveUp: 3_600_000,
  backoff: { initial: 20, maximum: 40 },
};

beforeEach(async () => {
  received = [];
  Object.assign(counts, { delivered: 0, failed: 0, givenUp: 0 });
  answer = (response) => response.writeHead(204).end();
  server = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += piece;
    received.push({ path: request.url ?? "", headers: request.headers, body });
    answer(response, request.url ?? "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  outbox = new MemoryOutbox();
});

afterEach(async () => {
  await webhooks.stop(100);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function begin(
  hooks: readonly { name: string; path?: string; url?: string; events?: string[] }[],
  part = {},
) {
  const meter = {
    outbox: { written: () => {}, dropped: () => {} },
    deliveries: {
      delivered: () => void counts.delivered++,
      failed: () => void counts.failed++,
      givenUp: (_: string, count: number) => {
        counts.givenUp += count;
      },
    },
  };
  const settings = hooks.map(({ name, path = `/${name}`, url = base + path, events = [] }) => ({
    name,
    url,
    secret: `secret of ${name}`,
    events,
  }));
  webhooks = new Webhooks(settings, outbox as unknown as DeliveryStore, meter, quiet, { ...limits, ...part });
  webhooks.start();
}

const happens = (what: CallChange["what"], at = new Date()) =>
  webhooks.changed({ what, at, call: someCall() });

const until = async (condition: () => boolean) => {
  const end = Date.now() + 5_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error("waited in vain");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

it("tells a webhook what happens, signed, and forgets it", async () => {
  begin([{ name: "crm" }]);
  happens("answered");
  await until(() => counts.delivered === 1 && outbox.rows.length === 0);
  const { headers, body } = received[0] as Received;
  expect(JSON.parse(body)).toMatchObject({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    sequence: 1,
    event: "answered",
    at: expect.any(String),
    call: { id: someCall().id, from_number: "1001", status: "answered" },
  });
  expect(headers["content-type"]).toBe("application/json");
  const [, time = "", signature] =
    /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers["x-webrtc-genesys-signature"])) ?? [];
  expect(signature).toBe(createHmac("sha256", "secret of crm").update(`${time}.${body}`).digest("hex"));
  expect(Math.abs(Number(time) - Date.now() / 1_000)).toBeLessThan(10);
});

it("tells each webhook what it asked for, by one id", async () => {
  begin([{ name: "all" }, { name: "ends", events: ["ended"] }]);
  happens("answered");
  happens("ended");
  await until(() => counts.delivered === 3);
  const told = received.map(({ path, body }) => [path, JSON.parse(body)] as const);
  expect(told.filter(([path]) => path === "/ends").map(([, { event }]) => event)).toStrictEqual(["ended"]);
  const ids = told.filter(([, { event }]) => event === "ended").map(([, { id }]) => id);
  expect([ids.length, new Set(ids).size]).toStrictEqual([2, 1]);
});

it("tries again with the same id until it is taken", async () => {
  let tries = 0;
  answer = (response) => response.writeHead(++tries < 4 ? 500 : 200).end();
  begin([{ name: "crm" }]);
  happens("ended");
  await until(() => counts.delivered === 1);
  expect(counts.failed).toBe(3);
  expect(new Set(received.map(({ body }) => JSON.parse(body).id)).size).toBe(1);
  expect(received.map(({ headers }) => headers["x-webrtc-genesys-attempt"])).toStrictEqual([
    "1",
    "2",
    "3",
    "4",
  ]);
});

it.each<[string, (response: ServerResponse) => void, RegExp]>([
  ["does not answer", () => {}, /no answer within 1000 ms/],
  [
    "leads elsewhere",
    (response) => response.writeHead(302, { Location: "/other" }).end(),
    /302, and redirects are not/,
  ],
  ["hangs up", (response) => response.destroy(), /other side closed|socket|terminated|ECONNRESET/],
])("does not take it for told when the receiver %s", async (_, behaviour, words) => {
  answer = behaviour;
  begin([{ name: "crm" }], { timeout: 1_000 });
  happens("ended");
  await until(() => counts.failed > 0 && outbox.rows[0]?.error !== undefined);
  expect(outbox.rows[0]?.error).toMatch(words);
  expect(received.every(({ path }) => path === "/crm")).toBe(true);
});

it("takes an answer that never ends for taken, and does not read it", async () => {
  answer = (response) => {
    response.writeHead(200);
    response.write("x".repeat(100_000));
  };
  begin([{ name: "crm" }]);
  happens("ended");
  await until(() => counts.delivered === 1);
});

it("tells others at once while one is dead, and spares that one", async () => {
  answer = (response, path) => {
    if (path === "/quick") response.writeHead(200).end();
  };
  begin([{ name: "dead" }, { name: "quick" }], { timeout: 1_000 });
  for (let n = 0; n < 50; n++) happens("held");
  await until(() => received.filter(({ path }) => path === "/quick").length === 50);
  expect(received.filter(({ path }) => path === "/dead").length).toBeLessThanOrEqual(8);
});

it("gives an event up after its time", async () => {
  answer = (response) => response.writeHead(500).end();
  begin([{ name: "crm" }], { giveUp: 60_000 });
  happens("ended", new Date(Date.now() - 61_000));
  await until(() => counts.givenUp === 1);
  expect(outbox.rows).toHaveLength(0);
});

it("keeps events while the database is away, and tells them then", async () => {
  outbox.away = true;
  begin([{ name: "crm" }]);
  happens("started");
  happens("ended");
  await until(() => webhooks.waiting === 2);
  outbox.away = false;
  await until(() => counts.delivered === 2);
});

it("breaks off when it is stopped, and leaves what was not told for the next start", async () => {
  answer = () => {};
  begin([{ name: "crm" }], { timeout: 5_000 });
  happens("ended");
  await until(() => received.length === 1);
  const began = Date.now();
  await webhooks.stop(1_000);
  expect(Date.now() - began).toBeLessThan(1_000);
  expect(outbox.rows).toMatchObject([{ claimed: false, dueAt: expect.any(Number) }]);
  answer = (response) => response.writeHead(200).end();
  begin([{ name: "crm" }]);
  await until(() => counts.delivered === 1);
});
