import { judgeTalk } from "../../../../assets/nginx/phone/logic/talk";
import { aCall } from "./calls";

const both = { talk: true, hold: true };
const ringing = (id: string, uuid?: string) => aCall({ id, ...(uuid && { uuid }) });
const active = (id: string, uuid?: string, held = false) =>
  aCall({ id, phase: "active", held, ...(uuid && { uuid }) });

/** What is done, and with which call. */
function judged(event: string, uuid: string | undefined, calls: ReturnType<typeof aCall>[], switches = both) {
  const verdict = judgeTalk({ event, ...(uuid && { uuid }) }, calls, switches);
  return verdict.do === "nothing" ? "nothing" : `${verdict.do} ${verdict.call.id}`;
}

describe("talk", () => {
  it("answers the call that it names, among others", () => {
    expect(judged("talk", "B", [ringing("a", "A"), ringing("b", "b")])).toBe("answer b");
  });

  it.each([
    ["another UUID", "C"],
    ["no UUID", undefined],
  ])("answers no call that has a UUID when it has %s", (_, uuid) => {
    expect(judged("talk", uuid, [ringing("a", "A")])).toBe("nothing");
  });

  it.each(["C", undefined])("answers the only ringing call where that has none: %s", (uuid) => {
    expect(judged("talk", uuid, [ringing("a")])).toBe("answer a");
    expect(judged("talk", uuid, [ringing("a"), active("b", "B")])).toBe("answer a");
  });

  it("does not guess between two", () => {
    expect(judged("talk", undefined, [ringing("a"), ringing("b")])).toBe("nothing");
    expect(judged("talk", "C", [ringing("a"), ringing("b", "B")])).toBe("nothing");
  });

  it("takes up a held call by its name only", () => {
    expect(judged("talk", "A", [active("a", "A", true)])).toBe("resume a");
    expect(judged("talk", undefined, [active("a", undefined, true)])).toBe("nothing");
    expect(judged("talk", "A", [active("a", "A")])).toBe("nothing");
  });

  it("ignores calls that are over", () => {
    expect(judged("talk", "A", [aCall({ phase: "ended", uuid: "A" })])).toBe("nothing");
  });
});

describe("hold", () => {
  it("holds the call that it names, or the only one without a name", () => {
    expect(judged("hold", "A", [active("a", "A"), active("b", "B")])).toBe("hold a");
    expect(judged("hold", "C", [active("a")])).toBe("hold a");
  });

  it("holds no other, and none twice", () => {
    expect(judged("hold", "C", [active("a", "A")])).toBe("nothing");
    expect(judged("hold", "A", [active("a", "A", true)])).toBe("nothing");
    expect(judged("hold", "A", [ringing("a", "A")])).toBe("nothing");
  });
});

it("does nothing that the user has switched off, and nothing unknown", () => {
  expect(judged("talk", "A", [ringing("a", "A")], { talk: false, hold: true })).toBe("nothing");
  expect(judged("hold", "A", [active("a", "A")], { talk: true, hold: false })).toBe("nothing");
  expect(judged("check-sync", "A", [ringing("a", "A")])).toBe("nothing");
});
