import { findPhones } from "../../../../tools/dn/import/phones";
import { objectsIn } from "./objects-of";

const find = (text: string) => findPhones(objectsIn(text), { realm: "ours", probeDn: "9999" });

const numbers = (text: string) => find(text).found.map(({ number }) => number);

describe("a phone", () => {
  it.each([
    [
      "of one name",
      "[1002]\ntype=endpoint\nauth=1002\naors=1002\n[1002]\ntype=auth\nusername=1002\npassword=x\n[1002]\ntype=aor\n",
    ],
    [
      "with auth before the number",
      "[1002]\ntype=endpoint\nauth=auth1002\n[auth1002]\ntype=auth\nusername=1002\npassword=x\n",
    ],
    [
      "of FreePBX",
      "[1002]\ntype=endpoint\naors=1002\nauth=1002-auth\ncallerid=Alice <1002>\n[1002-auth]\ntype=auth\nauth_type=userpass\npassword=x\nusername=1002\n[1002]\ntype=aor\nmax_contacts=1\n",
    ],
  ])("is found %s", (_, text) => {
    const { found, leftOut, others } = find(text);
    expect(found).toMatchObject([{ number: "1002", secret: "x" }]);
    expect([leftOut, others]).toStrictEqual([[], []]);
  });

  it("inherits from templates, and has a place and a name", () => {
    const text =
      '[t](!)\ntype=endpoint\nwebrtc=yes\n[1002](t)\nauth=a\ncallerid="Alice" <1002>\n[a]\ntype=auth\nusername=1002\npassword=x\n';
    expect(find(text).found).toMatchObject([
      { number: "1002", displayName: "Alice", place: { file: "pjsip.conf", line: 4 }, notes: [] },
    ]);
  });

  it("of pjsip_wizard.conf is what Asterisk makes of it", () => {
    const text = [
      "[phone](!)\ntype=wizard\naccepts_auth=yes\naccepts_registrations=yes\ntransport=w\nendpoint/webrtc=yes\naor/max_contacts=2",
      "[1002](phone)\ninbound_auth/username=1002\ninbound_auth/password=x\nendpoint/callerid=Alice <1002>",
      "[provider]\ntype=wizard\nsends_auth=yes\nremote_hosts=192.0.2.1, 192.0.2.2\noutbound_auth/username=y",
    ].join("\n");
    const { found, leftOut, others } = find(text);
    expect(found).toMatchObject([{ number: "1002", displayName: "Alice", secret: "x", notes: [] }]);
    expect(found[0]?.aors[0]?.options.get("max_contacts")?.[0]?.value).toBe("2");
    expect(leftOut).toStrictEqual([]);
    expect(others).toMatchObject([{ name: "provider" }]);
  });

  it("keeps its leading zeros", () => {
    expect(
      numbers("[0100]\ntype=endpoint\nauth=a\n[a]\ntype=auth\nusername=0100\npassword=x\n"),
    ).toStrictEqual(["0100"]);
  });

  it("takes the realm of the global section for its digest", () => {
    const md5 = "0".repeat(32);
    const text = `[global]\ntype=global\ndefault_realm=site\n[1]\ntype=endpoint\nauth=a\n[a]\ntype=auth\nauth_type=md5\nusername=1\nmd5_cred=${md5}\n`;
    expect(find(text).found[0]?.secret).toBe(`{MD5}1:site:${md5}`);
  });

  it("tells what will be different for its agent", () => {
    const text = [
      '[1002]\ntype=endpoint\nauth=gone,no,a\naors=5002,desk\ncallerid="A<B" <1002>',
      "[no]\ntype=auth\nusername=1002",
      "[a]\ntype=auth\nusername=seven\npassword=x",
      "[desk]\ntype=aor\ncontact=sip:1002@192.0.2.1",
    ].join("\n");
    expect(find(text).found[0]?.notes).toStrictEqual([
      "its phone signs in as user seven: the page /phone/ can't, for it takes the DN",
      "it has 2 auths: 'a' is taken",
      expect.stringContaining("its name 'A<B' is not a name"),
      "it registered as 5002, desk: here it has to register as 1002",
      "it has a contact for good (pjsip.conf:15): here a phone has to register",
      "it was no browser phone: here phones come over wss only",
    ]);
  });

  it.each([
    ["webrtc", "webrtc=yes"],
    ["DTLS", "media_encryption=dtls"],
    ["the transport", "transport=w"],
  ])("is a browser phone by %s", (_, option) => {
    const text = `[w]\ntype=transport\nprotocol=wss\n[1]\ntype=endpoint\nauth=a\n${option}\n[a]\ntype=auth\nusername=1\npassword=x\n`;
    expect(find(text).found[0]?.notes).toStrictEqual([]);
  });
});

