import { join } from "node:path";
import type { DnAnswers, DnRequest } from "../../../assets/database/src/request";
import { type Environment, loadEnvironment } from "../../../config";
import { root } from "../../../tools/arguments";
import type { DnContext } from "../../../tools/dn/context";
import type { DnDatabase } from "../../../tools/dn/database";
import type { DockerHost, Forwarding, HttpAnswer } from "../../../tools/verify/host";

/** What a command is told by the parts that it asks. */
export interface World {
  readonly environment?: Partial<Environment>;
  readonly forwarding?: Partial<Forwarding>;
  /** Answer of Asterisk's command line, by the command. */
  readonly asterisk?: (command: string) => string;
  readonly sipProxy?: (path: string, method: string) => HttpAnswer;
  readonly database?: (request: DnRequest) => DnAnswers[DnRequest["what"]];
}

/** A context in which everything that is asked is written down. */
export function contextOf(world: World) {
  const file = join(root, "environments/local.yaml");
  const environment = { ...loadEnvironment(file, {}).environment, ...world.environment };
  const asked: string[] = [];
  const requests: DnRequest[] = [];
  const told: string[] = [];
  const unexpected = (what: string): never => {
    throw new Error(`nobody should ask for ${what}`);
  };
  const host: Partial<DockerHost> = {
    async forwarding() {
      return { mode: "proxy", allowedDns: [{ from: "1000", to: "5020" }], ...world.forwarding };
    },
    async asterisk(command) {
      asked.push(command);
      return world.asterisk?.(command) ?? "";
    },
    async sipProxy(path, method = "GET") {
      asked.push(`${method} ${path}`);
      return (world.sipProxy ?? unexpected)(path, method);
    },
  };
  const database: Pick<DnDatabase, "ask"> = {
    async ask(request: DnRequest) {
      requests.push(request);
      return (world.database ?? (() => unexpected(request.what)))(request) as never;
    },
  };
  const context: DnContext = {
    environment,
    file,
    host: host as DockerHost,
    database: database as DnDatabase,
    tell: (line) => told.push(line),
  };
  return { context, asked, requests, told };
}

export const password = (text = "correct horse", generated = false) => {
  return () => Promise.resolve({ password: text, generated });
};

export const noPassword = () => Promise.reject(new Error("nobody should be asked for a password"));
