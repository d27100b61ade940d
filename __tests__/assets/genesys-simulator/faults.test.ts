import { FaultPlan, type Faults, faultsSchema } from "../../../assets/genesys-simulator/src/faults";

function plan(faults: object): FaultPlan {
  const subject = new FaultPlan();
  subject.set(faultsSchema.parse(faults));
  return subject;
}

const draws = (subject: FaultPlan, count: number) => Array.from({ length: count }, () => subject.losesNext());

describe("FaultPlan", () => {
  it("loses nothing and everything at the ends of the scale, and its share between them", () => {
    expect(draws(plan({ drop: 0 }), 100)).not.toContain(true);
    expect(draws(plan({ drop: 1 }), 100)).not.toContain(false);
    const lost = draws(plan({ drop: 0.3 }), 2000).filter(Boolean).length;
    expect(lost).toBeGreaterThan(500);
    expect(lost).toBeLessThan(700);
  });

  it("loses the same messages for the same seed", () => {
    expect(draws(plan({ drop: 0.5, seed: 7 }), 50)).toEqual(draws(plan({ drop: 0.5, seed: 7 }), 50));
    expect(draws(plan({ drop: 0.5, seed: 7 }), 50)).not.toEqual(draws(plan({ drop: 0.5, seed: 8 }), 50));
  });

  it("answers by method and DN, so many times", () => {
    const subject = plan({ status: [{ method: "REGISTER", code: 503, dn: "1002", times: 2 }] });
    expect(subject.answerTo("INVITE", "1002")).toBeUndefined();
    expect(subject.answerTo("REGISTER", "1003")).toBeUndefined();
    expect(subject.answerTo("REGISTER", "1002")?.code).toBe(503);
    expect(subject.current.status[0]?.times).toBe(1);
    expect(subject.answerTo("REGISTER", "1002")?.code).toBe(503);
    expect(subject.answerTo("REGISTER", "1002")).toBeUndefined();
    expect(subject.current.status).toEqual([]);
  });

  it("takes the next rule when one is used up", () => {
    const subject = plan({
      status: [
        { method: "REGISTER", code: 503, times: 1 },
        { method: "REGISTER", code: 403 },
      ],
    });
    const codes = [1, 2, 3].map(() => subject.answerTo("REGISTER", "1002")?.code);
    expect(codes).toEqual([503, 403, 403]);
  });

  it("is clean after clear", () => {
    const subject = plan({ down: true, delayMs: 5, drop: 1, status: { method: "INVITE", code: 500 } });
    expect(subject.down).toBe("silent");
    subject.clear();
    expect(subject.current).toEqual<Faults>({ down: false, delayMs: 0, drop: 0, seed: 1, status: [] });
  });
});

describe("faultsSchema", () => {
  it.each([
    { drop: 1.1 },
    { delayMs: -1 },
    { down: "maybe" },
    { status: { method: "register", code: 503 } },
    { status: { method: "REGISTER", code: 200 } },
    { status: { method: "REGISTER", code: 503, headers: { "Call-ID": "x" } } },
    { status: { method: "REGISTER", code: 503, reason: "a\r\nEvil: header" } },
    { status: { method: "REGISTER", code: 503, headers: { X: "a\r\nEvil: header" } } },
    { dwon: true },
  ])("refuses %j", (faults) => {
    expect(faultsSchema.safeParse(faults).success).toBe(false);
  });
});
