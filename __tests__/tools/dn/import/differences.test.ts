import { compareOptions } from "../../../../tools/dn/import/differences";
import { findPhones } from "../../../../tools/dn/import/phones";
import { objectsIn } from "./objects-of";

const compare = (text: string) => {
  const { found } = findPhones(objectsIn(text), { realm: "ours", probeDn: "9999" });
  return compareOptions(found, ["ulaw", "alaw"]);
};
const auth = "[a]\ntype=auth\nusername=x\npassword=x\n";

it("is silent about what is the same here", () => {
  const text = `${auth}[1]\ntype=endpoint\nauth=a\naors=1\ntransport=t\nwebrtc=yes\ndisallow=all\nallow=ulaw\nallow=alaw\ndirect_media=no\nrewrite_contact=1\ndtmf_mode=rfc4733\n[1]\ntype=aor\nmax_contacts=1\nqualify_frequency=30\n`;
  expect(compare(text)).toStrictEqual({ differences: [], ignored: new Map() });
});

it("counts what is different, with the place where it stands first, the most frequent first", () => {
  const text = `${auth}[t](!)\ntype=endpoint\nauth=a\ndirect_media=yes\nallow=opus\nallow=ulaw\n[1](t)\n[2](t)\naors=2\n[3](t)\ndirect_media=no\n[2]\ntype=aor\nmax_contacts=10\n`;
  expect(
    compare(text).differences.map(({ option, phones, place }) => [option, phones, place.line]),
  ).toStrictEqual([
    ["allow=opus,ulaw", 3, 10],
    ["direct_media=yes", 2, 8],
    ["max_contacts=10", 1, 18],
  ]);
});

it("sums up the options that phones here don't have, without their values", () => {
  const text = `${auth}[t](!)\ntype=endpoint\nauth=a\nset_var=SECRET=1\n[1](t)\nmailboxes=1@default\n[2](t)\n`;
  const { differences, ignored } = compare(text);
  expect(differences).toStrictEqual([]);
  expect([...ignored]).toStrictEqual([
    ["mailboxes", 1],
    ["set_var", 2],
  ]);
});
