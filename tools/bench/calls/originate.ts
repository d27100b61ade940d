import { setTimeout as sleep } from "node:timers/promises";
import type { Environment } from "../../../config";
import { OperatorError } from "../../progress";
import { Phones } from "../../verify/phones";
import type { BenchOptions } from "../main";
import { type Figure, median, percentile } from "../measure";
import { Api } from "./api";
import { databaseOf } from "./database";
import type { CallControlSettings } from "./index";

const AGENT = "1002";
const CALLED = "1003";

/** Milliseconds between two looks whether a call has ended, and until it must have. */
const times = { look: 20, end: 10_000 };

/** From the request at nginx to the INVITE at the agent's phone, which comes over nginx as a browser's does. */
export async function benchOriginate(
  environment: Environment,
  { callsPerMinute }: CallControlSettings,
  { quick }: BenchOptions,
): Promise<Figure[]> {
  const count = quick ? 20 : 200;
  if (callsPerMinute < count) {
    const text = `${count} calls of one agent, and callsPerMinute of ${environment.name} is ${callsPerMinute}`;
    throw new OperatorError(`${text}: set it higher, and ./bin/up ${environment.name}`);
  }
  const made: string[] = [];
  const phones = new Phones(environment);
  const phone = await phones.connect(AGENT);
  try {
    await phone.register();
    const api = await Api.open(environment, phones.tls.ca);
    try {
      const took: number[] = [];
      await noCalls(api);
      for (let index = 0; index < count; index++) {
        const started = performance.now();
        const answered = api.ask("POST", "/telephony/calls/originate/", {
          agent: AGENT,
          phone_number: CALLED,
        });
        const invited = phone.incomingCall().then((call) => ({ call, at: performance.now() }));
        // A refusal is told at once, and not after the wait for an INVITE.
        const refused = answered.then(({ status, body }) => {
          if (status !== 201) throw new OperatorError(`originate answers ${status}: ${body.slice(0, 300)}`);
          made.push((JSON.parse(body) as { id: string }).id);
        });
        const [{ call, at }] = await Promise.all([invited, refused]);
        took.push(at - started);
        call.reject();
        await noCalls(api);
      }
      const name = "originate request at nginx to INVITE at the phone";
      return [
        { name: `${name}, median`, unit: "ms", values: [median(took)] },
        { name: `${name}, p99 of ${count}`, unit: "ms", values: [percentile(took, 99)], limit: 50 },
      ];
    } finally {
      await api.close();
    }
  } finally {
    await phone.unregister().catch(() => undefined);
    await phone.close();
    await removeRows(environment, made);
  }
}

/** Takes the calls out of the log; who has originated them stays in the audit, where nothing can be taken away. */
async function removeRows(environment: Environment, calls: readonly string[]): Promise<void> {
  const database = databaseOf(environment);
  try {
    await database.connect();
    await database.query("DELETE FROM call_control.call_log WHERE id = ANY ($1::uuid[])", [calls]);
  } finally {
    await database.end();
  }
}

/** Waits until no call is up: each is measured alone. */
async function noCalls(api: Api): Promise<void> {
  let last = "";
  for (const until = Date.now() + times.end; Date.now() < until; await sleep(times.look)) {
    const { status, body } = await api.ask("GET", "/telephony/calls/live/");
    if (status === 200 && (JSON.parse(body) as { calls: unknown[] }).calls.length === 0) return;
    last = `${status}: ${body.slice(0, 300)}`;
  }
  throw new OperatorError(`there are calls still after ${times.end / 1_000} s (${last}): end them first`);
}
