import { BoundedQueue } from "../../../lib/service";

function queue(...items: readonly number[]): BoundedQueue<number> {
  const made = new BoundedQueue<number>(5);
  for (const item of items) made.push(item);
  return made;
}

describe("BoundedQueue", () => {
  it("gives the oldest first", () => {
    const all = queue(1, 2, 3);
    expect([all.take(2), all.take(2), all.take(2), all.length]).toStrictEqual([[1, 2], [3], [], 0]);
  });

  it("drops the oldest when it is full, and counts them", () => {
    const all = queue(1, 2, 3, 4, 5, 6, 7);
    expect([all.dropped, all.length, all.take(9)]).toStrictEqual([2, 5, [3, 4, 5, 6, 7]]);
  });

  it("takes back what could not be used, in its place", () => {
    const all = queue(1, 2, 3);
    const taken = all.take(2);
    all.push(4);
    all.restore(taken);
    expect([all.take(9), all.dropped]).toStrictEqual([[1, 2, 3, 4], 0]);
  });

  it("takes back the latest of them only when it has filled up meanwhile", () => {
    const all = queue(1, 2, 3);
    const taken = all.take(3);
    for (const item of [4, 5, 6, 7]) all.push(item);
    all.restore(taken);
    expect([all.take(9), all.dropped]).toStrictEqual([[3, 4, 5, 6, 7], 2]);
    all.push(8);
    for (const item of [9, 10, 11, 12]) all.push(item);
    all.restore([3, 4]);
    expect([all.take(9), all.dropped]).toStrictEqual([[8, 9, 10, 11, 12], 4]);
  });
});
