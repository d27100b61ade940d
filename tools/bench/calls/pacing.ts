import type {
  Campaign,
  PlannedCall,
  Queue,
  QueueEntry,
} from "../../../assets/call-control/src/campaigns/campaign";
import type { AgentState } from "../../../assets/call-control/src/campaigns/desk";
import { Dialer } from "../../../assets/call-control/src/campaigns/dialer";
import type { CampaignMode } from "../../../assets/call-control/src/campaigns/pacing";
import { createLogger } from "../../../lib/service";
import { SimulatedCustomers } from "./simulated-customers";
import { VirtualTime } from "./virtual-time";

export interface PacingScenario {
  readonly mode: CampaignMode;
  readonly seed: number;
  readonly agents?: number;
  /** @default 3 */
  readonly dialRatio?: number;
  /** Share of the calls that are answered, at so many seconds after the start. @default 0.35 */
  readonly answerRate?: (elapsed: number) => number;
}

export interface PacingFigures {
  /** Percent of the agents' time in which they talk. */
  readonly talking: number;
  /** Percent of the answered calls that found no agent. */
  readonly abandoned: number;
  readonly begun: number;
  readonly answered: number;
}

const HOUR = 3_600_000;
const START = Date.parse("2026-08-05T09:00:00Z");

const campaign: Campaign = {
  ...{ id: "c", name: "simulated", mode: "predictive", state: "running", callerId: null, dialRatio: 3 },
  ...{ abandonLimit: 0.03, ringSeconds: 25, wrapUpSeconds: 10, callingHours: {}, timeZone: "UTC" },
  ...{ retry: { attempts: 5, minutes: {} }, createdAt: new Date(START), updatedAt: new Date(START) },
};

/** An hour of a campaign by the dialer itself, in a second: only time, customers and the database are simulated. */
export async function simulatePacing({
  mode,
  seed,
  agents = 50,
  dialRatio = 3,
  answerRate = () => 0.35,
}: PacingScenario): Promise<PacingFigures> {
  const time = new VirtualTime(START);
  const log = createLogger("bench", "silent");
  const talking = new TalkingTime(() => time.now());
  const habits = { answerRate, ring: [5, 25], meanTalk: 150 } as const;
  const customers = new SimulatedCustomers(time, randomOf(seed), habits, (change) => dialer.change(change));
  const settings = { ...campaign, mode, dialRatio };
  const dialer = new Dialer(settings, {
    ...{ calls: customers, queue: endlessQueue(), clock: time, log, onFinished: () => {} },
    saveAgent: (dn, agent) => talking.note(dn, agent?.state),
  });
  dialer.update(settings, undefined);
  for (let dn = 1; dn <= agents; dn++) {
    dialer.desk.admit({ dn: String(dn), state: "joining", since: time.now() });
    void dialer.ring(String(dn));
  }
  await time.run(HOUR);
  await dialer.stop();
  return {
    talking: (100 * talking.total()) / (agents * HOUR),
    abandoned: customers.answered === 0 ? 0 : (100 * customers.abandoned) / customers.answered,
    begun: customers.begun,
    answered: customers.answered,
  };
}

/** How long agents have talked, by their changes of state. */
class TalkingTime {
  readonly #since = new Map<string, number>();
  #total = 0;

  constructor(private readonly now: () => number) {}

  note(dn: string, state: AgentState | undefined): void {
    const since = this.#since.get(dn);
    if (since !== undefined) this.#total += this.now() - since;
    if (state === "talking") this.#since.set(dn, this.now());
    else this.#since.delete(dn);
  }

  total(): number {
    for (const since of this.#since.values()) this.#total += this.now() - since;
    this.#since.clear();
    return this.#total;
  }
}

/** A queue that never gets empty. */
function endlessQueue(): Queue {
  let last = 0;
  const entry = (): QueueEntry => {
    last++;
    return {
      id: String(last),
      campaignId: "c",
      phoneNumber: `+3120${1_000_000 + last}`,
      lead: {},
      timeZone: null,
      attempts: 0,
    };
  };
  const nothing = async () => {};
  return {
    ...{ release: nothing, withdraw: nothing, connected: nothing, settle: nothing },
    claim: async (_campaign, count) => Array.from({ length: count }, entry),
    begin: async (calls): Promise<PlannedCall[]> => [...calls],
    nextDue: async () => START,
    finish: async () => false,
  };
}

/** Numbers from 0 to 1, the same for the same seed: a xorshift of 32 bits. */
function randomOf(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}
