import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, Page } from "playwright-core";
import { agentsScript } from "../../../tools/bench/switch/bundle";
import type { AgentsApi, Gap } from "../../../tools/bench/switch/page/api";
import { launchBrowser } from "../../../tools/browser";

/** The gaps that the bench of switches finds, in a call within one page whose packets are dropped on purpose. */

let server: Server;
let browser: Browser;
let page: Page;

/** What the test puts into the page: it calls itself, and can drop what it sends. */
interface Stand {
  drop(on: boolean): void;
  hangUp(): void;
}

const agents = <Result>(method: "listen" | "gaps") =>
  page.evaluate(
    (name) => (globalThis as unknown as { agents: AgentsApi }).agents[name]() as never,
    method,
  ) as Promise<Result>;

const stand = (method: keyof Stand, on = true) =>
  page.evaluate(
    ([name, value]) => (globalThis as unknown as { stand: Stand }).stand[name as "drop"](value as boolean),
    [method, on],
  );

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The worst of both directions. */
async function worst(): Promise<Gap> {
  const gaps = await agents<Gap[]>("gaps");
  return {
    late: Math.max(...gaps.map(({ late }) => late)),
    missing: Math.max(...gaps.map(({ missing }) => missing)),
  };
}

beforeAll(async () => {
  server = createServer((_, answer) => answer.setHeader("Content-Type", "text/html").end("<!doctype html>"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  browser = await launchBrowser();
  page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await page.addScriptTag({ content: agentsScript() });
  await page.addScriptTag({ content: CALL });
  await page.waitForFunction(() => "stand" in globalThis, undefined, { timeout: 10_000 });
  for (const end = Date.now() + 10_000; (await agents<Gap[]>("gaps")).length < 2; await pause(100)) {
    if (Date.now() > end) throw new Error("no sound within 10 s");
  }
}, 60_000);

afterAll(async () => {
  await browser?.close();
  server?.close();
});

it("are none while every packet comes", async () => {
  await agents("listen");
  await pause(1_000);
  const gap = await worst();
  expect(gap.missing).toBe(0);
  // A packet each 20 ms.
  expect(gap.late).toBeGreaterThanOrEqual(20);
  expect(gap.late).toBeLessThan(1_000);
}, 20_000);

it("are as long as packets are dropped, both by arrival and by what they would have brought", async () => {
  await agents("listen");
  await stand("drop", true);
  await pause(600);
  await stand("drop", false);
  await pause(500);
  const gap = await worst();
  expect(gap.missing).toBeGreaterThan(400);
  expect(gap.missing).toBeLessThan(1_500);
  expect(gap.late).toBeGreaterThan(400);
  // They are of this stretch only.
  await agents("listen");
  await pause(300);
  expect((await worst()).missing).toBe(0);
}, 20_000);

it("go on until now in a stream that has fallen silent", async () => {
  await agents("listen");
  await stand("drop", true);
  await pause(2_000);
  expect((await worst()).missing).toBeGreaterThan(1_800);
  await stand("drop", false);
}, 20_000);

it("are not told of a call that is over", async () => {
  await stand("hangUp");
  expect(await agents<Gap[]>("gaps")).toStrictEqual([]);
}, 20_000);

/** Two connections; what the first one sends goes through a worker that can drop it. */
const CALL = `(async () => {
  const source = \`
    let dropping = false;
    onmessage = ({ data }) => { dropping = data; };
    onrtctransform = ({ transformer: { readable, writable } }) => {
      const filter = { transform: (frame, controller) => { if (!dropping) controller.enqueue(frame); } };
      readable.pipeThrough(new TransformStream(filter)).pipeTo(writable).catch(() => undefined);
    };\`;
  const worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  const [one, other] = [new RTCPeerConnection(), new RTCPeerConnection()];
  one.onicecandidate = ({ candidate }) => candidate && other.addIceCandidate(candidate);
  other.onicecandidate = ({ candidate }) => candidate && one.addIceCandidate(candidate);
  for (const connection of [one, other]) {
    connection.ontrack = ({ streams: [stream] }) => {
      const audio = new Audio();
      audio.srcObject = stream;
      audio.play();
    };
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    const sender = connection.addTrack(stream.getAudioTracks()[0], stream);
    if (connection === one) sender.transform = new RTCRtpScriptTransform(worker);
  }
  await one.setLocalDescription();
  await other.setRemoteDescription(one.localDescription);
  await other.setLocalDescription();
  await one.setRemoteDescription(other.localDescription);
  globalThis.stand = {
    drop: (on) => worker.postMessage(on),
    hangUp: () => { one.close(); other.close(); },
  };
})()`;
