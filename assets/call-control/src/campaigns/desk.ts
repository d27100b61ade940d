import type { Clock, Timer } from "../../../../lib/sip";
import type { Seat } from "../calls/calls";

export const agentStates = ["joining", "ready", "talking", "wrap_up", "paused"] as const;
export type AgentState = (typeof agentStates)[number];

/** An agent who works for a campaign. Never changed: a change makes another one. */
export interface Agent {
  /** DN. */
  readonly dn: string;
  readonly state: AgentState;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Of the phone that stays in a call. None while it is rung, and after that call has ended. */
  readonly seatId?: string;
  readonly callId?: string;
  /** What the agent wants when the call is over. */
  readonly afterwards?: "pause" | "leave";
  /** Why the agent was paused without having asked for it. */
  readonly reason?: string;
}

/** What may follow what. A seat can be lost in every state. */
const followers: Record<AgentState, readonly AgentState[]> = {
  joining: ["ready", "paused"],
  ready: ["talking", "paused"],
  talking: ["ready", "wrap_up", "paused"],
  wrap_up: ["ready", "paused"],
  paused: ["joining", "ready"],
};

export interface DeskEvents {
  /** Undefined: the agent has left. */
  changed(dn: string, agent: Agent | undefined): void;
  /** Somebody is ready for a customer. */
  ready(): void;
  /** The seat of somebody who leaves, or who came too late, is not needed any more. */
  vacated(seatId: string): void;
}

/** The agents of one campaign. */
export class Desk {
  readonly #agents = new Map<string, Agent>();
  readonly #wrapUps = new Map<string, Timer>();

  constructor(
    private readonly clock: Clock,
    private readonly events: DeskEvents,
  ) {}

  get agents(): readonly Agent[] {
    return [...this.#agents.values()];
  }

  find(dn: string): Agent | undefined {
    return this.#agents.get(dn);
  }

  /** Who has been ready for longest. */
  longestReady(): Agent | undefined {
    let longest: Agent | undefined;
    for (const agent of this.#agents.values()) {
      if (agent.state === "ready" && (longest === undefined || agent.since < longest.since)) longest = agent;
    }
    return longest;
  }

  /** Takes an agent in, whose phone is being rung; or one whom a desk before this one had. */
  admit(agent: Agent, wrapUpMs = 0): void {
    this.#put(agent);
    if (agent.state === "wrap_up") this.#wrapUpUntil(agent.dn, agent.since + wrapUpMs);
    if (agent.state === "ready") this.events.ready();
  }

  /** The phone is there. */
  seated(dn: string, seat: Seat): void {
    const agent = this.#agents.get(dn);
    // Has left, or been paused, while it rang.
    if (agent?.state === "joining") {
      this.#move(agent, "ready", { seatId: seat.id });
      this.events.ready();
    } else {
      this.events.vacated(seat.id);
    }
  }

  /** There is no phone, or none any more. Tells which call its agent was in. */
  unseated(dn: string, reason: string): string | undefined {
    const agent = this.#agents.get(dn);
    if (agent === undefined) return undefined;
    const { callId } = agent;
    this.#agents.set(dn, { ...agent, seatId: undefined });
    if (agent.afterwards === "leave") this.#remove(dn);
    else if (agent.state === "paused") this.#put({ dn, state: "paused", since: agent.since, reason });
    else this.#move(agent, "paused", { seatId: undefined, reason });
    return callId;
  }

  /** The agent gets a customer. */
  take(dn: string, callId: string): void {
    this.#move(this.#known(dn), "talking", { callId });
  }

  /** The customer did not come after all: the agent is as before, in the same place of the line. */
  giveBack(dn: string, since: number): void {
    const agent = this.#agents.get(dn);
    if (agent?.state !== "talking") return;
    if (this.#doAfterwards(agent)) return;
    this.#move(agent, "ready", { since });
    this.events.ready();
  }

  /** The customer has gone. */
  callEnded(dn: string, callId: string, wrapUpMs: number): void {
    const agent = this.#agents.get(dn);
    if (agent?.state !== "talking" || agent.callId !== callId) return;
    if (this.#doAfterwards(agent)) return;
    this.#move(agent, "wrap_up");
    this.#wrapUpUntil(dn, this.clock.now() + wrapUpMs);
  }

  /**
   * The agent is ready, or will be when the phone has been answered.
   * @returns whether the phone must be rung
   */
  makeReady(dn: string): boolean {
    const agent = this.#known(dn);
    if (agent.state === "talking") {
      this.#put({ ...agent, afterwards: undefined });
    } else if (agent.state === "paused" && agent.seatId === undefined) {
      this.#move(agent, "joining");
      return true;
    } else if (agent.state === "paused" || agent.state === "wrap_up") {
      this.#move(agent, "ready");
      this.events.ready();
    }
    return false;
  }

  /** The agent gets no customer any more, after this one. */
  pause(dn: string): void {
    const agent = this.#known(dn);
    if (agent.state === "talking") this.#put({ ...agent, afterwards: "pause" });
    else if (agent.state !== "paused") this.#move(agent, "paused");
  }

  /** The agent goes, after this customer. */
  leave(dn: string): void {
    const agent = this.#known(dn);
    if (agent.state === "talking") this.#put({ ...agent, afterwards: "leave" });
    else this.#remove(dn);
  }

  /** Forgets all agents, and wakes nobody up any more. */
  close(): void {
    for (const timer of this.#wrapUps.values()) timer.cancel();
    this.#wrapUps.clear();
    this.#agents.clear();
  }

  /** Whether there was something that the agent wanted. */
  #doAfterwards(agent: Agent): boolean {
    if (agent.afterwards === "leave") this.#remove(agent.dn);
    else if (agent.afterwards === "pause") this.#move(agent, "paused");
    return agent.afterwards !== undefined;
  }

  #remove(dn: string): void {
    const seatId = this.#agents.get(dn)?.seatId;
    this.#stopWrapUp(dn);
    this.#agents.delete(dn);
    this.events.changed(dn, undefined);
    if (seatId !== undefined) this.events.vacated(seatId);
  }

  #wrapUpUntil(dn: string, end: number): void {
    const timer = this.clock.after(Math.max(0, end - this.clock.now()), () => {
      const agent = this.#agents.get(dn);
      if (agent?.state !== "wrap_up") return;
      this.#move(agent, "ready");
      this.events.ready();
    });
    this.#wrapUps.set(dn, timer);
  }

  #stopWrapUp(dn: string): void {
    this.#wrapUps.get(dn)?.cancel();
    this.#wrapUps.delete(dn);
  }

  /** A state with nothing of the one before but the seat. */
  #move(agent: Agent, state: AgentState, more: Partial<Agent> = {}): void {
    if (!followers[agent.state].includes(state))
      throw new Error(`agent ${agent.dn} can't become ${state}: is ${agent.state}`);
    this.#stopWrapUp(agent.dn);
    this.#put({ dn: agent.dn, seatId: agent.seatId, state, since: this.clock.now(), ...more });
  }

  #put(agent: Agent): void {
    this.#agents.set(agent.dn, agent);
    this.events.changed(agent.dn, agent);
  }

  #known(dn: string): Agent {
    const agent = this.#agents.get(dn);
    if (agent === undefined) throw new Error(`agent ${dn} does not work for this campaign`);
    return agent;
  }
}
