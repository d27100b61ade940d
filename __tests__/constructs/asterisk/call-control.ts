import type { CallControl, CallControlTrunk } from "../../../config";
import { renderAsteriskFiles } from "../../../constructs/asterisk/files";
import type { AsteriskFilesProps } from "../../../constructs/asterisk/props";
import { type ParsedSection, parseAsteriskConf } from "./asterisk-parser";

export const provider: CallControlTrunk = {
  name: "provider",
  host: "sip.provider.example",
  port: 5060,
  transport: "udp",
  register: false,
  inboundFrom: ["203.0.113.0/28", "198.51.100.9"],
  prefixes: [],
};

export const callControl: CallControl = {
  address: "127.0.0.1",
  port: 8083,
  internalCalls: "genesys",
  allowedPrefixes: ["+31"],
  dialing: { international: "00", national: "0", country: "31" },
  callsPerMinute: 30,
  sipPort: 5080,
  trunks: [provider],
  dids: [
    { number: "+31201234567", to: { dn: "1002" } },
    { number: "+442071234567", to: { queue: "support" } },
  ],
  queues: [
    { name: "support", members: ["1002", "1003"], strategy: "ring-all", ringSeconds: 20, waitSeconds: 120 },
  ],
  recording: { retentionDays: 30, announcement: "none" },
  retention: { callLogDays: 365, auditDays: 730 },
  webhooks: [],
};

export const props: AsteriskFilesProps = {
  forwardingMode: "proxy",
  host: { address: "192.168.210.54", localNetworks: ["192.168.0.0/16"] },
  genesys: {
    servers: [{ host: "192.168.210.81", port: 5060, transport: "udp" }],
    registration: { expires: 600, retryInterval: 10, forbiddenRetryInterval: 11 },
    simulator: false,
  },
  dns: [{ number: "1002" }, { number: "1003" }],
  allowedDns: [],
  probeDn: "9999",
  asterisk: {
    sipAddress: "127.0.0.1",
    sipPort: 5060,
    internalAddress: "127.0.0.1",
    httpPort: 8088,
    amiPort: 5038,
  },
  relay: { address: "192.168.210.54", port: 5070, asteriskSide: "127.0.0.4" },
  postgres: { address: "127.0.0.1", port: 5432 },
  rtp: { from: 10000, to: 20000 },
  codecs: ["ulaw", "alaw"],
};

export const render = (changes: Partial<CallControl> = {}, others: Partial<AsteriskFilesProps> = {}) =>
  renderAsteriskFiles({ ...props, callControl: { ...callControl, ...changes }, ...others });
export const withTrunk = (changes: Partial<CallControlTrunk>) =>
  render({ trunks: [{ ...provider, ...changes }] });

/** The sections of one type in pjsip.conf, by name; an option that is repeated has the last value. */
export function pjsip(files: Record<string, string>, type: string): Record<string, Record<string, string>> {
  const text = `${files["pjsip.conf"]}${files["pjsip_transports.conf"]}`.replace(/^#include.*$/m, "");
  const sections = parseAsteriskConf(text).map(
    ({ name, options }) => [name, Object.fromEntries(options)] as const,
  );
  return Object.fromEntries(sections.filter(([, options]) => options.type === type));
}

export function options(files: Record<string, string>, file: string, name: string): ParsedSection["options"] {
  return parseAsteriskConf(files[file] ?? "").find((each) => each.name === name)?.options ?? [];
}

export const lines = (files: Record<string, string>, context: string) =>
  options(files, "extensions.conf", context).map(([, value]) => value);
