import { readFileSync } from "node:fs";
import type { Edge } from "./phone";
import { Phone } from "./phone";

/** Milliseconds after which a registration counts as lost: less than a proxy may take over a lost datagram. */
const LOST = 5_000;

/** Seconds that phones ask for. */
const EXPIRES = 600;

/** Phones that share one source address: as many as an office behind one NAT, and as ports allow. */
const PER_ADDRESS = 250;

/** What a load of registrations came to. */
export interface LoadResult {
  /** Registrations that came to their end within the time. */
  readonly done: number;
  /** Registrations that were due in the time. */
  readonly due: number;
  readonly lost: number;
  readonly seconds: number;
  /** Milliseconds from when they were due; Infinity where less than that part came to its end. */
  readonly p50: number;
  readonly p99: number;
  /** Microseconds of CPU that the processes spent for each registration. */
  readonly cpu: number;
}

/**
 * Phones that register and un-register in turn. A registration is one such change, and is done when the phone has
 * Asterisk's 200 and Genesys has answered the proxy's REGISTER (or un-REGISTER) of that DN.
 */
export class Load {
  readonly phones: Phone[] = [];
  private readonly byDn = new Map<string, Phone>();
  private onDone: (phone: Phone) => void = () => undefined;
  private readonly events = {
    accepted: (phone: Phone) => this.check(phone),
    closed: () => undefined,
  };

  /** A REGISTER (or with `expires` 0 an un-REGISTER) was answered by Genesys. */
  forwarded(dn: string, expires: number): void {
    const phone = this.byDn.get(dn);
    if (phone?.dueAt === undefined || expires > 0 !== phone.wantsRegistration) return;
    phone.forwarded = true;
    this.check(phone);
  }

  /** Has so many phones connected and registered, a few at a time and so many a second. */
  async populate(count: number, edge: Edge, rate: number): Promise<void> {
    for (let index = this.phones.length; index < count; index++) {
      const phone = new Phone(dnAt(index), addressAt(index), this.events);
      this.phones.push(phone);
      this.byDn.set(phone.dn, phone);
    }
    const waiting = this.phones.filter((phone) => !phone.connected || !phone.wantsRegistration).reverse();
    let turn = performance.now();
    const finished = new Map<Phone, () => void>();
    this.onDone = (phone) => {
      phone.dueAt = undefined;
      finished.get(phone)?.();
    };
    const worker = async () => {
      for (let phone = waiting.pop(); phone !== undefined; phone = waiting.pop()) {
        turn += 1000 / rate;
        const ahead = turn - performance.now();
        if (ahead > 0) await new Promise((resolve) => setTimeout(resolve, ahead));
        if (!phone.connected) await phone.connect(edge, LOST);
        const registered = new Promise<void>((resolve) => finished.set(phone, resolve));
        phone.request(EXPIRES, performance.now());
        await within(registered, LOST, `DN ${phone.dn} was not registered`);
      }
    };
    await Promise.all(Array.from({ length: 20 }, worker));
  }

  /** Closed loop: each of so many phones begins the next registration when the last one is done. */
  closedLoop(count: number, milliseconds: number, pids: readonly number[]): Promise<LoadResult> {
    const phones = this.phones.slice(0, count);
    const run = new Run(pids);
    this.onDone = (phone) => {
      run.done(phone);
      if (run.ended) return;
      this.change(phone, performance.now());
      run.due++;
    };
    for (const phone of phones) this.change(phone, performance.now());
    run.due = phones.length;
    const unstick = setInterval(() => {
      for (const phone of phones) {
        if (phone.dueAt === undefined || performance.now() - phone.dueAt < LOST) continue;
        run.lost++;
        this.change(phone, performance.now());
      }
    }, 500);
    return new Promise((resolve) =>
      setTimeout(() => {
        const result = run.end();
        clearInterval(unstick);
        this.settle(() => resolve(result));
      }, milliseconds),
    );
  }

