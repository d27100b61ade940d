import type { z } from "zod";
import { isLoopback } from "./addresses";
import { checkCallControl } from "./call-control-checks";
import { inRange, MAX_DNS, rangeNumbers, rangeSize, rangeText } from "./dns";
import { type Path, pathText, show } from "./faults";
import { conflict, listenersOf, meetsMedia, placeText } from "./listeners";
import type { EnvironmentFile } from "./schema";
import { type Sound, soundPart } from "./sound";

export type SoundFile = NonNullable<Sound<EnvironmentFile>>;

/**
 * `others` are settings that have a part in the fault. It is shown at the first of path and others that the file has: a
 * default can be in the way of what the file says.
 */
export type Complain = (path: Path, message: string, others?: readonly Path[]) => void;

/**
 * The checks that need more than one value, as a refinement of the whole file. They run on faulty files too, and
 * complain about what is sound in them.
 */
export function checkAcrossSections(
  value: EnvironmentFile,
  context: z.core.$RefinementCtx<EnvironmentFile>,
): void {
  const file = soundPart(value, context.issues);
  if (typeof file !== "object" || file === null || Array.isArray(file)) return;
  const complain: Complain = (path, message, others = []) =>
    context.addIssue({ code: "custom", path: [...path], message, params: { others } });
  checkDns(file, complain);
  checkProbe(file, complain);
  checkCodecs(file, complain);
  checkGenesys(file, complain);
  checkDocker(file, complain);
  checkListeners(file, complain);
  checkState(file, complain);
  checkCallControl(file, complain);
}

/** No DN twice, and a bounded number of them. Linear in the number of DNs. */
function checkDns({ dns }: SoundFile, complain: Complain): void {
  const owners = new Map<string, number>();
  (dns ?? []).forEach((entry, index) => {
    if (!entry?.from || !entry.to) return;
    const range = { from: entry.from, to: entry.to };
    const size = rangeSize(range);
    if (BigInt(owners.size) + size > BigInt(MAX_DNS)) {
      const message = `${rangeText(range)} brings the environment to more than ${MAX_DNS} DNs: list fewer`;
      complain(["dns", index], message);
      return;
    }
    const repeated: string[] = [];
    for (const number of rangeNumbers(range)) {
      if (owners.has(number)) repeated.push(number);
      else owners.set(number, index);
    }
    const [first] = repeated;
    if (first === undefined) return;
    const what = repeated.length === 1 ? first : `${first} and ${repeated.length - 1} more`;
    const owner = pathText(["dns", owners.get(first) ?? 0]);
    const verb = repeated.length === 1 ? "is" : "are";
    const pronoun = repeated.length === 1 ? "it" : "them";
    complain(["dns", index], `${what} ${verb} in ${owner} already: list ${pronoun} once`);
  });
}

/** The probe registers and un-registers: it must not disturb an agent, be forwarded to Genesys, or be watched. */
function checkProbe({ probeDn, dns, allowedDns, monitor }: SoundFile, complain: Complain): void {
  if (!probeDn) return;
  const groups: readonly [
    readonly (Sound<{ from: string; to: string }> | undefined)[],
    (index: number) => Path,
  ][] = [
    [dns ?? [], (index) => ["dns", index]],
    [allowedDns ?? [], (index) => ["allowedDns", index]],
    [[monitor?.range], () => ["monitor", "range"]],
  ];
  for (const [ranges, pathOf] of groups) {
    const index = ranges.findIndex(
      (range) => range?.from && range.to && inRange(probeDn, { from: range.from, to: range.to }),
    );
    if (index === -1) continue;
    const message = `'${probeDn}' lies in ${pathText(pathOf(index))}: choose a DN that no agent has, outside allowedDns and monitor.range`;
    complain(["probeDn"], message, [pathOf(index)]);
    return;
  }
}

function checkCodecs({ codecs }: SoundFile, complain: Complain): void {
  (codecs ?? []).forEach((codec, index) => {
    const first = (codecs ?? []).indexOf(codec);
    if (codec !== null && first < index)
      complain(["codecs", index], `'${codec}' is listed twice: remove one`);
  });
}

