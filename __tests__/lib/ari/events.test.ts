import fc from "fast-check";
import { AriError } from "../../../lib/ari";
import { readEvent } from "../../../lib/ari/events";
import { channel } from "./fake-asterisk";

const base = { timestamp: "2026-11-21T07:59:25.986+0000", application: "callcenter" };
const text = (event: object) => JSON.stringify({ ...base, ...event });

describe("an event", () => {
  it("is read by its type", () => {
    const { known, event } = readEvent(
      text({ type: "StasisStart", args: ["one", "two"], channel: channel("x1") }),
    );
    expect(known).toBe(true);
    expect(event).toMatchObject({
      type: "StasisStart",
      args: ["one", "two"],
      channel: { id: "x1", state: "Up", dialplan: { app_name: "Stasis" } },
    });
  });

  it("of a type that is not known is passed on as it came", () => {
    const event = { ...base, type: "CallBroadcast", called: "1002", channel: { odd: true } };
    expect(readEvent(JSON.stringify(event))).toStrictEqual({ known: false, event });
    expect(readEvent('{"type":"toString"}')).toStrictEqual({ known: false, event: { type: "toString" } });
    expect(readEvent('{"type":"__proto__"}').known).toBe(false);
  });

  it("keeps words that a newer Asterisk may have", () => {
    const { event } = readEvent(text({ type: "ChannelStateChange", channel: channel("x1", "Dreaming") }));
    expect(event).toMatchObject({ channel: { state: "Dreaming" } });
  });

  it.each([
    [
      text({ type: "StasisStart", args: [] }),
      "event StasisStart: channel: Invalid input: expected object, received undefined",
    ],
    [
      text({ type: "ChannelDtmfReceived", channel: channel("x1"), digit: 5, duration_ms: 100 }),
      "event ChannelDtmfReceived: digit: Invalid input: expected string, received number",
    ],
    ["{", 'event: "{" is no object with a type'],
    ["null", 'event: "null" is no object with a type'],
    ['{"type":7}', 'event: "{\\"type\\":7}" is no object with a type'],
  ])("that is malformed is refused in words: %s", (malformed, message) => {
    expect(() => readEvent(malformed)).toThrow(expect.objectContaining({ code: "ARI_PROTOCOL", message }));
  });

  it("is read or refused, and nothing else, whatever comes", () => {
    const anything = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record({
          type: fc.constantFrom("StasisStart", "Dial", "BridgeCreated", "Odd"),
          channel: fc.anything(),
        })
        .map((value) => JSON.stringify(value) ?? ""),
    );
    fc.assert(
      fc.property(anything, (message) => {
        try {
          readEvent(message);
        } catch (error) {
          expect(error).toBeInstanceOf(AriError);
        }
      }),
    );
  });
});