describe("what is left out", () => {
  it.each([
    [
      "no number",
      "[alice]\ntype=endpoint\nauth=a\n[a]\ntype=auth\nusername=a\npassword=x\n",
      "its name is no DN (1 to 20 digits)",
    ],
    ["too long", `[${"1".repeat(21)}]\ntype=endpoint\nauth=a\n`, "its name is no DN (1 to 20 digits)"],
    ["the probe", "[9999]\ntype=endpoint\nauth=a\n", "it is the probeDn of the environment file"],
    ["no auth", "[1002]\ntype=endpoint\n", "it has no auth, so no password"],
    ["an auth that is missing", "[1002]\ntype=endpoint\nauth=a,b\n", "its auth 'a, b' is not there"],
    [
      "an auth without a password",
      "[1002]\ntype=endpoint\nauth=a\n[a]\ntype=auth\nusername=1\n",
      "its auth 'a' has no password",
    ],
  ])("has a reason: %s", (_, text, reason) => {
    const { found, leftOut } = find(text);
    expect(found).toStrictEqual([]);
    expect(leftOut).toMatchObject([{ place: { line: 1 }, reason: expect.stringContaining(reason) }]);
  });

  it("are duplicates, of which the first counts", () => {
    const phone = (password: string) =>
      `[1002]\ntype=endpoint\nauth=a\n[a]\ntype=auth\nusername=1002\npassword=${password}\n`;
    const { found, leftOut } = find(phone("one") + phone("two"));
    expect(found).toMatchObject([{ secret: "one" }]);
    expect(leftOut.map(({ name, place, reason }) => [name, place.line, reason.slice(0, 53)])).toStrictEqual([
      ["1002", 8, "is there twice as endpoint, first at pjsip.conf:1: on"],
      ["a", 11, "is there twice as auth, first at pjsip.conf:4: only t"],
    ]);
  });

  it("is no phone where it is a trunk, or nobody signs in", () => {
    const text = [
      "[anonymous]\ntype=endpoint\ncontext=x",
      "[byaddress]\ntype=endpoint\nauth=a\n[i]\ntype=identify\nendpoint=byaddress\nmatch=192.0.2.1",
      "[outbound]\ntype=endpoint\noutbound_auth=a",
      "[aortrunk]\ntype=endpoint\naors=aortrunk\n[aortrunk]\ntype=aor\ncontact=sip:192.0.2.1",
      "[5551234]\ntype=endpoint\noutbound_auth=a",
      "[r1]\ntype=registration\nendpoint=byaddress\n[r2]\ntype=registration",
    ].join("\n");
    const { found, leftOut, others } = find(text);
    expect([found, leftOut]).toStrictEqual([[], []]);
    expect(others.map(({ name, reason }) => `${name}: ${reason}`)).toStrictEqual([
      "anonymous: nobody signs in to it: it has no auth",
      "byaddress: a trunk: it is known by an address, or Asterisk registers it",
      "outbound: a trunk: Asterisk signs in somewhere with it (outbound_auth)",
      "aortrunk: a trunk: its contact is there for good",
      "5551234: a trunk: Asterisk signs in somewhere with it (outbound_auth)",
      "2 × registration: DNs are registered at Genesys by static mode, or by sip-proxy",
    ]);
  });

  it("does not hold for a phone whose DN Asterisk registered, as older deployments had it", () => {
    const text =
      "[1002]\ntype=endpoint\nauth=a\n[a]\ntype=auth\nusername=1002\npassword=x\n[genesys-1002]\ntype=registration\nendpoint=1002\n";
    expect(numbers(text)).toStrictEqual(["1002"]);
  });
});
