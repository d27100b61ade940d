import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { inspectForProxy, parseDatagram, parseFrame, SipParseError, StreamParser } from "../../lib/sip";
import { root } from "../arguments";
import type { BenchOptions } from "./main";
import type { Figure } from "./measure";

/** Bytes of the largest message that any transport takes. */
const LARGEST = 65_536;

/**
 * Mutates the torture messages of RFC 4475 a million times and gives them to the parser, as datagrams, as frames and
 * as a stream. Nothing but a SipParseError may come out of it, no message may take long, and memory may not grow.
 */
export function benchFuzz({ quick }: BenchOptions): Figure[] {
  const count = quick ? 50_000 : 1_000_000;
  const corpus = readCorpus();
  const random = generator(4475);
  // Where a first look took long: most of them met the garbage collector or another process, so they are looked at again.
  const slow: { bytes: Buffer; ms: number }[] = [];
  let refused = 0;
  const started = process.hrtime.bigint();
  let baseline = 0;
  for (let run = 0; run < count; run++) {
    // What the first part fills, caches and compiled code, is no leak.
    if (run === Math.floor(count / 10)) baseline = heapBytes();
    const bytes = mutate(corpus[random(corpus.length)] as Buffer, random);
    const from = process.hrtime.bigint();
    if (!survives(bytes)) refused++;
    const ms = Number(process.hrtime.bigint() - from) / 1e6;
    if (slow.length < 20 || ms > (slow[19]?.ms ?? 0)) {
      slow.push({ bytes, ms });
      slow.sort((a, b) => b.ms - a.ms).splice(20);
    }
  }
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  const growth = (heapBytes() - baseline) / 1e6;
  return [
    { name: "mutations survived", unit: "", values: [count] },
    { name: "  refused with a fault", unit: "", values: [refused] },
    { name: "mutations/s, all three framings", unit: "1/s", values: [count / seconds] },
    {
      name: "slowest 20 mutations of up to 64 KiB, again, median of 9",
      unit: "ms",
      values: slow.map(({ bytes }) => medianTime(bytes)),
      limit: 10,
    },
    {
      name: "hostile messages of 64 KiB, median of 9",
      unit: "ms",
      values: hostile().map(medianTime),
      limit: 10,
    },
    { name: "growth of the heap", unit: "MB", values: [growth], limit: 10 },
  ];
}

function readCorpus(): Buffer[] {
  const directory = join(root, "__tests__", "lib", "sip", "rfc4475");
  const files = readdirSync(directory).filter((name) => name.endsWith(".dat"));
  return files.map((name) => readFileSync(join(directory, name)));
}

/** True when some framing makes a message of it. Throws what is not a SipParseError. */
function survives(bytes: Buffer): boolean {
  let parsed = false;
  for (const result of [parseDatagram(bytes), parseFrame(bytes)]) {
    inspectForProxy(result);
    if (result.message === undefined) continue;
    parsed = true;
    const { message } = result;
    for (const read of [
      () => message.vias,
      () => message.from,
      () => message.contacts,
      () => message.routes,
    ]) {
      try {
        read();
      } catch (error) {
        if (!(error instanceof SipParseError)) throw error;
      }
    }
    message.toBuffer();
  }
  try {
    new StreamParser().push(bytes);
  } catch (error) {
    if (!(error instanceof SipParseError)) throw error;
  }
  return parsed;
}

/** Messages of 64 KiB that a careless parser takes long for. */
function hostile(): Buffer[] {
  const head = "INVITE sip:a@b SIP/2.0\r\n";
  const fill = (unit: string) => unit.repeat(Math.floor((LARGEST - 2000) / unit.length));
  return [
    `${head}Via: ${fill("SIP/2.0/UDP a;branch=z9hG4bK,")}\r\n\r\n`,
    `${head}Contact: ${fill('"')}\r\n\r\n`,
    `${head}Contact: ${fill('"\\",<')}\r\n\r\n`,
    `${head}From: ${fill("(")}<sip:a@b>\r\n\r\n`,
    `${head}${fill("X: y\r\n")}\r\n`,
    `${head}${fill("X: y\r\n z\r\n")}\r\n`,
    `${head}Route: ${fill("<sip:a@b;lr>,")}\r\n\r\n`,
    `${head}To: <sip:${fill("%41")}@b>\r\n\r\n`,
    `${head}From: <sip:a@b>${fill(";a=b")}\r\n\r\n`,
    fill("\r\n"),
  ].map((text) => Buffer.from(text, "latin1"));
}

/** Milliseconds. */
function medianTime(bytes: Buffer): number {
  const times = Array.from({ length: 9 }, () => {
    const from = process.hrtime.bigint();
    survives(bytes);
    return Number(process.hrtime.bigint() - from) / 1e6;
  });
  return times.sort((a, b) => a - b)[4] ?? Number.NaN;
}

type Random = (below: number) => number;

/** Numbers that are the same in every run (mulberry32). */
function generator(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** One to eight edits: a byte set, cut or put in, a stretch doubled, or cut, or repeated until the message is large. */
function mutate(original: Buffer, random: Random): Buffer {
  let bytes = original;
  for (let edits = 1 + random(8); edits > 0; edits--) {
    const at = random(bytes.length + 1);
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
    const stretch = after.subarray(0, random(60));
    switch (random(6)) {
      case 0:
        bytes = Buffer.concat([before, Buffer.from([random(256)]), after.subarray(1)]);
        break;
      case 1:
        bytes = Buffer.concat([before, after.subarray(1)]);
        break;
      case 2:
        bytes = Buffer.concat([before, Buffer.from([random(256)]), after]);
        break;
      case 3:
        bytes = Buffer.concat([before, stretch, after]);
        break;
      case 4:
        bytes = Buffer.concat([before, after.subarray(stretch.length)]);
        break;
      default: {
        // Rare, because it is slow to make.
        if (random(200) > 0) break;
        const times = Math.floor((LARGEST - bytes.length) / Math.max(stretch.length, 1));
        bytes = Buffer.concat([before, ...Array<Buffer>(Math.max(0, times)).fill(stretch), after]).subarray(
          0,
          LARGEST,
        );
      }
    }
  }
  return bytes;
}

function heapBytes(): number {
  global.gc?.();
  return process.memoryUsage().heapUsed;
}
