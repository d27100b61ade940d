import type { StoredDn } from "../../assets/database/src/request";
import type { Environment } from "../../config";
import { PHONE_REALM } from "../../constructs/asterisk/props";
import { asteriskRegistrations } from "../asterisk-cli";
import { colors } from "../colors";
import { type Column, renderColumns } from "../columns";
import { OperatorError } from "../progress";
import type { DockerHost } from "../verify/host";
import { type DnContext, isOfFile } from "./context";

/** A DN as `list` shows it. */
export interface ListedDn {
  readonly number: string;
  readonly displayName?: string;
  /** file: of the environment file; added: by `dn add`; other: rows that somebody else wrote. */
  readonly source: "file" | "added" | "other";
  /** What a deploy would do, where file and database differ. */
  readonly deploy?: "adds it" | "removes it";
  /** How its password is checked. */
  readonly digest?: StoredDn["digest"];
  /** Phones that are registered at Asterisk. */
  readonly phones: number;
  /** State of its registration at Genesys; absent where there is none. */
  readonly genesys?: string;
}

/** All DNs, of the environment file and of the running database, by their number. */
export async function listDns({ environment, host, database }: DnContext): Promise<ListedDn[]> {
  const [{ dns }, genesys] = await Promise.all([
    database.ask<"list">({ what: "list" }),
    statesAtGenesys(host),
  ]);
  return merged(environment, dns, genesys);
}

/** @param genesys state by DN */
export function merged(
  environment: Environment,
  stored: readonly StoredDn[],
  genesys: ReadonlyMap<string, string>,
): ListedDn[] {
  const known = new Set(stored.map(({ number }) => number));
  const listed: ListedDn[] = stored.map(({ contacts, source, ...dn }) => {
    const ofFile = isOfFile(environment, dn.number);
    const state = genesys.get(dn.number);
    return {
      ...dn,
      source: source === "environment" || ofFile ? "file" : source,
      ...(source === "environment" && !ofFile && { deploy: "removes it" as const }),
      ...(source !== "environment" && ofFile && { deploy: "adds it" as const }),
      phones: contacts,
      ...(state !== undefined && { genesys: state }),
    };
  });
  for (const { number, displayName } of environment.dns) {
    if (known.has(number)) continue;
    const state = genesys.get(number);
    listed.push({
      number,
      ...(displayName !== undefined && { displayName }),
      source: "file",
      deploy: "adds it",
      phones: 0,
      ...(state !== undefined && { genesys: state }),
    });
  }
  return listed.sort((a, b) => a.number.length - b.number.length || (a.number < b.number ? -1 : 1));
}

export function renderDns(dns: readonly ListedDn[]): string {
  const columns: Column<ListedDn>[] = [
    { title: "DN", text: ({ number }) => number },
    { title: "Name", text: ({ displayName = "" }) => displayName },
    { title: "From", text: ({ source, deploy }) => (deploy ? `${source}; a deploy ${deploy}` : source) },
    { title: "Password", text: passwordText },
    {
      title: "Phone",
      text: ({ phones }) => (phones === 0 ? "-" : phones === 1 ? "registered" : `${phones} registered`),
      paint: ({ phones }) => (phones > 0 ? colors.green : colors.dim),
    },
    {
      title: "Genesys",
      text: ({ genesys = "-" }) => genesys,
      paint: ({ genesys = "-" }) =>
        /^(registered|refreshing)$/i.test(genesys)
          ? colors.green
          : genesys === "-"
            ? colors.dim
            : colors.yellow,
    },
  ];
  return renderColumns(columns, dns);
}

/** Only what is not as it usually is: another user name, another realm. */
function passwordText({ digest, number, deploy }: ListedDn): string {
  if (digest === undefined) return deploy === "adds it" ? "-" : "none";
  return [
    digest.algorithm,
    ...(digest.username === number ? [] : [`user ${digest.username}`]),
    ...(digest.realm === PHONE_REALM ? [] : [`realm ${digest.realm}`]),
  ].join(", ");
}

async function statesAtGenesys(host: DockerHost): Promise<Map<string, string>> {
  const { mode } = await host.forwarding();
  if (mode === "static") return asteriskRegistrations(host);
  const { status, body } = await host.sipProxy("/registrations");
  if (status !== 200) throw new OperatorError(`sip-proxy answers ${status}: ${JSON.stringify(body)}`);
  const { registrations } = body as { registrations: readonly { dn: string; state: string }[] };
  // A DN that sip-proxy remembers only is none at Genesys.
  const known = registrations.filter(({ state }) => state !== "idle");
  return new Map(known.map(({ dn, state }) => [dn, state]));
}
