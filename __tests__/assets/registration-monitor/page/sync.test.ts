import type { Delta, Whole } from "../../../../assets/registration-monitor/page/logic/messages";
import { Sync } from "../../../../assets/registration-monitor/page/logic/sync";

let story: string[];
let sync: Sync;

const whole = (version: string) => ({ version }) as Whole;
const delta = (version: string): Delta => ({ version });

beforeEach(() => {
  story = [];
  sync = new Sync({
    fetch: () => story.push("fetch"),
    whole: ({ version }) => story.push(`whole ${version}`),
    delta: ({ version }) => story.push(`delta ${version}`),
  });
  sync.begin();
});

describe("the whole and the deltas", () => {
  it("come together when deltas come first: those that the whole has are left out", () => {
    sync.started("a-1");
    for (const version of ["a-2", "a-3", "a-4"]) sync.delta(delta(version));
    sync.whole(whole("a-3"));
    sync.delta(delta("a-5"));
    expect(story).toStrictEqual(["fetch", "whole a-3", "delta a-4", "delta a-5"]);
    expect(sync.version).toBe("a-5");
  });

  it("come together when the whole comes first", () => {
    sync.whole(whole("a-3"));
    sync.started("a-3");
    sync.delta(delta("a-4"));
    expect(story).toStrictEqual(["fetch", "whole a-3", "delta a-4"]);
  });

  it("that passed between the whole and the stream make it fetch again", () => {
    sync.whole(whole("a-3"));
    sync.started("a-5");
    sync.delta(delta("a-6"));
    sync.whole(whole("a-6"));
    expect(story).toStrictEqual(["fetch", "whole a-3", "fetch", "whole a-6"]);
  });

  it("with a gap make it fetch again, once", () => {
    sync.whole(whole("a-3"));
    sync.delta(delta("a-7"));
    sync.delta(delta("a-8"));
    sync.whole(whole("a-7"));
    expect(story).toStrictEqual(["fetch", "whole a-3", "fetch", "whole a-7", "delta a-8"]);
  });

  it("of another process make it fetch again, and nothing of the old one comes on top", () => {
    sync.delta(delta("a-1"));
    sync.whole(whole("a-3"));
    sync.delta(delta("b-4"));
    sync.delta(delta("a-4"));
    sync.whole(whole("b-9"));
    sync.whole(whole("b-9"));
    sync.delta(delta("b-10"));
    expect(story).toStrictEqual([
      ...["fetch", "whole a-3", "fetch", "whole b-9", "fetch", "whole b-9", "delta b-10"],
    ]);
  });

  it("are not asked for when the server says that too much has changed, but the whole is", () => {
    sync.whole(whole("a-3"));
    sync.reset();
    sync.reset();
    sync.whole(whole("a-4"));
    expect(story).toStrictEqual(["fetch", "whole a-3", "fetch", "whole a-4"]);
  });

  it("wait for the next try when the whole can't be fetched", () => {
    sync.failed();
    sync.delta(delta("a-4"));
    sync.begin();
    sync.whole(whole("a-3"));
    expect(story).toStrictEqual(["fetch", "fetch", "whole a-3", "delta a-4"]);
  });

  it("are bounded while they wait: a gap makes it fetch again", () => {
    for (let n = 1; n <= 600; n++) sync.delta(delta(`a-${n}`));
    sync.whole(whole("a-2"));
    expect(story).toStrictEqual(["fetch", "whole a-2", "fetch"]);
  });
});