function checkGenesys({ genesys, relay }: SoundFile, complain: Complain): void {
  const seen = new Map<string, Path>();
  (genesys?.servers ?? []).forEach((server, index) => {
    const path = ["genesys", "servers", index];
    const name = server?.host;
    if (!name) return;
    if (name === "127.0.0.1" || name === "localhost") {
      // Asterisk tells the trunk by its source address, which a WebSocket client must not share.
      complain(
        [...path, "host"],
        `${show(name)} is where nginx and sip-proxy reach Asterisk from, so that a browser would pass for Genesys: use another address (127.0.0.2 for a server on this host)`,
      );
    } else if (name === relay?.asteriskSide) {
      complain(
        [...path, "host"],
        `${show(name)} is the address that Asterisk knows the trunk by: use another one`,
        [["relay", "asteriskSide"]],
      );
    } else if (genesys?.simulator && !isLoopback(name)) {
      complain(
        [...path, "host"],
        `${show(name)} is not a loopback address, where alone the simulator runs: use one such as 127.0.0.2, or remove genesys.simulator`,
        [["genesys", "simulator"]],
      );
    }
    const { port, transport } = server;
    if (port == null || transport == null) return;
    const key = `${name.toLowerCase()}:${port}/${transport}`;
    const first = seen.get(key);
    if (first === undefined) seen.set(key, path);
    else complain(path, `${name}:${port} (${transport}) is ${pathText(first)} already: remove one`);
  });
}

function checkDocker({ docker, secrets }: SoundFile, complain: Complain): void {
  const host = docker?.host;
  if (!docker || !host) return;
  const [scheme = "", address = ""] = host.split("://");
  if (scheme !== "tcp" && docker.certPath) {
    complain(["docker", "certPath"], `is for tcp:// only, and docker.host is ${show(host)}: remove it`);
  }
  if (scheme !== "ssh" && docker.sshOptions) {
    complain(["docker", "sshOptions"], `is for ssh:// only, and docker.host is ${show(host)}: remove it`);
  }
  const name = address.replace(/:\d+$/, "");
  if (scheme === "tcp" && docker.certPath === undefined && !isLoopback(name) && name !== "localhost") {
    complain(
      ["docker", "host"],
      `${show(host)} without TLS makes everybody in the network root on the host: set docker.certPath, or use ssh://user@host`,
    );
  }
  const directory = secrets?.directory;
  if (scheme !== "unix" && directory && !directory.startsWith("/")) {
    complain(
      ["secrets", "directory"],
      `${show(directory)} is relative to the project, which the Docker host ${show(host)} does not see: write an absolute path on that host`,
    );
  }
}

/** Quadratic in the listeners, of which there are about twenty at most. */
function checkListeners(file: SoundFile, complain: Complain): void {
  const listeners = listenersOf(file);
  listeners.forEach((listener, index) => {
    for (const earlier of listeners.slice(0, index)) {
      if (!conflict(listener, earlier)) continue;
      const { portPath, addressPath } = listener;
      const message = `${listener.name} (${placeText(listener)}) and ${earlier.name} (${placeText(earlier)}, ${pathText(earlier.portPath)}) cannot both listen there: change one port`;
      const others = [earlier.portPath, addressPath, earlier.addressPath].filter(
        (path) => path !== undefined,
      );
      complain(portPath, message, others);
    }
  });
  const { from, to } = file.rtp ?? {};
  if (from == null || to == null) return;
  for (const listener of listeners.filter((candidate) => meetsMedia(candidate, { from, to }))) {
    complain(
      ["rtp"],
      `${from}-${to} contains the port of ${listener.name} (${placeText(listener)}, ${pathText(listener.portPath)}): move one of them`,
      [listener.portPath],
    );
  }
}

const REQUIRED_OPTIONS = {
  local: [],
  s3: ["bucket", "key"],
  pg: ["schema_name"],
  http: ["address"],
} as const;

/** The variables that the backends read instead of an option; keys as Terraform and cdktf spell them. */
const SECRET_OPTIONS: Readonly<Record<string, string>> = {
  accesskey: "AWS_ACCESS_KEY_ID",
  secretkey: "AWS_SECRET_ACCESS_KEY",
  token: "AWS_SESSION_TOKEN",
  password: "TF_HTTP_PASSWORD",
};

function checkState({ state }: SoundFile, complain: Complain): void {
  const { backend, options } = state ?? {};
  if (!backend || !options) return;
  // Options end in cdk.tf.json and in .terraform/, where a secret does not belong.
  for (const [key, value] of Object.entries(options)) {
    const word = key.toLowerCase().replaceAll("_", "");
    const variable =
      word === "connstr" && typeof value === "string" && /\bpassword=|:\/\/[^/@:]*:[^/@]+@/.test(value)
        ? "PG_CONN_STR or PGPASSWORD"
        : SECRET_OPTIONS[word];
    if (variable === undefined) continue;
    complain(
      ["state", "options", key],
      `a secret here gets into cdk.tf.json and Terraform's files: use the variable ${variable}`,
    );
  }
  const missing = REQUIRED_OPTIONS[backend].filter((option) => !Object.hasOwn(options, option));
  if (missing.length === 0) return;
  complain(["state", "options"], `lacks ${missing.join(" and ")}, which the backend ${backend} needs`);
}
