import { type Picture, PictureReader } from "../../../assets/registration-monitor/src/picture";
import { takePicture } from "../../../assets/registration-monitor/src/picture-source";
import { config } from "./config-input";
import { FakeExporter } from "./fake-exporter";

function read(text: string, limit = 100): Picture {
  const reader = new PictureReader(limit);
  for (const line of text.split("\n")) reader.line(line);
  return reader.end();
}

describe("PictureReader", () => {
  const exporter = new FakeExporter();
  exporter.endpoints.set("1002", 2).set("1003", 1).set("1004", 0);
  exporter.registrations.set("1002", 1).set("1003", 2).set("1004", 0);

  it("reads endpoints and registrations, and skips all else", () => {
    const { endpoints, registrations } = read(exporter.text());
    expect([...endpoints]).toStrictEqual([
      ["1002", true],
      ["1003", false],
      ["1004", false],
    ]);
    expect(registrations.map(({ status }) => status)).toStrictEqual([
      "Registered",
      "Rejected",
      "Unregistered",
    ]);
    expect(registrations[0]).toStrictEqual({
      clientUri: "sip:1002@127.0.4.2:5060",
      serverUri: "sip:127.0.4.2:5060",
      status: "Registered",
    });
  });

  it("takes escaped label values, and other technologies for none of its own", () => {
    const { endpoints } = read(
      [
        'asterisk_endpoints_state{resource="a\\"b\\\\c\\nd",tech="PJSIP"} 2',
        'asterisk_endpoints_state{resource="1002",tech="IAX2"} 2',
        "asterisk_core_uptime_seconds 1",
      ].join("\n"),
    );
    expect([...endpoints]).toStrictEqual([['a"b\\c\nd', true]]);
  });

  it("refuses what is not Asterisk's, so that an empty answer is not taken for 'nobody is registered'", () => {
    expect(() => read("")).toThrow("the answer is not that of Asterisk's res_prometheus with core metrics");
  });

  it("bounds what it keeps", () => {
    expect(() => read(exporter.text(), 2)).toThrow("more than 2 endpoints");
  });
});

describe("takePicture", () => {
  let exporter: FakeExporter;
  const never = new AbortController().signal;
  const limits = { deadline: 2_000, bytes: 10_000, line: 500, items: 10 };
  const metrics = (part = {}) => ({ ...config().metrics, port: exporter.port, ...part });

  beforeEach(async () => {
    exporter = await new FakeExporter().start();
    exporter.endpoints.set("1002", 2);
  });

  afterEach(() => exporter.stop());

  it("asks by GET with the user's password, and reads the answer however it is cut", async () => {
    exporter.respond = (response) => {
      for (const piece of exporter.text()) response.write(piece);
      response.end();
    };
    expect([...(await takePicture(metrics(), never, limits)).endpoints]).toStrictEqual([["1002", true]]);
    expect(exporter.requests.map(({ method, url }) => `${method} ${url}`)).toStrictEqual(["GET /metrics"]);
  });

  it.each([
    [
      "a wrong password",
      { secret: "wrong" },
      undefined,
      '401: Asterisk rejects user "monitor" (prometheus.conf)',
    ],
    ["no module", {}, 404, "404: res_prometheus is not loaded, or serves another path (prometheus.conf)"],
    ["an Asterisk that is ill", {}, 500, "answers with status 500"],
  ])("says what is wrong: %s", async (_, part, status, words) => {
    if (status !== undefined) exporter.respond = (response) => response.writeHead(status).end();
    await expect(takePicture(metrics(part), never, limits)).rejects.toThrow(
      `http://127.0.0.1:${exporter.port}/metrics: ${words}`,
    );
  });

  it("bounds the wait, the answer and its lines", async () => {
    exporter.respond = (response) => response.write("asterisk_core_uptime_seconds 1\n");
    await expect(takePicture(metrics(), never, { ...limits, deadline: 50 })).rejects.toThrow(
      "no whole answer within 50 ms",
    );
    exporter.respond = (response) => response.end("# x\n".repeat(5_000));
    await expect(takePicture(metrics(), never, limits)).rejects.toThrow("more than 10000 bytes");
    exporter.respond = (response) => response.end("x".repeat(600));
    await expect(takePicture(metrics(), never, limits)).rejects.toThrow("a line of more than 500 characters");
  });

  it("refuses an answer that broke off", async () => {
    exporter.respond = (response) => {
      response.writeHead(200, { "Content-Length": 5_000 });
      response.write(exporter.text());
      setTimeout(() => response.destroy(), 20);
    };
    await expect(takePicture(metrics(), never, limits)).rejects.toThrow("aborted");
  });

  it("is given up at once when nobody wants it any more", async () => {
    exporter.respond = () => {};
    const controller = new AbortController();
    const picture = takePicture(metrics(), controller.signal, limits);
    setTimeout(() => controller.abort(), 20);
    await expect(picture).rejects.toThrow("aborted");
  });
});
