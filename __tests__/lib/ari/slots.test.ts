import fc from "fast-check";
import { Slots } from "../../../lib/ari/slots";

const never = () => new AbortController().signal;

it("never lets more run than there are slots, and lets everybody run in the end, in order", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 20 }),
      async (size, number) => {
        const slots = new Slots(size, 100);
        const order: number[] = [];
        let running = 0;
        await Promise.all(
          Array.from({ length: number }, async (_, n) => {
            await slots.enter(never());
            order.push(n);
            expect(++running).toBeLessThanOrEqual(size);
            await new Promise(setImmediate);
            running--;
            slots.leave();
          }),
        );
        expect(order).toStrictEqual(Array.from({ length: number }, (_, n) => n));
      },
    ),
    { numRuns: 30 },
  );
});

it("who gives up waiting takes no slot, and keeps nobody from one", async () => {
  const slots = new Slots(1, 2);
  await slots.enter(never());
  const controller = new AbortController();
  const impatient = slots.enter(controller.signal);
  const patient = slots.enter(never());
  expect(slots.full).toBe(true);
  controller.abort(new Error("gave up"));
  await expect(impatient).rejects.toThrow("gave up");
  expect(slots.full).toBe(false);
  slots.leave();
  await patient;
});
