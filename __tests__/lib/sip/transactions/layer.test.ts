import {
  type Message,
  type ServerInviteTransaction,
  type ServerTransaction,
  type SipRequest,
  SipResponse,
  TransactionLayer,
} from "../../../../lib/sip";
import { FakeClock } from "../support/fake-clock";
import { names, request } from "../support/messages";
import { RecordingTransport } from "../support/recording-transport";

const SILENT = { onTransportError: () => undefined, onTimeout: () => undefined };

function setUp(maxServerTransactions?: number) {
  const clock = new FakeClock();
  const transport = new RecordingTransport();
  const requests: SipRequest[] = [];
  const transactions: ServerTransaction[] = [];
  const cancelled: (ServerInviteTransaction | undefined)[] = [];
  const strays: Message[] = [];
  const layer = new TransactionLayer<RecordingTransport>({
    clock,
    maxServerTransactions,
    onRequest(message, transaction, _transport, invite) {
      requests.push(message);
      transactions.push(transaction);
      cancelled.push(invite);
      return SILENT;
    },
    onAck: (ack) => strays.push(ack),
    onStrayResponse: (response) => strays.push(response),
  });
  const receive = (message: SipRequest) => layer.receiveRequest(message, transport);
  return { clock, transport, requests, transactions, cancelled, strays, layer, receive };
}

describe("matching requests (RFC 3261 17.2.3, rule 13)", () => {
  it("by branch, sent-by and method: a retransmission is no new request", () => {
    const { requests, receive } = setUp();
    receive(request("OPTIONS"));
    receive(request("OPTIONS"));
    receive(request("OPTIONS", [], "Z9HG4BKTEST1"));
    expect(names(requests)).toEqual(["OPTIONS"]);
  });

  it("a difference in any of them makes a new one", () => {
    const { requests, receive } = setUp();
    receive(request("OPTIONS"));
    receive(request("INFO"));
    receive(request("OPTIONS", [], "z9hG4bKother"));
    receive(request("OPTIONS").replaceFirst("Via", "SIP/2.0/UDP 192.0.2.1:5061;branch=z9hG4bKtest1"));
    expect(requests).toHaveLength(4);
  });

  it("an ACK belongs to the INVITE's transaction when that sent a non-2xx", () => {
    const { transactions, strays, receive } = setUp();
    receive(request("INVITE"));
    transactions[0]?.respond(SipResponse.to(request("INVITE"), 486));
    receive(request("ACK"));
    expect([transactions[0]?.state, strays.length]).toEqual(["confirmed", 0]);
  });

  it("an ACK to a 2xx has a branch of its own, and goes to the user", () => {
    const { requests, strays, receive } = setUp();
    receive(request("INVITE"));
    receive(request("ACK", [], "z9hG4bKack"));
    expect([names(requests), names(strays)]).toEqual([["INVITE"], ["ACK"]]);
  });

  it("a CANCEL finds the INVITE that it cancels, and has a transaction of its own (9.2)", () => {
    const { transactions, cancelled, receive } = setUp();
    receive(request("INVITE"));
    receive(request("CANCEL"));
    receive(request("CANCEL", [], "z9hG4bKother"));
    expect(cancelled).toEqual([undefined, transactions[0], undefined]);
  });

  describe("of a peer of RFC 2543, without the cookie", () => {
    const old = (method: string) => request(method, [], "1");

    it("by Request-URI, From tag, Call-ID, CSeq and the whole Via", () => {
      const { requests, receive } = setUp();
      receive(old("INVITE"));
      receive(old("INVITE"));
      expect(requests).toHaveLength(1);
      receive(old("INVITE").set("Call-ID", "other"));
      receive(old("INVITE").set("CSeq", "2 INVITE"));
      receive(old("INVITE").set("From", "<sip:1002@192.0.2.1>;tag=other"));
      expect(requests).toHaveLength(4);
    });

    it("an ACK by the To tag of the response too", () => {
      const { transactions, strays, receive } = setUp();
      receive(old("INVITE"));
      transactions[0]?.respond(SipResponse.to(old("INVITE"), 486, { toTag: "right" }));
      receive(old("ACK").set("To", "<sip:1003@192.0.2.2>;tag=wrong"));
      expect([transactions[0]?.state, strays.length]).toEqual(["completed", 1]);
      receive(old("ACK").set("To", "<sip:1003@192.0.2.2>;tag=right"));
      expect(transactions[0]?.state).toBe("confirmed");
    });
  });
});

describe("matching responses (17.1.3, rule 13)", () => {
  it("by branch and CSeq method; others are strays", () => {
    const { layer, transport, strays } = setUp();
    const got: string[] = [];
    layer.request(request("OPTIONS"), transport, {
      onResponse: (response) => got.push(...names([response])),
      onTimeout: () => undefined,
      onTransportError: () => undefined,
    });
    layer.receiveResponse(SipResponse.to(request("INVITE"), 200), transport);
    layer.receiveResponse(SipResponse.to(request("OPTIONS", [], "z9hG4bKother"), 200), transport);
    layer.receiveResponse(SipResponse.to(request("OPTIONS"), 202), transport);
    expect([got, strays.length]).toEqual([["202"], 2]);
  });
});

it("answers 503 above its bound, without a transaction", () => {
  const { requests, receive, transport, layer } = setUp(2);
  for (const branch of ["z9hG4bKa", "z9hG4bKb", "z9hG4bKc"]) receive(request("OPTIONS", [], branch));
  expect([requests.length, layer.size, transport.take()]).toEqual([2, 2, ["503"]]);
});

it("forgets terminated transactions, and close() ends the rest silently", () => {
  const { clock, layer, transactions, receive, transport } = setUp();
  receive(request("OPTIONS"));
  receive(request("INVITE"));
  transactions[0]?.respond(SipResponse.to(request("OPTIONS"), 200));
  clock.advance(32_000);
  expect(layer.size).toBe(1);
  transport.take();
  layer.close();
  clock.advance(60_000);
  expect([layer.size, clock.pending, transport.take()]).toEqual([0, 0, []]);
});
