import { createHash } from "node:crypto";
import type { Clock, Timer } from "../sip/clock";
import { AmiActionError, AmiError, AmiLoginError } from "./errors";
import { type AmiHeaders, type AmiMessage, serializeAction } from "./message";
import { AmiParser } from "./parser";

export interface Credentials {
  readonly username: string;
  readonly secret: string;
  /** Send the secret in clear when Asterisk offers no MD5 challenge. */
  readonly plainText: boolean;
}

export interface SessionLimits {
  /** Actions that may wait for their answer at one time. */
  readonly pendingActions: number;
  /** Items that one list may bring. */
  readonly listItems: number;
}

export interface SessionHandler {
  write(text: string): void;
  event(message: AmiMessage): void;
  /** The peer broke the protocol: the connection is of no more use. */
  fault(error: AmiError): void;
}

/** Takes an item of a list; `undefined` skips it. Called as items come, so that raw items need not be kept. */
export type ItemReader<T> = (item: AmiMessage) => T | undefined;

interface Pending {
  readonly action: string;
  readonly item?: (message: AmiMessage) => void;
  items: number;
  readonly resolve: (response: AmiMessage) => void;
  readonly reject: (error: Error) => void;
  response?: AmiMessage;
  readonly timer: Timer;
}

/** One connection's life after TCP: matches answers to actions and lists, and logs in. Knows no socket. */
export class AmiSession {
  readonly #parser: AmiParser;
  readonly #pending = new Map<string, Pending>();
  /** Lists past their deadline, whose items may still come. */
  readonly #expired = new Set<string>();
  readonly #greeting = deferred();
  readonly #booted = deferred();
  #nextId = 1;
  #closed?: AmiError;

  constructor(
    private readonly handler: SessionHandler,
    private readonly clock: Clock,
    private readonly limits: SessionLimits,
    parserLimits?: ConstructorParameters<typeof AmiParser>[1],
  ) {
    this.#parser = new AmiParser(
      { greeting: () => this.#greeting.resolve(), message: (message) => this.#message(message) },
      parserLimits,
    );
  }

  /** Bytes from the peer. */
  receive(chunk: Buffer): void {
    if (this.#closed !== undefined) return;
    try {
      this.#parser.push(chunk);
    } catch (error) {
      if (!(error instanceof AmiError)) throw error;
      this.handler.fault(error);
    }
  }

  /** Ends the session: everything that waits is rejected with the reason. */
  close(reason: AmiError): void {
    if (this.#closed !== undefined) return;
    this.#closed = reason;
    this.#parser.close();
    this.#greeting.reject(reason);
    this.#booted.reject(reason);
    for (const pending of this.#pending.values()) {
      pending.timer.cancel();
      pending.reject(reason);
    }
    this.#pending.clear();
  }

  /**
   * Logs in, preferring an MD5 challenge over the secret in clear, and waits until Asterisk is fully booted: before
   * that its modules are still loading and lists are incomplete.
   * @throws AmiLoginError when Asterisk refuses the user
   */
  async login(
    credentials: Credentials,
    events: readonly string[],
    timeout: number,
    boot: number,
  ): Promise<void> {
    await this.#within(this.#greeting.promise, timeout, () => AmiError.timeout("AMI greeting", timeout));
    const proof = await this.#proof(credentials, timeout);
    try {
      await this.action(
        "Login",
        { Username: credentials.username, ...proof, Events: events.join(",") },
        timeout,
      );
    } catch (error) {
      throw error instanceof AmiActionError ? new AmiLoginError(credentials.username, error.reason) : error;
    }
    await this.#within(this.#booted.promise, boot, () => AmiError.notBooted(credentials.username, boot));
  }

  /** Sends an action and gives its response. */
  action(action: string, headers: AmiHeaders | undefined, timeout: number): Promise<AmiMessage> {
    return this.#send(action, headers, timeout);
  }

  /** Sends a list action and gives its items; an empty list where Asterisk refuses because there are none. */
  async list<T>(
    action: string,
    headers: AmiHeaders | undefined,
    read: ItemReader<T>,
    timeout: number,
  ): Promise<T[]> {
    const items: T[] = [];
    try {
      await this.#send(action, headers, timeout, (message) => {
        const item = read(message);
        if (item !== undefined) items.push(item);
      });
    } catch (error) {
      // PJSIPShowContacts without contacts: "Response: Error, Message: No Contacts found".
      if (error instanceof AmiActionError && /^No .+ found\.?$/i.test(error.reason)) return [];
      throw error;
    }
    return items;
  }

