import { credentialOfPassword } from "../../../assets/database/src/credential";
import { addDn } from "../../../tools/dn/add";
import { contextOf, noPassword, password, type World } from "./support";

const loads = () => "Endpoint:  2001";
const added: World = { database: () => ({ outcome: "added" }), asterisk: loads };

it("adds a DN with its digest, and says that it works now", async () => {
  const { context, requests, told } = contextOf(added);
  await addDn(context, "2001", "Alice", password());
  expect(requests).toStrictEqual([
    {
      what: "add",
      settings: { realm: "webrtc-genesys", context: "genesys-agent", codecs: ["ulaw", "alaw"] },
      phone: {
        number: "2001",
        displayName: "Alice",
        credential: credentialOfPassword("2001", "webrtc-genesys", "correct horse"),
      },
    },
  ]);
  expect(told.join("\n")).toContain("2001 added: a phone can sign in with it now");
  expect(told.join("\n")).not.toContain("correct horse");
});

it("shows a password that it made, once", async () => {
  const { context, told } = contextOf(added);
  await addDn(context, "2001", undefined, password("made here", true));
  expect(told.filter((line) => line.includes("made here"))).toHaveLength(1);
});

it("warns that nobody watches a DN outside monitor.range", async () => {
  const { context, told } = contextOf({
    ...added,
    forwarding: { allowedDns: [{ from: "7000", to: "7999" }] },
  });
  await addDn(context, "7001", undefined, password());
  expect(told.join("\n")).toContain("7001 is outside monitor.range (1000-5020)");
});

it.each<[why: string, dn: string, world: World, message: string]>([
  ["of the file", "1002", {}, "1002 is in environments/local.yaml: a deploy brings it"],
  ["the probe", "9999", {}, "9999 is in environments/local.yaml"],
  [
    "in static mode, whatever the file says",
    "2001",
    { forwarding: { mode: "static" }, environment: { forwardingMode: "proxy" } },
    "local is in static mode, where Asterisk registers the DNs of environments/local.yaml at Genesys",
  ],
  [
    "outside what sip-proxy allows now, whatever the file says",
    "6001",
    { environment: { allowedDns: [{ from: "6000", to: "6999" }] } },
    "6001 is outside allowedDns (1000-5020), so Genesys would never hear of it",
  ],
])("refuses a DN %s before it asks for a password", async (_, dn, world, message) => {
  const { context, requests } = contextOf(world);
  await expect(addDn(context, dn, undefined, noPassword)).rejects.toThrow(message);
  expect(requests).toStrictEqual([]);
});

it.each([
  ["there already", "2001 is there already: 'npm run dn -- passwd 2001' changes its password"],
  [
    "of the environment",
    "2001 was deployed from an environment file that lists it, and environments/local.yaml",
  ],
] as const)("says when the database has it %s", async (outcome, message) => {
  const { context } = contextOf({ database: () => ({ outcome }) });
  await expect(addDn(context, "2001", undefined, password())).rejects.toThrow(message);
});

it("says when Asterisk does not load it", async () => {
  const { context } = contextOf({ ...added, asterisk: () => "Unable to find object 2001." });
  await expect(addDn(context, "2001", undefined, password())).rejects.toThrow("docker logs local-asterisk");
});
