import { get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { newApiKey } from "../../../../assets/call-control/src/access/api-key";
import { TestApi } from "../api";
import { callId, someCall } from "../fake-calls";

let test: TestApi;
const other = "7d4c1f2e-52f0-4bb5-8b6e-0f3a1f1f9d10";

beforeEach(async () => {
  test = await TestApi.start();
  await test.app.listen({ host: "127.0.0.1", port: 0 });
});

afterEach(() => test.stop());

interface Listener {
  readonly response: IncomingMessage;
  text: string;
  ended: boolean;
}

function listen(headers: Record<string, string> = test.key(), read = true): Promise<Listener> {
  const { port } = test.app.server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, path: "/telephony/events/", headers, agent: false }, (response) => {
      const listener: Listener = { response, text: "", ended: false };
      if (read) {
        response.setEncoding("utf8").on("data", (piece: string) => {
          listener.text += piece;
        });
      }
      response
        .on("error", () => {})
        .on("close", () => {
          listener.ended = true;
        });
      resolve(listener);
    }).on("error", reject);
  });
}

const until = async (condition: () => boolean) => {
  const end = Date.now() + 5_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error("waited in vain");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

/** The events that have come, but signs of life. */
const eventsOf = ({ text }: Listener) =>
  text
    .split("\n\n")
    .map((block) => /^(?:id: (.*)\n)?event: (.*)\ndata: (.*)$/m.exec(block))
    .filter((found) => found !== null && found[2] !== "alive")
    .map((found) => ({ id: found?.[1], event: found?.[2], data: JSON.parse(found?.[3] ?? "") }));

it("begins with all calls that are up, and goes on with each change", async () => {
  test.calls.add(someCall());
  const listener = await listen();
  expect(listener.response.headers).toMatchObject({
    "content-type": "text/event-stream; charset=utf-8",
    "x-accel-buffering": "no",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  await until(() => listener.text.includes("event: snapshot"));
  test.calls.tell("held", someCall({ onHold: true }));
  test.calls.tell("ended", someCall({ status: "ended" }));
  await until(() => listener.text.includes('"what":"ended"'));
  expect(eventsOf(listener)).toMatchObject([
    { id: "boot-0", event: "snapshot", data: { calls: [{ id: callId }], asterisk: { live: true } } },
    { id: "boot-1", event: "change", data: { what: "held", call: { on_hold: true } } },
    { id: "boot-2", event: "change", data: { what: "ended" } },
  ]);
});

it("goes on from the last event that is known, or begins anew", async () => {
  const change = (n: number) => test.calls.tell("held", someCall({ causeText: `change ${n}` }));
  for (const n of [1, 2, 3]) change(n);
  const known = await listen({ ...test.key(), "last-event-id": "boot-2" });
  await until(() => known.text.includes("change 3"));
  expect(eventsOf(known).map(({ id }) => id)).toStrictEqual(["boot-3"]);
  const stranger = await listen({ ...test.key(), "last-event-id": "other-2" });
  await until(() => stranger.text.includes("event: snapshot"));
});

it("gives a sign of life with the time and whether Asterisk is seen", async () => {
  test.sight = { live: false, reason: "it is away" };
  const listener = await listen();
  await until(() => listener.text.split("event: alive").length > 3);
  expect(listener.text).toMatch(
    /event: alive\ndata: \{"now":"[^"]+","asterisk":\{"live":false,"reason":"it is away"\}\}\n/,
  );
});

it("shows an agent's key its own calls, and when one goes on without it", async () => {
  test.calls.add(someCall({ id: other, channelId: "c2", from: "1002", to: "1003", agent: "1002" }));
  const listener = await listen(test.key(["calls:read"], "1001"));
  await until(() => listener.text.includes("event: snapshot"));
  test.calls.tell("held", someCall({ id: other, channelId: "c2", from: "1002", to: "1003", agent: "1002" }));
  test.calls.tell("answered", someCall());
  test.calls.tell("transferred", someCall({ from: "+31201234567", to: "1002", agent: "1002" }));
  test.calls.tell("ended", someCall({ from: "+31201234567", to: "1002", agent: "1002", status: "ended" }));
  test.calls.tell("started", someCall());
  await until(() => listener.text.includes('"what":"started"'));
  expect(
    eventsOf(listener).map(({ event, data }) => [event, data.what ?? data.id ?? data.calls]),
  ).toStrictEqual([
    ["snapshot", []],
    ["change", "answered"],
    ["gone", callId],
    ["change", "started"],
  ]);
});

it("is for those who may see calls", async () => {
  expect((await listen({})).response.statusCode).toBe(401);
  expect((await listen(test.key(["calls:control"]))).response.statusCode).toBe(403);
});

it("is refused when there are too many, and free again when one ends", async () => {
  const first = await listen();
  await listen();
  const third = await listen();
  await until(() => third.ended);
  expect(third.response.statusCode).toBe(503);
  expect(JSON.parse(third.text).error.code).toBe("BUSY");
  first.response.destroy();
  await until(() => test.streams.listeners === 1);
  expect((await listen()).response.statusCode).toBe(200);
});

it("ends for who does not read, and goes on for others", async () => {
  const slow = await listen(test.key(), false);
  const quick = await listen();
  for (let n = 0; n < 20_000 && test.streams.listeners === 2; n++) {
    test.calls.tell("held", someCall({ causeText: `${n} ${"x".repeat(5_000)}` }));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  expect(test.streams.listeners).toBe(1);
  test.calls.tell("ended", someCall({ causeText: "still here" }));
  await until(() => quick.text.includes("still here"));
  slow.response.resume();
  await until(() => slow.ended);
});

it("ends when its key is taken away", async () => {
  const key = newApiKey();
  test.keys.add(key, { scopes: ["calls:read"], expiresAt: new Date(test.now + 1_000) });
  const listener = await listen({ authorization: `Bearer ${key}` });
  await until(() => listener.text.includes("event: alive"));
  test.now += 1_000;
  await until(() => listener.ended);
});

it("ends when the service does", async () => {
  const listener = await listen();
  await test.app.close();
  await until(() => listener.ended);
});
