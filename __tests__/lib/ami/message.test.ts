import { serializeAction } from "../../../lib/ami/message";

describe("serializeAction", () => {
  it("writes name, ActionID and headers, an array as several headers of one name", () => {
    const headers = { Endpoint: "1002", Variable: ["Event=talk", "X-Genesys-CallUUID=ab:c"] };
    expect(serializeAction("PJSIPNotify", "5", headers)).toBe(
      "Action: PJSIPNotify\r\nActionID: 5\r\nEndpoint: 1002\r\nVariable: Event=talk\r\nVariable: X-Genesys-CallUUID=ab:c\r\n\r\n",
    );
  });

  it.each(["a\r\nAction: Originate", "a\nb", "a\rb", "a\0b"])(
    "refuses %j: no header can be smuggled in",
    (value) => {
      const refusal = 'header "Variable": the value has a line break or a NUL, which AMI cannot carry';
      expect(() => serializeAction("PJSIPNotify", "1", { Variable: ["ok=1", value] })).toThrow(refusal);
      expect(() => serializeAction(value, "1")).toThrow("the value has a line break or a NUL");
    },
  );

  it.each(["", "a b", "a:b", "a\r\nAction", "1a"])("refuses the header name %j", (name) => {
    expect(() => serializeAction("Ping", "1", { [name]: "x" })).toThrow("letters, digits, - and _ only");
  });

  it("refuses what Asterisk 22 would refuse: a line over 1024 bytes, more than 128 headers", () => {
    expect(() => serializeAction("Ping", "1", { X: "ä".repeat(509) })).not.toThrow();
    expect(() => serializeAction("Ping", "1", { X: "ä".repeat(510) })).toThrow(
      'action "Ping", header "X": 1025 bytes, Asterisk reads 1024 a line',
    );
    expect(() => serializeAction("Ping", "1", { V: Array(126).fill("1") })).not.toThrow();
    expect(() => serializeAction("Ping", "1", { V: Array(127).fill("1") })).toThrow(
      "action Ping: 129 headers, Asterisk reads 128",
    );
  });
});
