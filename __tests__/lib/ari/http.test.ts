import { createServer, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { inspect } from "node:util";
import { AriClient, type AriClientOptions, AriError, AriLoginError, AriRequestError } from "../../../lib/ari";
import { bridge, channel, FakeAsterisk, until } from "./fake-asterisk";

let asterisk: FakeAsterisk;
let client: AriClient;

/** Requests need no WebSocket: its events play no part here. */
function connect(options: Partial<AriClientOptions> = {}): AriClient {
  client = new AriClient({
    url: asterisk.url,
    username: "webrtc",
    secret: "swordfish",
    app: "callcenter",
    ...options,
  });
  client.start();
  return client;
}

/** The error that it rejects with. */
async function errorOf(promise: Promise<unknown>): Promise<AriError> {
  const error = await promise.then(
    () => undefined,
    (reason) => reason,
  );
  if (!(error instanceof AriError)) throw new Error(`rejected with no AriError: ${error}`);
  return error;
}

const requestsOf = (path: string) => asterisk.asked.filter((asked) => asked.path === path);

beforeEach(async () => {
  asterisk = await new FakeAsterisk().start();
});

afterEach(async () => {
  await client.stop();
  await asterisk.stop();
});

describe("a request", () => {
  it("has its parameters as JSON, and the user in a header only", async () => {
    asterisk.answers.set("POST /channels/c%2F1", () => [200, channel("c/1", "Down")]);
    const made = await connect().channels.originate({
      channelId: "c/1",
      endpoint: "PJSIP/1002",
      app: "callcenter",
      appArgs: ["agent", "7"],
      callerId: "Genesys <4000>",
      timeout: 20,
      variables: { "CALLERID(name)": "A, B & C" },
    });
    expect(made).toMatchObject({ id: "c/1", state: "Down" });
    const [asked] = requestsOf("/channels/c%2F1");
    expect(asked?.body).toStrictEqual({
      endpoint: "PJSIP/1002",
      app: "callcenter",
      appArgs: "agent,7",
      callerId: "Genesys <4000>",
      timeout: 20,
      variables: { "CALLERID(name)": "A, B & C" },
    });
    expect(asked?.authorization).toBe(`Basic ${Buffer.from("webrtc:swordfish").toString("base64")}`);
    expect([...(asked?.query.keys() ?? [])]).toStrictEqual([]);
  });

  it("without a body has its parameters in the query", async () => {
    asterisk.answers.set("DELETE /channels/c1", () => [204]);
    await connect().channels.hangup("c1", "busy");
    await client.channels.hangup("c1", 31);
    await client.channels.hangup("c1");
    expect(requestsOf("/channels/c1").map(({ query }) => query.toString())).toStrictEqual([
      "reason=busy",
      "reason_code=31",
      "",
    ]);
  });

  it("uses the connection of the one before", async () => {
    asterisk.answers.set("GET /bridges/b1", () => [200, bridge("b1")]);
    connect();
    for (let n = 0; n < 5; n++) await client.bridges.get("b1");
    expect(new Set(requestsOf("/bridges/b1").map(({ connection }) => connection)).size).toBe(1);
  });

  it("does not use one on which an id was taken: Asterisk would say so of every later failure there", async () => {
    asterisk.answers.set("POST /bridges/b1", () => [409, { message: "Bridge with id 'b1' already exists" }]);
    connect();
    await until(() => client.state === "ready");
    for (let n = 0; n < 3; n++) await errorOf(client.bridges.create({ bridgeId: "b1" }));
    expect(new Set(requestsOf("/bridges/b1").map(({ connection }) => connection)).size).toBe(3);
  });

  it("that can't be sent as it is, is refused before a byte is written", async () => {
    connect();
    await until(() => client.state === "ready");
    const before = asterisk.asked.length;
    for (const [request, message] of [
      [() => client.channels.get(""), "value after /channels/: is empty"],
      [() => client.channels.hangup(".."), 'value after /channels/: ".." can\'t be a name'],
      [() => client.channels.sendDtmf("c1", "12x"), 'DTMF: "12x" must be digits of 0-9, A-D, * and #'],
      [
        () =>
          client.channels.originate({
            channelId: "c1",
            endpoint: "PJSIP/1",
            app: "callcenter",
            appArgs: ["a,b"],
          }),
        'appArgs: "a,b" must have no comma, quote, bracket or backslash',
      ],
      [
        () => client.channels.setVariable("c1", "A", "x".repeat(41_000)),
        "POST /channels/c1/variable: body: 41027 bytes, of which Asterisk takes 40960",
      ],
      [() => client.asterisk.getVariable("x".repeat(5_000)), "5032 bytes, of which Asterisk takes 4000"],
      [
        () => client.applications.filter({ disallowed: ["ChannelUserevent"] }),
        "disallowed: ChannelUserevent is needed by the client itself",
      ],
    ] as const) {
      const error = await errorOf(request());
      expect(error).toMatchObject({ code: "ARI_VALUE", outcomeUnknown: false });
      expect(error.message).toContain(message);
    }
    expect(asterisk.asked).toHaveLength(before);
  });

  it("a filter leaves in what the client needs", async () => {
    const path = "/applications/callcenter/eventFilter";
    const { application } = await import("./fake-asterisk");
    asterisk.answers.set(`PUT ${path}`, () => [200, application]);
    await connect().applications.filter({ allowed: ["StasisStart"], disallowed: ["Dial"] });
    await client.applications.filter({});
    expect(requestsOf(path).map(({ body }) => body)).toStrictEqual([
      {
        allowed: [{ type: "StasisStart" }, { type: "ChannelUserevent" }, { type: "ApplicationReplaced" }],
        disallowed: [{ type: "Dial" }],
      },
      { allowed: [], disallowed: [] },
    ]);
  });

  it("for a variable that is not set gives undefined, and for a channel that is not there an error", async () => {
    asterisk.answers.set("GET /channels/c1/variable", () => [
      404,
      { message: "Provided variable was not found" },
    ]);
    asterisk.answers.set("GET /channels/c2/variable", () => [
      404,
      { message: "Provided channel was not found" },
    ]);
    expect(await connect().channels.getVariable("c1", "X")).toBeUndefined();
    await expect(client.channels.getVariable("c2", "X")).rejects.toMatchObject({ code: "ARI_NOT_FOUND" });
  });
});

describe("an answer that is an error", () => {
  it.each([
    [404, "ARI_NOT_FOUND"],
    [409, "ARI_CONFLICT"],
    [400, "ARI_REFUSED"],
    [403, "ARI_REFUSED"],
    [412, "ARI_REFUSED"],
    [422, "ARI_REFUSED"],
    [500, "ARI_FAILED"],
    [503, "ARI_FAILED"],
  ])("%d is %s, with status, method, path and Asterisk's words", async (status, code) => {
    asterisk.answers.set("POST /bridges/b1/addChannel", () => [status, { message: "Bridge\nnot found" }]);
    const error = await errorOf(connect().bridges.addChannel("b1", "c1"));
    expect(error).toBeInstanceOf(AriRequestError);
    expect(error).toMatchObject({
      code,
      status,
      method: "POST",
      path: "/bridges/b1/addChannel",
      reason: "Bridge not found",
      message: `Asterisk answers POST /bridges/b1/addChannel with ${status}: Bridge not found`,
      outcomeUnknown: false,
    });
  });

  it("has Asterisk's words also where it calls them an error, or has none", async () => {
    asterisk.answers.set("POST /channels/c1", () => [500, { error: "Allocation failed" }]);
    asterisk.answers.set("POST /channels/c2", () => [500, {}]);
    const to = { endpoint: "PJSIP/nobody", app: "callcenter" };
    const { channels } = connect();
    await expect(channels.originate({ channelId: "c1", ...to })).rejects.toMatchObject({
      reason: "Allocation failed",
    });
    await expect(channels.originate({ channelId: "c2", ...to })).rejects.toMatchObject({
      reason: "no reason given",
    });
  });

  it("401 says that user or password is wrong", async () => {
    const error = await errorOf(connect({ secret: "guessed" }).asterisk.ping());
    expect(error).toBeInstanceOf(AriLoginError);
    expect(error.message).toBe('Asterisk rejects the ARI user "webrtc": the user or its password is wrong');
  });

  it("that is not ARI's is told from one that is: a 404 of a web server is no channel that has ended", async () => {
    asterisk.answers.set("GET /channels/c1", (_, response) => {
      response.writeHead(404, { "Content-Type": "text/html" }).end("<h1>Not Found</h1>");
      return undefined;
    });
    const error = await errorOf(connect().channels.get("c1"));
    expect(error.code).toBe("ARI_PROTOCOL");
    expect(error.message).toBe(
      "GET /channels/c1: 404 without an answer in JSON: is this Asterisk's HTTP server, and ARI enabled in its ari.conf?",
    );
  });
});

describe("an answer that can't be used", () => {
  it.each<[string, string, (write: (body: string, type?: string) => void) => void, string]>([
    ["no JSON", "text", (write) => write("{", "application/json"), "without an answer in JSON"],
    ["no type", "text", (write) => write("{}"), "without an answer in JSON"],
    [
      "of another shape",
      "shape",
      (write) => write('{"id":7}', "application/json"),
      "answer.id: Invalid input",
    ],
    [
      "too large",
      "size",
      (write) => write(`"${"x".repeat(3_000)}"`, "application/json"),
      "the limit of 2000",
    ],
  ])("because it is %s", async (_what, _name, answer, message) => {
    asterisk.answers.set("GET /channels/c1", (_asked, response) => {
      answer((body, type) => {
        if (type !== undefined) response.setHeader("Content-Type", type);
        response.end(body);
      });
      return undefined;
    });
    const error = await errorOf(connect({ limits: { answer: 2_000 } }).channels.get("c1"));
    expect(error).toMatchObject({ code: "ARI_PROTOCOL", outcomeUnknown: false });
    expect(error.message).toContain(message);
  });

  it("leaves open what became of a request that changes something", async () => {
    asterisk.answers.set("POST /bridges/b1", () => [200, { id: 7 }]);
    asterisk.answers.set("POST /bridges/b2", (_, response) => {
      response.end("<html>");
      return undefined;
    });
    connect();
    expect(await errorOf(client.bridges.create({ bridgeId: "b2" }))).toMatchObject({
      code: "ARI_PROTOCOL",
      outcomeUnknown: true,
    });
    expect(await errorOf(client.bridges.create({ bridgeId: "b1" }))).toMatchObject({
      code: "ARI_PROTOCOL",
      outcomeUnknown: true,
    });
  });

  it("because it breaks off", async () => {
    asterisk.answers.set("GET /channels/c1", (_, response) => {
      response.writeHead(200, { "Content-Type": "application/json", "Content-Length": 100 });
      response.write("{", () => response.destroy());
      return undefined;
    });
    expect(await errorOf(connect().channels.get("c1"))).toMatchObject({ code: "ARI_CONNECTION" });
  });
});

describe("no answer", () => {
  it("because nobody listens: certainly nothing was done", async () => {
    connect();
    await asterisk.stop();
    const error = await errorOf(client.channels.hangup("c1"));
    expect(error).toMatchObject({ code: "ARI_CONNECTION", outcomeUnknown: false });
    expect(error.message).toContain(`DELETE /channels/c1 at ${asterisk.url}/ari: connect ECONNREFUSED`);
    await asterisk.start();
  });

  it("in time: what changes something may have been done, what only asks has not", async () => {
    asterisk.answers.set("DELETE /channels/c1", () => undefined);
    asterisk.answers.set("GET /channels/c1", () => undefined);
    connect({ timeouts: { request: 50 } });
    expect(await errorOf(client.channels.hangup("c1"))).toMatchObject({
      code: "ARI_TIMEOUT",
      message: "DELETE /channels/c1: no answer within 50 ms",
      outcomeUnknown: true,
    });
    expect(await errorOf(client.channels.get("c1"))).toMatchObject({
      code: "ARI_TIMEOUT",
      outcomeUnknown: false,
    });
  });

  it("because the connection broke", async () => {
    asterisk.answers.set("POST /channels/c1/answer", () => void asterisk.cut() as undefined);
    expect(await errorOf(connect().channels.answer("c1"))).toMatchObject({
      code: "ARI_CONNECTION",
      outcomeUnknown: true,
    });
  });

  it("from a peer that takes the connection and never reads", async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => void sockets.push(socket.pause()));
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as { port: number };
    connect({ url: `http://127.0.0.1:${port}`, timeouts: { request: 50 } });
    expect(await errorOf(client.channels.get("c1"))).toMatchObject({ code: "ARI_TIMEOUT" });
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
});

describe("bounds", () => {
  it("so many requests at one time; others wait, and too many are refused", async () => {
    let running = 0;
    let most = 0;
    asterisk.answers.set("GET /channels/c1", (_, response) => {
      most = Math.max(most, ++running);
      setTimeout(() => {
        running--;
        response
          .writeHead(404, { "Content-Type": "application/json" })
          .end('{"message":"Channel not found"}');
      }, 10);
      return undefined;
    });
    connect({ limits: { requests: 3, waiting: 10 } });
    await until(() => client.state === "ready");
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => errorOf(client.channels.get("c1"))));
    expect(outcomes.filter(({ code }) => code === "ARI_NOT_FOUND")).toHaveLength(13);
    expect(outcomes.filter(({ code }) => code === "ARI_BUSY")).toHaveLength(7);
    expect(outcomes.at(-1)?.message).toBe("GET /channels/c1 is not sent: 10 requests wait already");
    expect(most).toBe(3);
  });

  it("the wait for a turn counts: who never got one was certainly not sent", async () => {
    asterisk.answers.set("POST /channels/c1/answer", () => undefined);
    connect({ limits: { requests: 1 }, timeouts: { request: 50 } });
    await until(() => client.state !== "connecting");
    const [first, second] = [errorOf(client.channels.answer("c1")), errorOf(client.channels.answer("c1"))];
    expect([await first, await second]).toMatchObject([
      { code: "ARI_TIMEOUT", outcomeUnknown: true },
      { code: "ARI_TIMEOUT", outcomeUnknown: false },
    ]);
  });

  it("stop() ends what is under way and what waits, and closes every connection", async () => {
    asterisk.answers.set("POST /channels/c1/answer", () => undefined);
    connect({ limits: { requests: 1 } });
    await until(() => client.state === "ready");
    const errors = Promise.all([
      errorOf(client.channels.answer("c1")),
      errorOf(client.channels.answer("c1")),
    ]);
    await until(() => requestsOf("/channels/c1/answer").length === 1);
    await client.stop();
    expect(await errors).toMatchObject([
      { code: "ARI_STOPPED", outcomeUnknown: true },
      { code: "ARI_STOPPED", outcomeUnknown: false },
    ]);
    expect(await errorOf(client.channels.list())).toMatchObject({ code: "ARI_STOPPED" });
    await until(() => asterisk.connections === 0);
  });

  it("nothing is sent before start()", async () => {
    client = new AriClient({ url: asterisk.url, username: "webrtc", secret: "x", app: "callcenter" });
    expect(await errorOf(client.channels.list())).toMatchObject({ code: "ARI_NOT_STARTED" });
    expect(asterisk.asked).toHaveLength(0);
  });
});

