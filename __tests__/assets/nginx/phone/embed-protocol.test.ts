import { callFor, parseMessage } from "../../../../assets/nginx/phone/logic/embed-protocol";
import { aCall } from "./calls";

const message = (fields: object) => parseMessage({ webrtcGenesys: 1, ...fields });

describe("parseMessage", () => {
  it.each([
    { command: "signIn", dn: "1002", password: "p" },
    { command: "signOut" },
    { command: "getState" },
    { command: "dial", number: "1003" },
    { command: "answer" },
    { command: "reject", call: "call-2" },
    { command: "hangUp" },
    { command: "mute", on: true },
    { command: "hold", on: false, call: "call-1" },
    { command: "dtmf", tones: "12#" },
    { command: "transfer", number: "1004" },
  ])("takes %j", (command) => {
    expect(message({ ...command, id: 7 })).toStrictEqual({ is: "command", id: 7, command });
  });

  it("takes a number as people write it", () => {
    expect(message({ command: "dial", number: "10 03" })).toStrictEqual({
      is: "command",
      command: { command: "dial", number: "1003" },
    });
  });

  it.each([
    null,
    undefined,
    1,
    "text",
    [],
    {},
    { command: "dial" },
    { webrtcGenesys: 2, command: "signOut" },
  ])("leaves %j to whom it belongs", (data) => {
    expect(parseMessage(data)).toStrictEqual({ is: "foreign" });
  });

  it("does not take its own events for commands", () => {
    expect(message({ event: "state", command: "signOut" })).toStrictEqual({ is: "foreign" });
  });

  it.each([
    [{}, /^command is none of signIn, /],
    [{ command: "constructor" }, /^command is none of/],
    [{ command: ["dial"] }, /^command is none of/],
    [{ command: "dial" }, /^dial: number is not as it should be$/],
    [{ command: "dial", number: 1003 }, /^dial: number/],
    [{ command: "dial", number: "1003@host" }, /^dial: number/],
    [{ command: "mute" }, /^mute: on/],
    [{ command: "mute", on: "yes" }, /^mute: on/],
    [{ command: "answer", call: "<b>" }, /^answer: call/],
    [{ command: "answer", number: "1003" }, /^answer takes no number$/],
    [
      { command: "signIn", dn: "1002", password: "x".repeat(257) },
      /^signIn: password is not as it should be$/,
    ],
    [{ command: "signIn", dn: "1002", password: 12345 }, /^signIn: password is not as it should be$/],
  ])("refuses %j", (fields, error) => {
    expect(message({ ...fields, id: "a" })).toStrictEqual({
      is: "faulty",
      id: "a",
      error: expect.stringMatching(error),
    });
  });

  it("refuses an id that is no handle", () => {
    for (const id of [{}, "x".repeat(65), null]) {
      expect(message({ command: "signOut", id })).toStrictEqual({
        is: "faulty",
        error: "id is neither a number nor a short text",
      });
    }
  });
});

describe("callFor", () => {
  const calls = [
    aCall({ id: "call-1", phase: "active" }),
    aCall({ id: "call-2" }),
    aCall({ id: "call-3", phase: "ended" }),
  ];

  it("finds the only call that a command fits", () => {
    expect(callFor("answer", undefined, calls).id).toBe("call-2");
    expect(callFor("hangUp", undefined, calls).id).toBe("call-1");
  });

  it("does not guess", () => {
    const two = [...calls, aCall({ id: "call-4", phase: "active" })];
    expect(() => callFor("hold", undefined, two)).toThrow("there are 2 calls to hold: name one");
    expect(callFor("hold", "call-4", two).id).toBe("call-4");
  });

  it("says that there is none, also of a call in another state", () => {
    expect(() => callFor("answer", "call-1", calls)).toThrow("there is no call to answer");
    expect(() => callFor("mute", "call-3", calls)).toThrow("there is no call to mute");
  });
});
