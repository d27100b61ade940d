import { reasonsOf } from "../../../tools/verify/call-control";
import { checklist, expectedServices } from "../../../tools/verify/checks";
import { SITE, siteLoader, testDirectory } from "../../config/files";

const { load } = siteLoader(testDirectory());
const [without, extended] = ["", "callControl: {}\n"].map((text) => load(SITE + text).environment);

it("is looked for where the environment has it, and nowhere else", () => {
  if (!without || !extended) throw new Error("no environment");
  expect(expectedServices(without)).not.toContain("call-control");
  expect(expectedServices(extended)).toContain("call-control");
  const titles = (one: typeof without) => checklist(one).map(({ title }) => title);
  expect(titles(extended).filter((title) => !titles(without).includes(title))).toStrictEqual([
    "call control",
  ]);
});

it("says in the service's own words what is wrong", () => {
  const login = "ARI: user or password is wrong: the secret `ari` has changed since Asterisk's last release";
  expect(reasonsOf({ status: "not ready", reasons: [login, "database: away"] })).toBe(
    `${login}\ndatabase: away`,
  );
});

it.each([
  ["Bad Gateway", 'call-control says "Bad Gateway"'],
  [{ status: "starting" }, 'call-control says {"status":"starting"}'],
  [{ reasons: [] }, 'call-control says {"reasons":[]}'],
])("repeats what gives no reason: %j", (body, said) => {
  expect(reasonsOf(body)).toBe(said);
});