  /**
   * Open loop: registrations become due at a steady rate, whatever the proxy does with them; the time counts from when
   * they are due, also where no phone was free for one.
   */
  openLoop(rate: number, milliseconds: number, pids: readonly number[]): Promise<LoadResult> {
    const run = new Run(pids);
    const free = [...this.phones];
    const overdue: number[] = [];
    this.onDone = (phone) => {
      run.done(phone);
      const next = overdue.shift();
      if (next === undefined) free.push(phone);
      else this.change(phone, next);
    };
    // The phone that has been idle for longest comes next: the others' changes have had time to come to rest.
    let head = 0;
    return new Promise((resolve) => {
      const tick = setInterval(() => {
        const now = performance.now();
        const due = Math.min(now - run.startedAt, milliseconds);
        for (const until = Math.floor((due * rate) / 1000); run.due < until; run.due++) {
          const at = run.startedAt + (run.due * 1000) / rate;
          const phone = free[head];
          if (phone === undefined) overdue.push(at);
          else {
            head++;
            this.change(phone, at);
          }
        }
        if (head > 4096) {
          free.splice(0, head);
          head = 0;
        }
        // What was due last has 50 ms as well.
        if (now - run.startedAt < milliseconds + 50) return;
        clearInterval(tick);
        const result = run.end();
        overdue.length = 0;
        this.settle(() => resolve(result));
      }, 1);
    });
  }

  close(): void {
    for (const phone of this.phones) phone.close();
    this.phones.length = 0;
    this.byDn.clear();
  }

  private change(phone: Phone, dueAt: number): void {
    phone.request(phone.wantsRegistration ? 0 : EXPIRES, dueAt);
  }

  private check(phone: Phone): void {
    if (phone.dueAt === undefined || !phone.accepted || !phone.forwarded) return;
    this.onDone(phone);
  }

  /** Waits until nothing is under way any more, so that the next run begins with a proxy at rest. */
  private settle(then: () => void): void {
    const until = performance.now() + LOST;
    this.onDone = (phone) => {
      phone.dueAt = undefined;
    };
    const timer = setInterval(() => {
      if (this.phones.some(({ dueAt }) => dueAt !== undefined) && performance.now() < until) return;
      clearInterval(timer);
      for (const phone of this.phones) phone.dueAt = undefined;
      then();
    }, 50);
  }
}

/** What is counted while a load runs. */
class Run {
  readonly startedAt = performance.now();
  due = 0;
  lost = 0;
  ended = false;
  private readonly times: number[] = [];
  private readonly cpuBefore: number;

  constructor(private readonly pids: readonly number[]) {
    this.cpuBefore = cpuOf(pids);
  }

  done(phone: Phone): void {
    if (phone.dueAt !== undefined) this.times.push(performance.now() - phone.dueAt);
    phone.dueAt = undefined;
  }

  end(): LoadResult {
    const seconds = (performance.now() - this.startedAt) / 1000;
    const cpu = cpuOf(this.pids) - this.cpuBefore;
    this.ended = true;
    const times = Float64Array.from(this.times).sort();
    const { length: done } = times;
    const { due, lost } = this;
    const part = (share: number) => times[Math.ceil(due * share) - 1] ?? Number.POSITIVE_INFINITY;
    return { done, due, lost, seconds, p50: part(0.5), p99: part(0.99), cpu: (cpu * 1e6) / done };
  }
}

/** Seconds of CPU that the processes have spent, in user mode and in the kernel; the system counts in 10 ms. */
function cpuOf(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / 100;
}

export function dnAt(index: number): string {
  return String(20_000 + index);
}

/** Source address of a phone, all over 127.1.0.0/16: ports, and limits by address, are enough for all. */
export function addressAt(index: number): string {
  const office = Math.floor(index / PER_ADDRESS);
  return `127.1.${1 + Math.floor(office / 250)}.${1 + (office % 250)}`;
}

export async function within<T>(promise: Promise<T>, milliseconds: number, message: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${message} within ${milliseconds / 1000} s`)), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
