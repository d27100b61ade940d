import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { type EdgeMeter, type RefusalReason, refusalReasons } from "./edge/meter";
import type { Reconciled } from "./forwarder/forwarder";
import type { ForwarderMeter, RegisterKind } from "./forwarder/meter";
import { type State, states } from "./forwarder/states";
import { type HepDropReason, type HepMeter, hepDropReasons } from "./hep/mirror";
import { Tally } from "./tally";

/** What is looked at when somebody asks for the metrics. */
export interface Levels {
  /** False: static mode. */
  readonly forwarding: boolean;
  readonly sockets: number;
  /** Sockets that wait for their turn at Asterisk. */
  readonly socketsWaiting: number;
  readonly addressesWaiting: number;
  readonly dns: ReadonlyMap<State, number>;
  readonly dnsDisabled: number;
  /** DNs that wait for Asterisk to take them over. */
  readonly dnsHandingOver: number;
  /** DNs that Asterisk has registered itself. */
  readonly dnsOfAsterisk: number;
  /** REGISTERs that wait for a token. */
  readonly registersWaiting: number;
  readonly servers: readonly { readonly name: string; readonly healthy: boolean }[];
  readonly amiReady: boolean;
}

/** Close codes of RFC 6455 and its registry; others are anybody's invention. */
const isKnownCode = (code: number) => code >= 1000 && code <= 1015;

/** Labels of every change of state, made once. */
const moveKeys = keyed((from) => keyed((to) => `${from}|${to}`));

function keyed<T>(make: (state: State) => T): Record<State, T> {
  return Object.fromEntries(states.map((state) => [state, make(state)])) as Record<State, T>;
}

