import { describe as inWords } from "../../../../tools/verify/drift/check";
import { environment } from "./support";

const site = environment();

describe("the line of the table", () => {
  const before = process.env.FORWARDING_MODE;
  afterEach(() => {
    if (before === undefined) delete process.env.FORWARDING_MODE;
    else process.env.FORWARDING_MODE = before;
  });
  beforeEach(() => {
    delete process.env.FORWARDING_MODE;
  });

  it("names each drift, and one command that makes all of them right", () => {
    const text = inWords(site, [
      { service: "nginx", text: "one", replace: ["nginx-release"] },
      { service: "asterisk", text: "two", replace: ["asterisk-release", "asterisk"] },
      { service: "asterisk", text: "three", replace: ["asterisk-release"] },
      { service: "postgres", text: "four", replace: [] },
    ]);
    expect(text.split("\n")).toStrictEqual([
      "nginx: one",
      "asterisk: two",
      "asterisk: three",
      "postgres: four",
      "way out: ./bin/up site --replace asterisk --replace asterisk-release --replace nginx-release",
      "  makes asterisk anew: every call ends; phones register again",
    ]);
  });

  it("is the next deploy where that is enough, in the mode of this run", () => {
    process.env.FORWARDING_MODE = "static";
    expect(inWords(site, [{ service: "nginx", text: "old", replace: [] }])).toBe(
      "nginx: old\nway out: FORWARDING_MODE=static ./bin/up site",
    );
  });

  it("has no command where the text says what to do", () => {
    expect(inWords(site, [{ service: "nginx", text: "is paused", replace: undefined }])).toBe(
      "nginx: is paused",
    );
  });

  it("says once that the other mode is in force, and how to look with that one", () => {
    const drift = (service: string) => ({ service, text: "other", replace: [], otherMode: "proxy" });
    expect(inWords(site, [drift("asterisk"), drift("nginx")]).split("\n")).toStrictEqual([
      "asterisk, nginx: in mode proxy, and static is meant",
      "way out: ./bin/up site",
      "where proxy is meant: FORWARDING_MODE=proxy npm run verify -- site",
    ]);
  });

  it("is bounded", () => {
    const drifts = Array.from({ length: 100 }, (_, at) => ({
      service: "nginx",
      text: String(at),
      replace: [],
    }));
    const lines = inWords(site, drifts).split("\n");
    expect(lines).toHaveLength(14);
    expect(lines[12]).toBe("and 88 more");
  });
});
