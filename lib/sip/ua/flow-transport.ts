import { uriHost } from "../address";
import { Params } from "../headers/params";
import { Via } from "../headers/via";
import { newBranch } from "../identifiers";
import type { Message, SipResponse } from "../message";
import { responseTarget } from "../proxy/via";
import type { TransactionTransport } from "../transactions";
import type { Flow, Transport } from "../transport/transport";

/** A flow as transactions see it. */
export class FlowTransport implements TransactionTransport {
  constructor(readonly flow: Flow) {}

  get reliable(): boolean {
    return this.flow.transport.reliable;
  }

  send(message: Message): Promise<void> {
    try {
      const { transport } = this.flow;
      const flow = message.isRequest || transport.reliable ? this.flow : this.flowBack(message);
      return transport.send(message.toBuffer(), flow);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** 18.2.2: over UDP an answer goes where its Via says, which is the source only when rport was asked for. */
  private flowBack(response: SipResponse): Flow {
    return this.flow.transport.flowTo(responseTarget(response.via));
  }
}

/** A Via of our own with a new branch; rport asks for symmetric answers (RFC 3581), which connections have anyway. */
export function newVia(transport: Transport): Via {
  const { address, port } = transport.local;
  const branch = newBranch();
  const params = transport.protocol.startsWith("WS")
    ? Params.of({ branch })
    : Params.of({ branch, rport: undefined });
  return new Via(transport.protocol, uriHost(address), port === 0 ? undefined : port, params);
}

/** 18.1.2: whether the top Via is one that `newVia` makes for this transport. */
export function isOwnVia(via: Via, transport: Transport): boolean {
  const { address, port } = transport.local;
  return via.host.toLowerCase() === uriHost(address).toLowerCase() && (via.port ?? 0) === port;
}
