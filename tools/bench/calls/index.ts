import type { Environment } from "../../../config";
import { hostPort } from "../../../config";
import { environmentNamed } from "../../arguments";
import { OperatorError } from "../../progress";
import type { BenchOptions } from "../main";
import type { Figure } from "../measure";
import { benchOriginate } from "./originate";
import { benchPacing } from "./pacing-hours";
import { benchMemory, benchRows } from "./service-figures";

export type CallControlSettings = NonNullable<Environment["callControl"]>;

/** What call-control does on the way of calls, in the running environment `local` and beside it; and pacing. */
export async function benchCalls(options: BenchOptions): Promise<Figure[]> {
  const environment = environmentNamed("local");
  const settings = await running(environment);
  return [
    ...(await benchOriginate(environment, settings, options)),
    ...(await benchRows(environment, settings, options)),
    ...(await benchMemory(environment, settings, options)),
    ...(await benchPacing(options)),
  ];
}

/** @throws OperatorError unless the environment's call-control can do its work */
async function running({ name, callControl }: Environment): Promise<CallControlSettings> {
  if (callControl === undefined) throw new OperatorError(`environment ${name} has no callControl`);
  const url = `http://${hostPort(callControl.address, callControl.port)}/healthz`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
  if (answer?.ok) return callControl;
  const says = answer === undefined ? "nobody listens" : `status ${answer.status}`;
  throw new OperatorError(`call-control of ${name} is not ready (${url}: ${says}): ./bin/up ${name} first`);
}
