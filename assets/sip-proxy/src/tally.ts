import { Counter, type Registry } from "prom-client";

/**
 * A counter that costs the look-up in a Map: prom-client's own hashes its labels each time. It is copied when somebody
 * asks for the metrics.
 */
export class Tally<Key extends string | number> {
  private readonly counts = new Map<Key, number>();

  /**
   * @param labels names of the labels, and so the values in each key, with | between them; "": none
   * @param start keys that are there from the start, with 0
   */
  constructor(registry: Registry, name: string, help: string, labels: string, start: readonly Key[] = []) {
    const { counts } = this;
    for (const key of start) counts.set(key, 0);
    const labelNames = labels === "" ? [] : labels.split("|");
    new Counter({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        for (const [key, count] of counts) {
          if (labelNames.length === 0) this.inc(count);
          else this.labels(...String(key).split("|")).inc(count);
        }
      },
    });
  }

  add(key: Key, by = 1): void {
    this.counts.set(key, (this.counts.get(key) ?? 0) + by);
  }
}