  async #proof(credentials: Credentials, timeout: number): Promise<AmiHeaders> {
    try {
      const challenge = (await this.action("Challenge", { AuthType: "MD5" }, timeout)).get("Challenge") ?? "";
      const key = createHash("md5").update(`${challenge}${credentials.secret}`).digest("hex");
      return { AuthType: "MD5", Key: key };
    } catch (error) {
      if (!(error instanceof AmiActionError)) throw error;
      if (credentials.plainText) return { Secret: credentials.secret };
      const reason = `no MD5 challenge (${error.reason}), and plainText is off`;
      throw new AmiLoginError(credentials.username, reason);
    }
  }

  #send(
    action: string,
    headers: AmiHeaders | undefined,
    timeout: number,
    item?: (message: AmiMessage) => void,
  ): Promise<AmiMessage> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    if (this.#pending.size >= this.limits.pendingActions) {
      return Promise.reject(AmiError.busy(action, this.limits.pendingActions));
    }
    return new Promise((resolve, reject) => {
      const id = String(this.#nextId++);
      const text = serializeAction(action, id, headers);
      const timer = this.clock.after(timeout, () => {
        this.#pending.delete(id);
        if (item !== undefined) this.#expired.add(id);
        reject(AmiError.timeout(`action ${action}`, timeout));
      });
      this.#pending.set(id, { action, item, items: 0, resolve, reject, timer });
      this.handler.write(text);
    });
  }

  #message(message: AmiMessage): void {
    const id = message.actionId ?? "";
    const pending = this.#pending.get(id);
    if (message.response !== undefined) {
      if (pending !== undefined) this.#response(id, pending, message);
    } else if (message.event !== undefined) {
      if (pending?.item !== undefined) this.#item(id, pending, message);
      else if (this.#expired.has(id)) this.#forget(id, message);
      else this.#event(message);
    }
  }

  #response(id: string, pending: Pending, message: AmiMessage): void {
    if (message.response?.toLowerCase() === "error") {
      const reason = message.get("Message") ?? "no reason given";
      this.#settle(id, pending).reject(new AmiActionError(pending.action, reason));
    } else if (pending.item !== undefined) {
      pending.response = message;
    } else {
      this.#settle(id, pending).resolve(message);
    }
  }

  #item(id: string, pending: Pending, message: AmiMessage): void {
    const list = message.get("EventList")?.toLowerCase();
    if (list === "complete") {
      this.#settle(id, pending).resolve(pending.response ?? message);
    } else if (list === "cancelled") {
      this.#settle(id, pending).reject(new AmiActionError(pending.action, "Asterisk cancelled the list"));
    } else if (++pending.items > this.limits.listItems) {
      this.handler.fault(AmiError.limit(`answer to ${pending.action} in items`, this.limits.listItems));
    } else {
      pending.item?.(message);
    }
  }

  #forget(id: string, item: AmiMessage): void {
    if (item.get("EventList") !== undefined) this.#expired.delete(id);
  }

  #event(message: AmiMessage): void {
    if (message.event === "FullyBooted") this.#booted.resolve();
    this.handler.event(message);
  }

  #settle(id: string, pending: Pending): Pending {
    pending.timer.cancel();
    this.#pending.delete(id);
    return pending;
  }

  async #within(promise: Promise<void>, milliseconds: number, error: () => AmiError): Promise<void> {
    let timer: Timer | undefined;
    const deadline = new Promise<never>((_, reject) => {
      timer = this.clock.after(milliseconds, () => reject(error()));
    });
    try {
      await Promise.race([promise, deadline]);
    } finally {
      timer?.cancel();
    }
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void; reject: (error: Error) => void } {
  let resolve!: () => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  // A session may be closed before anyone waits for this.
  promise.catch(() => {});
  return { promise, resolve, reject };
}
