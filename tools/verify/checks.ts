import { type Environment, hostPort, inRanges } from "../../config";
import { type Service, users } from "../../constructs/service/users";
import { asteriskRegistrations, contactsOf } from "../asterisk-cli";
import { callControl } from "./call-control";
import { certificate } from "./certificate";
import { drift } from "./drift/check";
import type { DockerHost } from "./host";
import { statusOf } from "./page";
import type { Phones } from "./phones";
import { openWebSocket } from "./web-socket";

/** What the checks look at. */
export interface Subject {
  readonly environment: Environment;
  readonly host: DockerHost;
  readonly phones: Phones;
}

/** Milliseconds that registrations are given to come about after a deploy. */
const SETTLE_DEADLINE = 20_000;

/** One line of the table: does its work and says what it saw, or throws an Error that says what is wrong. */
export interface Check {
  readonly title: string;
  readonly run: (subject: Subject) => Promise<string>;
}

const containers: Check = {
  title: "containers healthy",
  async run({ environment, host }) {
    const expected = expectedServices(environment);
    const found = await host.containers();
    const faults: string[] = [];
    for (const service of expected) {
      const name = `/${environment.name}-${service}`;
      const container = found.find((candidate) => candidate.Names.includes(name));
      if (!container) faults.push(`${service}: there is no container: deploy the environment`);
      else if (container.State === "paused")
        faults.push(`${service}: paused: docker unpause ${name.slice(1)}`);
      else if (!container.Status.includes("(healthy)")) {
        faults.push(`${service}: ${container.Status}: docker logs ${name.slice(1)}`);
      }
    }
    if (faults.length > 0) throw new Error(faults.join("\n"));
    return expected.join(", ");
  },
};

/** Services that run in an environment. */
export function expectedServices(environment: Environment): string[] {
  const services = (Object.keys(users) as Service[]).filter((service) => {
    if (service === "genesys-simulator") return environment.genesys.simulator;
    return service !== "call-control" || environment.callControl !== undefined;
  });
  return [...services, "nginx-certificate"];
}

const handshake: Check = {
  title: "wss handshake",
  async run({ environment, phones }) {
    const { asterisk, sipProxy, forwardingMode } = environment;
    const expected =
      forwardingMode === "static"
        ? { service: "asterisk", upstream: hostPort(asterisk.internalAddress, asterisk.httpPort) }
        : { service: "sip-proxy", upstream: hostPort(sipProxy.address, sipProxy.port) };
    const { upstream } = await openWebSocket(phones.url, phones.tls);
    if (upstream !== expected.upstream) {
      throw new Error(
        `${phones.url} is answered by ${upstream}, in mode ${forwardingMode} it must be ${expected.service} at ${expected.upstream}: deploy again`,
      );
    }
    return `${phones.url} reaches ${expected.service} at ${upstream}`;
  },
};

const registrations: Check = {
  title: "registrations in Asterisk",
  async run({ environment, host }) {
    // After a start, Asterisk spreads its registrations over some seconds.
    return within(SETTLE_DEADLINE, () => registrationsFitMode(environment, host));
  },
};

async function registrationsFitMode(environment: Environment, host: DockerHost): Promise<string> {
  const registrations = await asteriskRegistrations(host);
  if (environment.forwardingMode === "proxy") {
    if (registrations.size === 0) return "none, as proxy mode has it";
    throw new Error(
      `proxy mode has none in pjsip.conf, Asterisk has ${[...registrations.keys()].join(", ")}: deploy again`,
    );
  }
  const faults = environment.dns
    .map(({ number }) => ({ number, state: registrations.get(number) ?? "missing" }))
    .filter(({ state }) => state !== "Registered");
  if (faults.length > 0) {
    throw new Error(
      `${list(faults.map(({ number, state }) => `${number} ${state}`))}: is Genesys up, and does it know these DNs?`,
    );
  }
  return `${environment.dns.length} Registered`;
}

const monitor: Check = {
  title: "monitor connected to AMI",
  async run({ environment, host }) {
    const { address, port } = environment.monitor;
    const { status, body } = await host.get(`http://${hostPort(address, port)}/healthz`);
    if (status !== 200) throw new Error(`registration-monitor says ${JSON.stringify(body)}`);
    return `healthy at ${hostPort(address, port)}`;
  },
};

const statusPage: Check = {
  title: "status page",
  async run({ environment, host, phones }) {
    const { address, port } = environment.monitor;
    const { status, body } = await host.get(`http://${hostPort(address, port)}/`);
    if (status !== 200 || !String(body).includes("<title>Registrations</title>")) {
      throw new Error(`registration-monitor answers ${status} and no page: deploy again`);
    }
    const url = `https://${hostPort(environment.nginx.address, environment.nginx.port)}/status/`;
    const answer = await statusOf(url, phones.tls);
    if (answer !== 401) throw new Error(`${url} answers ${answer} without a log-in, it must be 401`);
    return `${url}, for who is named in the secret status-users`;
  },
};

const genesys: Check = {
  title: "DNs registered at Genesys",
  async run({ environment, host, phones }) {
    const expected = await dnsExpectedAtGenesys(environment, host);
    const wanted = [...new Set([...expected, ...phones.signedIn])].sort();
    if (wanted.length === 0) return "no phone is signed in, so none has to be";
    const registered = await within(SETTLE_DEADLINE, async () => {
      const seen = await dnsAtGenesys(environment, host);
      const missing = wanted.filter((dn) => !seen.has(dn));
      if (missing.length > 0) throw new Error(`${list(missing)} not registered: ${wayOut(environment)}`);
      return seen;
    });
    return `${list(wanted)} at ${[...new Set(wanted.map((dn) => registered.get(dn)))].join(", ")}`;
  },
};

