/** The state of everything at one moment, as Asterisk's Prometheus exporter tells it. */
export interface Picture {
  /** Endpoint's name to whether one of its contacts can be reached. */
  readonly endpoints: ReadonlyMap<string, boolean>;
  /** Outbound registrations that had an answer since Asterisk started. */
  readonly registrations: readonly PictureRegistration[];
}

export interface PictureRegistration {
  readonly clientUri: string;
  readonly serverUri: string;
  readonly status: "Registered" | "Unregistered" | "Rejected";
}

/** Values of `asterisk_pjsip_outbound_registration_status`. */
const registrationStatus = ["Unregistered", "Registered", "Rejected"] as const;

/** Value of `asterisk_endpoints_state`: 0 unknown, 1 offline, 2 online. */
const online = 2;

const endpointMetric = "asterisk_endpoints_state";
const registrationMetric = "asterisk_pjsip_outbound_registration_status";

/** Reads the exporter's text, line by line; lines of other metrics are skipped. */
export class PictureReader {
  readonly #endpoints = new Map<string, boolean>();
  readonly #registrations: PictureRegistration[] = [];
  #exporter = false;

  /** @param limit how many endpoints and how many registrations are taken at most */
  constructor(private readonly limit: number) {}

  line(line: string): void {
    if (line.startsWith("#")) return;
    if (line.startsWith("asterisk_core_uptime_seconds")) this.#exporter = true;
    else if (line.startsWith(`${endpointMetric}{`)) this.#endpoint(line);
    else if (line.startsWith(`${registrationMetric}{`)) this.#registration(line);
  }

  /** @throws Error when what was read is not Asterisk's, or not whole */
  end(): Picture {
    if (!this.#exporter)
      throw new Error("the answer is not that of Asterisk's res_prometheus with core metrics");
    return { endpoints: this.#endpoints, registrations: this.#registrations };
  }

  #endpoint(line: string): void {
    const { labels, value } = readSample(line);
    if (labels.get("tech") !== "PJSIP") return;
    const name = labels.get("resource");
    if (name === undefined) return;
    if (this.#endpoints.size >= this.limit) throw new Error(`more than ${this.limit} endpoints`);
    this.#endpoints.set(name, value === online);
  }

  #registration(line: string): void {
    const { labels, value } = readSample(line);
    const clientUri = labels.get("username");
    const serverUri = labels.get("domain");
    const status = registrationStatus[value];
    if (clientUri === undefined || serverUri === undefined || status === undefined) return;
    if (this.#registrations.length >= this.limit) throw new Error(`more than ${this.limit} registrations`);
    this.#registrations.push({ clientUri, serverUri, status });
  }
}

/** A sample of the Prometheus text format: `name{label="value",...} number`. */
function readSample(line: string): { labels: Map<string, string>; value: number } {
  const labels = new Map<string, string>();
  for (const [, name, value] of line.matchAll(/([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g)) {
    labels.set(
      name as string,
      (value as string).replace(/\\(.)/g, (_, c) => (c === "n" ? "\n" : c)),
    );
  }
  return { labels, value: Number(line.slice(line.lastIndexOf(" ") + 1)) };
}
