import { DatabaseError } from "pg";
import { WriteBehind } from "../../../assets/call-control/src/write-behind";
import { quiet } from "./api";

const counts = { written: 0, dropped: 0 };
const meter = {
  written: (count: number) => {
    counts.written += count;
  },
  dropped: (count: number) => {
    counts.dropped += count;
  },
};
let taken: number[][];
let failure: ((items: readonly number[]) => Error | undefined) | undefined;
let warned: string[];
let writer: WriteBehind<number>;

const refusal = () => Object.assign(new DatabaseError("no", 1, "error"), { code: "22P02" });

beforeEach(() => {
  Object.assign(counts, { written: 0, dropped: 0 });
  taken = [];
  warned = [];
  failure = undefined;
  writer = new WriteBehind<number>({
    what: "things",
    waiting: 5,
    batch: 3,
    collect: 5,
    write: async (items) => {
      const error = failure?.(items);
      if (error !== undefined) throw error;
      taken.push([...items]);
    },
    meter,
    log: { ...quiet, warn: (...line: unknown[]) => void warned.push(String(line.at(-1))) },
  });
});

afterEach(() => writer.stop(100));

const until = async (condition: () => boolean) => {
  const end = Date.now() + 5_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error("waited in vain");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

it("writes what came within a moment together, in order", async () => {
  for (const n of [1, 2, 3, 4, 5]) writer.push(n);
  await until(() => writer.waiting === 0);
  expect(taken).toStrictEqual([
    [1, 2, 3],
    [4, 5],
  ]);
  expect(counts).toStrictEqual({ written: 5, dropped: 0 });
});

it("keeps everything while the database is away, as far as it is bounded, and says so once", async () => {
  failure = () => new Error("ECONNREFUSED");
  for (let n = 1; n <= 7; n++) writer.push(n);
  await until(() => warned.length > 0);
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(warned).toStrictEqual(["things can't be written; they wait in memory"]);
  failure = undefined;
  await until(() => writer.waiting === 0);
  expect(taken.flat()).toStrictEqual([3, 4, 5, 6, 7]);
  expect(counts).toStrictEqual({ written: 5, dropped: 2 });
});

it("drops only what the table refuses", async () => {
  failure = (items) => (items.includes(2) ? refusal() : undefined);
  for (const n of [1, 2, 3]) writer.push(n);
  await until(() => writer.waiting === 0 && taken.length === 2);
  expect(taken).toStrictEqual([[1], [3]]);
  expect(counts).toStrictEqual({ written: 2, dropped: 1 });
});

it("writes what waits when it is stopped, and no longer than it may", async () => {
  writer.push(1);
  await writer.stop(1_000);
  expect(taken).toStrictEqual([[1]]);
});

it("gives up what the database does not take until the end", async () => {
  failure = () => new Error("ECONNREFUSED");
  writer.push(1);
  const began = Date.now();
  await writer.stop(100);
  expect(Date.now() - began).toBeLessThan(1_000);
  expect(warned.at(-1)).toBe("things are lost: the database did not take them");
});
