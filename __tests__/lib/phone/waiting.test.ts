import { Mailbox } from "../../../lib/phone/waiting";

describe("Mailbox", () => {
  it("gives what came in its order, to who waits first", async () => {
    const subject = new Mailbox<number>();
    const first = subject.take(1000, "a number");
    const second = subject.take(1000, "a number");
    subject.put(1);
    subject.put(2);
    subject.put(3);
    expect(await Promise.all([first, second, subject.take(1000, "a number")])).toEqual([1, 2, 3]);
  });

  it("leaves what doesn't fit for others", async () => {
    const subject = new Mailbox<number>();
    subject.put(1);
    subject.put(2);
    expect(await subject.take(1000, "an even number", (n) => n % 2 === 0)).toBe(2);
    expect(await subject.take(1000, "a number")).toBe(1);
  });

  it("gives up at the deadline and takes nothing afterwards", async () => {
    const subject = new Mailbox<number>();
    await expect(subject.take(10, "a number")).rejects.toMatchObject({
      code: "deadline",
      message: "waited 10 ms for a number",
    });
    subject.put(1);
    expect(await subject.take(10, "a number")).toBe(1);
  });

  it("keeps the newest only", async () => {
    const subject = new Mailbox<number>(2);
    for (const n of [1, 2, 3]) subject.put(n);
    expect([await subject.take(10, "n"), await subject.take(10, "n")]).toEqual([2, 3]);
  });

  it("hands out what is left, then the failure", async () => {
    const subject = new Mailbox<number>();
    subject.put(1);
    subject.fail(new Error("closed"));
    expect(await subject.take(10, "a number")).toBe(1);
    await expect(subject.take(10, "a number")).rejects.toThrow("closed");
  });
});
