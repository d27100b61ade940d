import {
  type IncomingRequest,
  newCallId,
  newTag,
  type Protocol,
  SipRequest as Request,
  type SipRequest,
  UserAgent,
  type UserAgentOptions,
} from "../../../../lib/sip";
import { FakeClock } from "./fake-clock";
import { MemoryNetwork } from "./memory-network";

/** Two user agents on a network in memory: `near` at 192.0.2.1 and `far` at 192.0.2.2. */
export function twoAgents(
  onRequest: (incoming: IncomingRequest) => void,
  { protocol = "UDP", far: farOptions = {} }: { protocol?: Protocol; far?: Partial<UserAgentOptions> } = {},
) {
  const clock = new FakeClock();
  const network = new MemoryNetwork(clock);
  const nearTransport = network.transport("192.0.2.1", protocol);
  const farTransport = network.transport("192.0.2.2", protocol);
  const toNear: IncomingRequest[] = [];
  const near = new UserAgent({
    transports: [nearTransport],
    clock,
    onRequest: (incoming) => {
      toNear.push(incoming);
      incoming.respond(200);
    },
  });
  const far = new UserAgent({ transports: [farTransport], clock, onRequest, ...farOptions });
  const flow = nearTransport.flowTo(farTransport.local);
  return { clock, network, near, far, flow, toNear, nearTransport, farTransport };
}

export function newRequest(method: string, headers: readonly (readonly [string, string])[] = []): SipRequest {
  return Request.create({
    method,
    uri: "sip:1003@192.0.2.2",
    headers: [
      ["From", `<sip:1002@192.0.2.1>;tag=${newTag()}`],
      ["To", "<sip:1003@192.0.2.2>"],
      ["Call-ID", newCallId()],
      ["CSeq", `1 ${method}`],
      ["Contact", "<sip:1002@192.0.2.1>"],
      ...headers,
    ],
  });
}

/** How a promise ended, once it has: its value's brief form or the error's code. */
export function outcomeOf<T>(promise: Promise<T>, brief: (value: T) => unknown): { value: unknown } {
  const outcome: { value: unknown } = { value: "pending" };
  promise.then(
    (value) => {
      outcome.value = brief(value);
    },
    (error: { code?: string }) => {
      outcome.value = error.code ?? error;
    },
  );
  return outcome;
}
