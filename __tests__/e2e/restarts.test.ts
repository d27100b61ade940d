import type { Environment } from "../../config";
import { contactsOf } from "../../tools/asterisk-cli";
import { engineOf } from "../../tools/engine";
import { DockerHost } from "../../tools/verify/host";
import { Phones } from "../../tools/verify/phones";
import { Fleet, passwordOf, provision, removeProvisioned } from "./fleet";
import { docker, eventually, localEnvironment, MINUTE, registeredDns, up } from "./support";

/**
 * 200 phones in proxy mode, and each part restarted under them. Afterwards every DN is registered at both ends
 * again; how long that took is printed.
 */

const DNS = Array.from({ length: 200 }, (_, at) => String(4001 + at));

let environment: Environment;
let host: DockerHost;
let fleet: Fleet;
const report: string[] = [];

/** Every DN is registered at Asterisk and at Genesys. */
async function allRegistered(deadline: number): Promise<void> {
  await eventually(deadline, async () => {
    const contacts = new Set((await contactsOf(host)).map(({ aor }) => aor));
    expect(DNS.filter((dn) => !contacts.has(dn))).toStrictEqual([]);
    const genesys = new Set(await registeredDns(environment));
    expect(DNS.filter((dn) => !genesys.has(dn))).toStrictEqual([]);
  });
}

beforeAll(async () => {
  up("proxy");
  environment = localEnvironment("proxy");
  host = new DockerHost(engineOf(environment), environment);
  provision(DNS);
  const phones = new Phones(environment);
  fleet = new Fleet(DNS, (dn) => phones.connect(dn, passwordOf(dn)));
  fleet.start();
  const started = Date.now();
  await allRegistered(2 * MINUTE);
  report.push(`first registration of ${DNS.length} phones: ${((Date.now() - started) / 1000).toFixed(1)} s`);
}, 20 * MINUTE);

afterAll(async () => {
  await fleet?.stop();
  removeProvisioned(DNS);
  console.log(report.join("\n"));
}, 2 * MINUTE);

describe("200 registered phones", () => {
  it.each(["asterisk", "sip-proxy", "genesys-simulator", "postgres", "nginx"])(
    "come back after a restart of %s",
    async (service) => {
      docker("restart", `local-${service}`);
      const started = Date.now();
      await allRegistered(3 * MINUTE);
      report.push(`after a restart of ${service}: ${((Date.now() - started) / 1000).toFixed(1)} s`);
    },
    5 * MINUTE,
  );

  it(
    "stay registered at Genesys while sip-proxy restarts",
    async () => {
      let least = DNS.length;
      const watch = setInterval(async () => {
        const registered = await registeredDns(environment).catch(() => DNS);
        least = Math.min(least, registered.filter((dn) => dn >= "4001" && dn <= "4200").length);
      }, 100);
      try {
        docker("restart", "local-sip-proxy");
        await allRegistered(2 * MINUTE);
      } finally {
        clearInterval(watch);
      }
      expect(least).toBe(DNS.length);
    },
    5 * MINUTE,
  );
});
