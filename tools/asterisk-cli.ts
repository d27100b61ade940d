import type { DockerHost } from "./verify/host";

/** A row of `pjsip show contacts`. */
export interface ContactRow {
  readonly aor: string;
  readonly uri: string;
  /** Avail, Unavail, NonQual, Unknown. */
  readonly status: string;
}

/** Every contact that Asterisk has, the trunk's among them. Long URIs are cut, as the CLI does. */
export async function contactsOf(host: DockerHost): Promise<ContactRow[]> {
  return parseContacts(await host.asterisk("pjsip show contacts"));
}

/** State by DN of the registrations at Genesys: "Registered", "Rejected", "Unregistered", ... */
export async function asteriskRegistrations(host: DockerHost): Promise<Map<string, string>> {
  return parseRegistrations(await host.asterisk("pjsip show registrations"));
}

/** State by trunk of the registrations at telephone providers. */
export async function providerRegistrations(host: DockerHost): Promise<Map<string, string>> {
  return parseProviderRegistrations(await host.asterisk("pjsip show registrations"));
}

/** Channels of a DN's phones: one for each of its calls. */
export async function channelsOf(host: DockerHost, dn: string): Promise<string[]> {
  return parseChannels(await host.asterisk("core show channels concise")).filter((name) =>
    name.startsWith(`PJSIP/${dn}-`),
  );
}

/** "PJSIP/1002-00000001!genesys-agent!1003!1!Up!..." */
export function parseChannels(output: string): string[] {
  return [...output.matchAll(/^([A-Za-z]+\/[^!\s]+)!/gm)].map(([, name = ""]) => name);
}

/** "  Contact:  1002/sip:1002@127.0.0.1:5070;transport=ws  311fb5db2b Avail  2.979" */
export function parseContacts(output: string): ContactRow[] {
  const rows = output.matchAll(/^\s*Contact:\s+([^/\s<]+)\/(\S+)\s+[0-9a-f]+\s+(\S+)/gm);
  return [...rows].map(([, aor = "", uri = "", status = ""]) => ({ aor, uri, status }));
}

/** By DN. " genesys-1002/sip:127.0.0.2:5060   n/a   Registered   (exp. 570s)" */
export function parseRegistrations(output: string): Map<string, string> {
  return statesBy(/^genesys-(\d+)$/, output);
}

/** By trunk. " trunk-provider/sip:192.0.2.9:5060   trunk-provider   Registered   (exp. 570s)" */
export function parseProviderRegistrations(output: string): Map<string, string> {
  return statesBy(/^trunk-(.+)$/, output);
}

function statesBy(names: RegExp, output: string): Map<string, string> {
  const rows = output.matchAll(/^\s*([^/\s<]+)\/sip\S+\s+\S+\s+(\w+)/gm);
  return new Map(
    [...rows].flatMap(([, name = "", state = ""]) => {
      const key = names.exec(name)?.[1];
      return key === undefined ? [] : [[key, state] as const];
    }),
  );
}