function wayOut({ name, forwardingMode }: Environment): string {
  if (forwardingMode === "proxy") return `docker logs ${name}-sip-proxy`;
  return (
    "if Asterisk has them as Registered, Genesys has lost them: they come back with the next refresh,\n" +
    `or at once by: docker exec ${name}-asterisk asterisk -C /config/current/asterisk.conf -rx 'pjsip send register *all'`
  );
}

/** Static mode: the DNs of the file. Proxy mode: those whose phone is registered at Asterisk. */
async function dnsExpectedAtGenesys(environment: Environment, host: DockerHost): Promise<string[]> {
  if (environment.forwardingMode === "static") return environment.dns.map((dn) => dn.number);
  const dns = (await contactsOf(host)).map(({ aor }) => aor);
  return dns.filter((dn) => inRanges(dn, environment.allowedDns));
}

/** A part of what sip-proxy tells of a DN. */
interface ProxyRegistration {
  readonly dn: string;
  readonly state: string;
  readonly server: string | null;
}

/** The server by DN, told by the simulator where there is one, else by whoever registers. */
async function dnsAtGenesys(environment: Environment, host: DockerHost): Promise<Map<string, string>> {
  if (environment.genesys.simulator) {
    const { body } = await host.get(`http://127.0.0.1:${environment.simulatorPort}/registrations`);
    const rows = body as { dn: string; server: string }[];
    return new Map(rows.map(({ dn, server }) => [dn, server]));
  }
  const first = environment.genesys.servers[0];
  if (environment.forwardingMode === "static") {
    const states = await asteriskRegistrations(host);
    return new Map(
      [...states].filter(([, state]) => state === "Registered").map(([dn]) => [dn, first?.host ?? ""]),
    );
  }
  const { body } = await host.sipProxy("/registrations");
  const { registrations } = body as { registrations: ProxyRegistration[] };
  const registered = registrations.filter(({ state }) => state === "registered" || state === "refreshing");
  return new Map(registered.map(({ dn, server }) => [dn, server ?? ""]));
}

const database: Check = {
  title: "database and endpoints",
  async run({ environment, host }) {
    const dns = [...environment.dns.map((dn) => dn.number), environment.probeDn];
    const query = "select id from ps_endpoints join ps_auths using (id) join ps_aors using (id)";
    const rows = await host.exec("postgres", [
      "psql",
      "-h",
      "/run/control",
      "-U",
      "postgres",
      "-d",
      "asterisk",
      "-Atc",
      query,
    ]);
    const stored = new Set(rows.split("\n").filter((row) => row !== ""));
    const missing = dns.filter((dn) => !stored.has(dn));
    if (missing.length > 0) throw new Error(`ps_endpoints lacks ${list(missing)}: deploy again`);
    const shown = await host.asterisk(`pjsip show endpoint ${dns[0]}`);
    if (!shown.includes("Endpoint:")) {
      throw new Error(
        `Asterisk does not load endpoint ${dns[0]} from the database: docker logs ${environment.name}-asterisk`,
      );
    }
    return `${stored.size} endpoints in ps_*, Asterisk loads them`;
  },
};

const ari: Check = {
  title: "ARI answers",
  async run({ environment, host }) {
    const { internalAddress, httpPort } = environment.asterisk;
    // Asked from inside its container, where the password is: it stays there.
    const program = `
      password=$(sed -n '/^\\[webrtc\\]/,$ s/^password *= *//p' /config/current/ari.conf | head -n 1)
      exec 3<>/dev/tcp/${internalAddress}/${httpPort}
      printf 'GET /ari/asterisk/ping HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\nAuthorization: Basic %s\\r\\n\\r\\n' "$(printf 'webrtc:%s' "$password" | base64 -w0)" >&3
      timeout 5 cat <&3`;
    const answer = await host.exec("asterisk", ["bash", "-c", program]);
    const line = answer.split("\r\n")[0] ?? "";
    if (!line.includes(" 200 ") || !answer.includes("pong"))
      throw new Error(`GET /ari/asterisk/ping answers '${line}'`);
    return "pong";
  },
};

const probe: Check = {
  title: "probe registers over wss",
  async run({ environment, phones }) {
    const took = await phones.probe();
    return `${environment.probeDn} registered and un-registered in ${took} ms`;
  },
};

const signIn: Check = {
  title: "phones sign in",
  async run({ environment, phones }) {
    const dns = environment.dns
      .map(({ number }) => number)
      .filter((dn) => !phones.hasDigestOnly(dn))
      .slice(0, 2);
    if (dns.length === 0) return "none: of every DN only a digest is known here, and no password";
    for (const dn of dns) await phones.signIn(dn);
    return `${list(dns)} registered at Asterisk over wss`;
  },
};

/**
 * The checklist of an environment, in its order. Only where Genesys is simulated do phones sign in as the DNs of
 * the file: elsewhere that would take calls away from agents.
 */
export function checklist(environment: Environment): Check[] {
  const phoneChecks = environment.genesys.simulator ? [probe, signIn] : [probe];
  return [
    containers,
    drift,
    handshake,
    certificate,
    database,
    ari,
    monitor,
    statusPage,
    ...(environment.callControl ? [callControl] : []),
    ...phoneChecks,
    registrations,
    genesys,
  ];
}

/** Tries until it succeeds, twice a second, and gives the last reason when the deadline has passed. */
export async function within<T>(deadline: number, attempt: () => Promise<T>): Promise<T> {
  const end = Date.now() + deadline;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

/** At most ten items, and how many more. */
function list(items: readonly string[]): string {
  const shown = items.slice(0, 10).join(", ");
  return items.length > 10 ? `${shown} and ${items.length - 10} more` : shown;
}
