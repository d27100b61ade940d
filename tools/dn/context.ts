import type { Environment } from "../../config";
import type { DockerHost } from "../verify/host";
import type { DnDatabase } from "./database";

/** What a command about DNs works on. */
export interface DnContext {
  readonly environment: Environment;
  /** Path of its file. */
  readonly file: string;
  readonly host: DockerHost;
  readonly database: DnDatabase;
  /** Prints a line of the result. */
  readonly tell: (line: string) => void;
}

/** Whether the DN belongs to the environment file: it is one of `dns`, or the probe. */
export function isOfFile({ dns, probeDn }: Environment, dn: string): boolean {
  return dn === probeDn || dns.some(({ number }) => number === dn);
}
