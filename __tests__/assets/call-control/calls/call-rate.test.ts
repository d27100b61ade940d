import fc from "fast-check";
import { CallRate } from "../../../../assets/call-control/src/calls/call-rate";

it("lets no agent begin more than the limit within any minute, and as many as that", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.nat(30_000), { maxLength: 40 }),
      (limit, waits) => {
        let now = 0;
        const rate = new CallRate(limit, () => now);
        const begun: number[] = [];
        for (const wait of waits) {
          now += wait;
          const recent = begun.filter((at) => now - at < 60_000).length;
          expect(rate.take("1001")).toBe(recent < limit);
          if (recent < limit) begun.push(now);
        }
      },
    ),
  );
});

it("counts each agent alone, and remembers a bounded number of them", () => {
  const rate = new CallRate(1, () => 0);
  expect([rate.take("a"), rate.take("a"), rate.take("b")]).toStrictEqual([true, false, true]);
  for (let n = 0; n < 10_000; n++) rate.take(`${n}`);
  expect(rate.take("a")).toBe(true);
});
