import { comparison } from "../../../../tools/bench/proxy/figures";
import type { Sample } from "../../../../tools/bench/proxy/rounds";

const tuned: Sample = { rate200: 1000, rate1000: 1000, cpu: 100, held: 3000, p99: 4, memory: 70, lost: 0 };
const good: Sample = { rate200: 2000, rate1000: 1300, cpu: 45, held: 5000, p99: 4, memory: 16, lost: 0 };
const bad: Sample = { rate200: 1999, rate1000: 1299, cpu: 46, held: 4500, p99: 4.1, memory: 16.1, lost: 3 };

const verdicts = (...own: Sample[]) =>
  comparison({
    columns: new Map([
      ["tuned", [tuned]],
      ["own", own],
    ]),
    own: "own",
    tuned: "tuned",
  }).match(/NOT MET|met/g);

describe("the proxy's figures beside their targets", () => {
  it("meet them when they reach them exactly", () => {
    expect(verdicts(good)).toStrictEqual(Array(6).fill("met"));
  });

  it("miss them by a little", () => {
    expect(verdicts(bad)).toStrictEqual(Array(6).fill("NOT MET"));
  });

  it("are judged by their medians", () => {
    expect(verdicts(bad, good, good)).toStrictEqual(Array(6).fill("met"));
    expect(verdicts(bad, bad, good)).toStrictEqual(Array(6).fill("NOT MET"));
  });

  it("leave out the runs in which nothing was measured", () => {
    expect(verdicts(good, { ...bad, memory: undefined }, good)).toStrictEqual(Array(6).fill("met"));
  });

  it("miss a time that never came", () => {
    expect(
      verdicts({ ...good, p99: Number.POSITIVE_INFINITY })?.filter((one) => one === "NOT MET"),
    ).toHaveLength(1);
  });

  it("name who lost registrations", () => {
    const text = comparison({
      columns: new Map([
        ["tuned", [tuned]],
        ["own", [bad]],
      ]),
      own: "own",
      tuned: "tuned",
    });
    expect(text).toContain("own lost 3");
    expect(text).not.toContain("tuned lost");
  });
});