/** All metrics of the proxy, in one registry. They go on when the proxy starts anew within the process. */
export class Metrics {
  readonly registry = new Registry();
  readonly edge: EdgeMeter;
  readonly forwarder: ForwarderMeter;
  readonly hep: HepMeter;
  private levels: (() => Levels) | undefined;
  private readonly reconciliations: Tally<"ok" | "failed">;
  private readonly adopted: Tally<"">;
  private readonly released: Tally<"">;
  private readonly reconciledAt: Gauge;

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    this.edge = this.edgeMeter();
    this.forwarder = this.forwarderMeter();
    this.hep = this.hepMeter();
    this.reconciliations = this.tally(
      "reconcile_runs_total",
      "Comparisons with Asterisk's contacts.",
      "outcome",
      ["ok", "failed"],
    );
    this.adopted = this.tally("reconcile_adopted_total", "DNs that a comparison found at Asterisk.");
    this.released = this.tally("reconcile_released_total", "DNs that a comparison found gone from Asterisk.");
    this.reconciledAt = new Gauge({
      name: "sip_proxy_reconcile_last_success_timestamp_seconds",
      help: "When Asterisk's contacts were last compared, in seconds since 1970; 0: never.",
      registers: [this.registry],
    });
    this.gauges();
  }

  /** Where the gauges are read from now on; undefined: nowhere. */
  watch(levels: (() => Levels) | undefined): void {
    this.levels = levels;
  }

  reconciled({ adopted, released }: Reconciled): void {
    this.reconciliations.add("ok");
    this.adopted.add("", adopted);
    this.released.add("", released);
    this.reconciledAt.setToCurrentTime();
  }

  reconcileFailed(): void {
    this.reconciliations.add("failed");
  }

  /** The page for Prometheus. */
  async page(): Promise<{ readonly type: string; readonly text: string }> {
    return { type: this.registry.contentType, text: await this.registry.metrics() };
  }

  private edgeMeter(): EdgeMeter {
    const accepted = this.tally("edge_accepted_total", "WebSockets that were accepted.");
    const refused = this.tally<RefusalReason>(
      "edge_refused_total",
      "WebSocket handshakes that were refused.",
      "reason",
      refusalReasons,
    );
    const closed = this.tally<number | string>(
      "edge_closed_total",
      "WebSockets that were closed, by close code.",
      "code",
    );
    const registers = this.tally<"register" | "unregister">(
      "edge_registers_total",
      "REGISTERs from phones.",
      "kind",
      ["register", "unregister"],
    );
    const answers = this.tally<number>(
      "edge_register_answers_total",
      "Asterisk's final answers to REGISTERs, by status.",
      "status",
    );
    const guesses = this.tally("edge_guesses_total", "Requests whose credentials Asterisk refused.");
    const penalties = this.tally<"address" | "dn">(
      "edge_guess_limit_total",
      "Times that an address, or a DN, reached the limit of guesses.",
      "what",
      ["address", "dn"],
    );
    const traffic = { messagesFromPhones: 0, bytesFromPhones: 0, messagesToPhones: 0, bytesToPhones: 0 };
    this.directions("edge_messages_total", "WebSocket messages, keep-alives included.", () => [
      traffic.messagesFromPhones,
      traffic.messagesToPhones,
    ]);
    this.directions("edge_bytes_total", "Bytes of WebSocket messages, without framing.", () => [
      traffic.bytesFromPhones,
      traffic.bytesToPhones,
    ]);
    return {
      traffic,
      accepted: () => accepted.add(""),
      refused: (reason) => refused.add(reason),
      closed: (code) => closed.add(isKnownCode(code) ? code : "other"),
      register: (kind) => registers.add(kind),
      answered: (status) => answers.add(status),
      guessed: () => guesses.add(""),
      tooManyGuesses: (what) => penalties.add(what),
    };
  }

  private forwarderMeter(): ForwarderMeter {
    const moves = this.tally<string>("dn_state_changes_total", "Changes of state of DNs.", "from|to");
    const sent = this.tally<RegisterKind>(
      "genesys_registers_sent_total",
      "REGISTERs to Genesys, without retransmissions.",
      "kind",
      ["register", "refresh", "unregister"],
    );
    const again = this.tally("genesys_retransmissions_total", "REGISTERs that were sent once more.");
    const answers = this.tally<number>(
      "genesys_answers_total",
      "Final answers of Genesys to REGISTERs, by status.",
      "status",
    );
    const silence = this.tally("genesys_unanswered_total", "REGISTERs that were given up without an answer.");
    const exchange = new Histogram({
      name: "sip_proxy_genesys_request_duration_seconds",
      help: "Time from a REGISTER to Genesys to its final answer.",
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 32],
      registers: [this.registry],
    });
    const registration = new Histogram({
      name: "sip_proxy_registration_duration_seconds",
      help: "Time from a phone's REGISTER that Asterisk accepted to the 200 of Genesys, for new registrations.",
      buckets: [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
      registers: [this.registry],
    });
    const farewells = this.tally<"held" | "released">(
      "asterisk_unregisters_total",
      "Un-REGISTERs of Asterisk's own, by whether sip-proxy holds the DN.",
      "outcome",
      ["held", "released"],
    );
    return {
      moved: (from, to) => moves.add(moveKeys[from][to]),
      sent: (kind) => sent.add(kind),
      retransmitted: () => again.add(""),
      answered: (status, seconds) => {
        answers.add(status);
        exchange.observe(seconds);
      },
      unanswered: () => silence.add(""),
      registered: (seconds) => registration.observe(seconds),
      asteriskGaveUp: (outcome) => farewells.add(outcome),
    };
  }

  private hepMeter(): HepMeter {
    const sent = this.tally("hep_sent_total", "SIP messages that were mirrored.");
    const dropped = this.tally<HepDropReason>(
      "hep_dropped_total",
      "SIP messages that could not be mirrored.",
      "reason",
      hepDropReasons,
    );
    return { sent: () => sent.add(""), dropped: (reason) => dropped.add(reason) };
  }

  private gauges(): void {
    this.level("edge_sockets", "WebSockets of phones that are open.", ({ sockets }) => sockets);
    this.level(
      "edge_sockets_waiting",
      "WebSockets that wait for their turn to be connected to Asterisk.",
      ({ socketsWaiting }) => socketsWaiting,
    );
    this.level(
      "edge_addresses_waiting",
      "Addresses that are refused because they guessed passwords.",
      ({ addressesWaiting }) => addressesWaiting,
    );
    this.level("dns_disabled", "DNs that an operator has disabled.", ({ dnsDisabled }) => dnsDisabled);
    this.level("forwarding", "1: proxy mode; 0: static mode.", ({ forwarding }) => Number(forwarding));
    this.level(
      "dns_handing_over",
      "DNs that wait for Asterisk to register them, after a switch to static mode.",
      ({ dnsHandingOver }) => dnsHandingOver,
    );
    this.level(
      "asterisk_registrations",
      "DNs that Asterisk has registered itself.",
      ({ dnsOfAsterisk }) => dnsOfAsterisk,
    );
    this.level(
      "genesys_registers_waiting",
      "REGISTERs that wait for a token, so that Genesys gets no more than genesys.rate a second.",
      ({ registersWaiting }) => registersWaiting,
    );
    this.level("ami_ready", "1: the AMI connection is there.", ({ amiReady }) => Number(amiReady));
    this.levelsBy("dns", "DNs by their state at Genesys.", "state", ({ dns }) => [...dns]);
    this.levelsBy("genesys_server_up", "1: the Genesys server answers.", "server", ({ servers }) =>
      servers.map(({ name, healthy }) => [name, Number(healthy)]),
    );
  }

  private level(name: string, help: string, read: (levels: Levels) => number): void {
    const { registry } = this;
    const levels = () => this.levels?.();
    new Gauge({
      name: `sip_proxy_${name}`,
      help,
      registers: [registry],
      collect() {
        const now = levels();
        this.set(now === undefined ? 0 : read(now));
      },
    });
  }

  private levelsBy(
    name: string,
    help: string,
    label: string,
    read: (levels: Levels) => readonly (readonly [string, number])[],
  ): void {
    const levels = () => this.levels?.();
    new Gauge({
      name: `sip_proxy_${name}`,
      help,
      labelNames: [label],
      registers: [this.registry],
      collect() {
        this.reset();
        const now = levels();
        for (const [value, count] of now === undefined ? [] : read(now)) this.labels(value).set(count);
      },
    });
  }

  private directions(name: string, help: string, read: () => readonly [from: number, to: number]): void {
    new Counter({
      name: `sip_proxy_${name}`,
      help,
      labelNames: ["direction"],
      registers: [this.registry],
      collect() {
        const [from, to] = read();
        this.reset();
        this.labels("from_phones").inc(from);
        this.labels("to_phones").inc(to);
      },
    });
  }

  /** @param labels names, with | between them, as it stands in the keys */
  private tally<Key extends string | number = "">(
    name: string,
    help: string,
    labels = "",
    start: readonly Key[] = labels === "" ? ["" as Key] : [],
  ): Tally<Key> {
    return new Tally(this.registry, `sip_proxy_${name}`, help, labels, start);
  }
}
