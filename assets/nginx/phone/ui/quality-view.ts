import { type Counters, countersOf, polyline, type Sample, sampleOf } from "../logic/stats";
import type { Phone } from "../phone";
import { element, write } from "./dom";

/** Seconds that the charts show. */
const SHOWN = 60;

const CHARTS = [
  {
    name: "packets",
    ceiling: 60,
    value: (sample: Sample) => sample.packetsInPerSecond,
    words: (sample: Sample) =>
      `${sample.packetsInPerSecond.toFixed(0)}/s in, ${sample.packetsOutPerSecond.toFixed(0)}/s out`,
  },
  {
    name: "jitter",
    ceiling: 30,
    value: (sample: Sample) => sample.jitter,
    words: ({ jitter, roundTrip }: Sample) =>
      `${jitter.toFixed(0)} ms${roundTrip === undefined ? "" : `, RTT ${roundTrip.toFixed(0)} ms`}`,
  },
  {
    name: "loss",
    ceiling: 5,
    value: (sample: Sample) => sample.loss,
    words: (sample: Sample) => `${sample.loss.toFixed(1)} %`,
  },
] as const;

/** The sound of one call, second by second. */
export class QualityView {
  #call: string | undefined;
  #before: Counters | undefined;
  #samples: readonly Sample[] = [];

  constructor(private readonly phone: Phone) {}

  /** To be called once a second. @param call the one that is talked on; undefined: none, and the last one's stay */
  async tick(call: string | undefined): Promise<void> {
    if (call === undefined) return;
    if (call !== this.#call) {
      this.#call = call;
      this.#before = undefined;
      this.#samples = [];
    }
    const report = await this.phone.getStats(call);
    if (!report || call !== this.#call) return;
    const reports: RTCStats[] = [];
    report.forEach((entry: RTCStats) => {
      reports.push(entry);
    });
    const counters = countersOf(reports as never[], performance.now());
    const sample = this.#before && sampleOf(this.#before, counters);
    this.#before = counters;
    if (!sample) return;
    this.#samples = [...this.#samples, sample].slice(-SHOWN);
    for (const { name, ceiling, value, words } of CHARTS) {
      write(element(`quality-${name}`, HTMLElement), words(sample));
      const points = polyline(this.#samples.map(value), { width: 200, height: 32, capacity: SHOWN, ceiling });
      element(`chart-${name}`, SVGPolylineElement).setAttribute("points", points);
    }
  }
}
