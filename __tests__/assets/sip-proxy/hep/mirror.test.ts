import { type HepDropReason, HepMirror } from "../../../../assets/sip-proxy/src/hep/mirror";
import { until } from "../support/fake-asterisk";
import { captureServer } from "../support/hep";
import { recordingLog } from "../support/log";

const packet = (bytes: Buffer) => ({
  from: { address: "192.0.2.1", port: 1 },
  to: { address: "127.0.0.1", port: 8080 },
  protocol: "TCP" as const,
  bytes,
});
const OPTIONS = Buffer.from("OPTIONS sip:a SIP/2.0\r\nCall-ID: c\r\n\r\n");

let log: ReturnType<typeof recordingLog>;
let counts: Record<"sent" | HepDropReason, number>;
let mirror: HepMirror;
let server: Awaited<ReturnType<typeof captureServer>>;

beforeEach(async () => {
  log = recordingLog();
  counts = { sent: 0, behind: 0, "too-long": 0, "no-socket": 0, failed: 0 };
  mirror = new HepMirror(log, {
    sent: () => counts.sent++,
    dropped: (reason) => counts[reason]++,
  });
  server = await captureServer();
});

afterEach(() => mirror.close());

const where = () => ({ host: "127.0.0.1", port: server.port, captureId: 7 });

/** Waits until it can send. */
async function ready(): Promise<void> {
  while (counts.sent === 0) {
    mirror.copy(packet(OPTIONS));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  counts = { sent: 0, behind: 0, "too-long": 0, "no-socket": 0, failed: 0 };
}

it("sends each message as a datagram, once it is told where to", async () => {
  mirror.copy(packet(OPTIONS));
  expect(mirror.on).toBe(false);
  mirror.configure(where());
  expect(mirror.on).toBe(true);
  await ready();
  await until(() => server.packets.length > 0, "a packet");
  expect(server.packets[0]).toMatchObject({
    from: "192.0.2.1:1",
    correlationId: "c",
    captureId: 7,
    payload: OPTIONS.toString(),
  });
  mirror.configure(undefined);
  expect(mirror.on).toBe(false);
  server.close();
});

it("drops and counts what it can't send: too long, too much at a time, no socket", async () => {
  mirror.configure(where());
  mirror.copy(packet(OPTIONS));
  expect(counts["no-socket"]).toBe(1);
  await ready();
  mirror.copy(packet(Buffer.alloc(65_000, "a")));
  expect(counts["too-long"]).toBe(1);
  const large = Buffer.alloc(60_000, "a");
  for (let count = 0; count < 30; count++) mirror.copy(packet(large));
  expect(counts.behind).toBe(12);
  await until(() => counts.sent === 18, "what fitted in");
  mirror.copy(packet(OPTIONS));
  expect(counts.behind).toBe(12);
  server.close();
});

it("goes on without a word for each message when nobody listens there", async () => {
  mirror.configure(where());
  await ready();
  server.close();
  for (let count = 0; count < 5; count++) {
    mirror.copy(packet(OPTIONS));
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(log.lines.filter(({ level }) => level === "warn")).toHaveLength(1);
});
