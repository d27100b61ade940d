import { PROVIDER_TRUNKS } from "../../config/listeners";
import { policies } from "../../policies";
import { databaseNotExposed } from "../../policies/database-not-exposed";
import { noLatestImage } from "../../policies/no-latest-image";
import { noPublicListenerWithoutTls } from "../../policies/no-public-listener-without-tls";
import type { Deployment, Listener } from "../../tools/review/model/deployment";
import { deployment, site } from "../tools/review/support/deployments";

/** The example with each listener as `edit` makes it. */
const listening = (edit: (listener: Listener) => Listener): Deployment => {
  const one = deployment();
  return { ...one, listeners: one.listeners.map(edit) };
};
const named = (name: string, edit: Partial<Listener>) =>
  listening((one) => (one.name === name ? { ...one, ...edit } : one));

describe("the rules of the site", () => {
  it.each(["static", "proxy"])("are kept by an ordinary environment in %s mode", (forwardingMode) => {
    const one = deployment(site({ forwardingMode }));
    expect(policies.flatMap((policy) => policy.check(one))).toStrictEqual([]);
  });

  it("are kept with call-control and trunks to providers", () => {
    const one = deployment(site({ callControl: { trunks: [{ name: "one", host: "198.51.100.9" }] } }));
    expect(policies.flatMap((policy) => policy.check(one))).toStrictEqual([]);
  });
});

describe("no public listener without TLS", () => {
  const { check } = noPublicListenerWithoutTls;

  it.each([
    "the status page of registration-monitor",
    "the manager interface of Asterisk",
    "the SIP trunk of Asterisk",
  ])("is broken by %s", (name) => {
    expect(check(named(name, { address: "192.0.2.10" }))).toStrictEqual([
      expect.stringMatching(
        new RegExp(`^${name} \\(.*192\\.0\\.2\\.10:.* is open beyond the host without TLS$`),
      ),
    ]);
  });

  it("is kept by the trunks to providers, and broken by a port of Asterisk's beside theirs", () => {
    const base = deployment(site({ callControl: { trunks: [{ name: "one", host: "198.51.100.9" }] } }));
    const extra = {
      ...(base.listeners[0] as Listener),
      service: "asterisk",
      address: "192.0.2.10",
      tls: false,
      redirects: false,
    };
    const open = (name: string): Deployment => ({ ...base, listeners: [{ ...extra, name }] });
    expect(check(open(PROVIDER_TRUNKS))).toStrictEqual([]);
    expect(check(open("the udp transport of Asterisk"))).toHaveLength(1);
    expect(
      check({ ...base, listeners: [{ ...extra, name: PROVIDER_TRUNKS, service: "nginx" }] }),
    ).toHaveLength(1);
  });

  it("is broken by HTTPS that loses its TLS, and by HTTP that does more than redirect", () => {
    expect(check(named("the HTTPS server of nginx", { tls: false }))).toHaveLength(1);
    expect(check(named("the HTTP server of nginx", { redirects: false }))).toHaveLength(1);
  });
});

describe("database not exposed", () => {
  const { check } = databaseNotExposed;

  it("is broken by an address beyond loopback, also that of all interfaces", () => {
    for (const address of ["192.0.2.10", "0.0.0.0", "::"])
      expect(check(named("PostgreSQL", { address }))).toHaveLength(1);
    expect(check(named("PostgreSQL", { address: "127.0.0.9" }))).toStrictEqual([]);
  });

  it("is broken by another container that mounts its files", () => {
    const one = deployment();
    const nginx = one.services.nginx as NonNullable<Deployment["services"][string]>;
    const container = nginx.container as NonNullable<typeof nginx.container>;
    const attributes = { ...container.attributes, volumes: [{ volume_name: "site-postgres-data" }] };
    const services = { ...one.services, nginx: { ...nginx, container: { ...container, attributes } } };
    expect(check({ ...one, services })).toStrictEqual(["site-nginx mounts the files of the database"]);
  });
});

describe("no latest image", () => {
  const withReference = (reference: string): Deployment => ({
    ...deployment(),
    images: { nginx: { name: "nginx", reference } },
  });

  it.each(["registry.example.com:5000/x/nginx:latest", "registry.example.com:5000/x/nginx", "nginx"])(
    "is broken by %s",
    (reference) =>
      expect(noLatestImage.check(withReference(reference))).toStrictEqual([
        "nginx: another image every day, so name a release",
      ]),
  );

  it.each(["registry.example.com:5000/x/nginx:1.2.0", "nginx@sha256:0123", "nginx:latest@sha256:0123"])(
    "is kept by %s",
    (reference) => expect(noLatestImage.check(withReference(reference))).toStrictEqual([]),
  );
});