describe("a download", () => {
  const path = "/recordings/stored/a%2Fb/file";

  /** Answers with a file of this length, of which so much comes. */
  const file = (length: number, comes: number) =>
    asterisk.answers.set(`GET ${path}`, (_, response) => {
      response.writeHead(200, { "Content-Type": "audio/wav", "Content-Length": length });
      response.write("x".repeat(comes));
      if (length === comes) response.end();
      return undefined;
    });

  it("is a stream, with type and length", async () => {
    file(200_000, 200_000);
    const { stream, contentType, length } = await connect().recordings.download("a/b");
    expect({ contentType, length }).toStrictEqual({ contentType: "audio/wav", length: 200_000 });
    expect(await text(stream)).toBe("x".repeat(200_000));
  });

  it("of what is not there is refused like any request", async () => {
    asterisk.answers.set(`GET ${path}`, () => [404, { message: "Recording not found" }]);
    expect(await errorOf(connect().recordings.download("a/b"))).toMatchObject({
      code: "ARI_NOT_FOUND",
      reason: "Recording not found",
    });
  });

  it("that breaks off is an error of the stream, and no short file", async () => {
    file(1_000, 100);
    const { stream } = await connect().recordings.download("a/b");
    setTimeout(() => asterisk.cut(), 20);
    expect(await errorOf(text(stream))).toMatchObject({ code: "ARI_CONNECTION" });
  });

  it("that stands still is ended", async () => {
    file(1_000, 100);
    const { stream } = await connect({ timeouts: { download: 50 } }).recordings.download("a/b");
    expect(await errorOf(text(stream))).toMatchObject({
      code: "ARI_TIMEOUT",
      message: `the next bytes of GET ${path}: no answer within 50 ms`,
    });
  });

  it("takes no turn of a request, and who stops reading frees its place for the next", async () => {
    file(1_000, 100);
    connect({ limits: { requests: 1, downloads: 1 } });
    const first = await client.recordings.download("a/b");
    const second = client.recordings.download("a/b");
    await client.asterisk.info();
    expect(requestsOf(path)).toHaveLength(1);
    first.stream.destroy();
    (await second).stream.destroy();
    await until(() => requestsOf(path).length === 2);
  });

  it("ends with stop()", async () => {
    file(1_000, 100);
    const { stream } = await connect().recordings.download("a/b");
    const error = errorOf(text(stream));
    await client.stop();
    expect(await error).toMatchObject({ code: "ARI_STOPPED" });
  });
});

it("no error and nothing that a client shows has the password in it", async () => {
  const password = "sw0rd:fish ü";
  const hidden = [password, Buffer.from(`webrtc:${password}`).toString("base64")];
  asterisk.answers.set("GET /channels/c1", () => [500, { message: "no" }]);
  connect({ secret: password, timeouts: { request: 50 } });
  const errors = [await errorOf(client.channels.get("c1"))];
  await asterisk.stop();
  errors.push(await errorOf(client.channels.get("c1")));
  await client.stop();
  const silent = connect({ secret: password, url: "http://127.0.0.1:1" });
  errors.push(await errorOf(silent.channels.get("c1")), client.lastError ?? AriError.stopped());
  for (const shown of [...errors, client]) {
    for (const secret of hidden)
      expect(inspect(shown, { depth: 10, showHidden: true })).not.toContain(secret);
  }
  await asterisk.start();
});
