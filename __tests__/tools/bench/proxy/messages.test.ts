import { parseMessage, type SipResponse } from "../../../../lib/sip";
import { dnOf, expiresOf, okTo, registerOf } from "../../../../tools/bench/proxy/field/messages";

const register = (expires: number) =>
  registerOf({ dn: "20001", host: "x.invalid", callId: "c1", cseq: 7, expires });
const answer = (text: string) => parseMessage(text) as SipResponse;

describe("the bench's SIP", () => {
  it("registers a DN as a phone does", () => {
    const message = parseMessage(register(600));
    expect(message.isRequest && message.method).toBe("REGISTER");
    expect(message.contacts).toHaveLength(1);
    expect([dnOf(register(600)), expiresOf(register(600)), expiresOf(register(0))]).toStrictEqual([
      "20001",
      600,
      0,
    ]);
  });

  it("answers with the binding that was made", () => {
    const response = answer(okTo(register(600)));
    expect(response.status).toBe(200);
    expect(response.callId).toBe("c1");
    expect(response.cseq).toMatchObject({ number: 7, method: "REGISTER" });
    expect(response.values("Contact")).toStrictEqual(["<sip:u20001@x.invalid;transport=ws>;expires=600"]);
  });

  it("lists no binding after an un-REGISTER", () => {
    expect(answer(okTo(register(0))).values("Contact")).toStrictEqual([]);
  });

  it("lists what there is when it is only asked (RFC 3261 10.2.3)", () => {
    const query = register(600).replace(/Contact: .*\r\n/, "");
    expect(expiresOf(query)).toBeUndefined();
    expect(answer(okTo(query, "<sip:20001@127.0.0.1>;expires=5")).values("Contact")).toStrictEqual([
      "<sip:20001@127.0.0.1>;expires=5",
    ]);
    expect(answer(okTo(query)).values("Contact")).toStrictEqual([]);
  });
});
