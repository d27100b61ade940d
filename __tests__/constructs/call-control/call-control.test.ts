import { callControlConfigSchema } from "../../../assets/call-control/src/config";
import { callControlConfig } from "../../../constructs/call-control/call-control";
import { SITE, siteLoader, testDirectory } from "../../config/files";

const { load } = siteLoader(testDirectory());

function configOf(section: string) {
  const { environment } = load(`${SITE}dns: [7001]\ncallControl: ${section}\n`);
  if (environment.callControl === undefined) throw new Error("the section is not there");
  return callControlConfig(environment, environment.callControl);
}

const FULL = `
  internalCalls: direct
  allowedPrefixes: ["+31"]
  dialing: {country: "31"}
  trunks:
    - {name: one, host: sip.provider.example, callerId: "+31201234567", prefixes: ["+31"], credentials: {username: u, secret: trunk-one}}
  dids: [{number: "+31201234567", dn: 1002}, {number: "+31201234568", queue: support}]
  queues: [{name: support, members: [1002, 7001], strategy: longest-idle}]
  recording: {announcement: "tone:1400/500,0/500"}
  jwt: {issuer: "https://login.example.com/", audience: calls}
  webhooks: [{name: crm, url: "https://crm.example.com/hooks", secret: webhook-crm, events: [ended]}]`;

it.each([
  ["the least that there can be", "{}"],
  ["everything", FULL],
])("the service takes its configuration: %s", (_, section) => {
  // As a release would fill it in.
  const text = JSON.stringify({ release: "0123456789ab", ...configOf(section) }).replaceAll(
    /@\{secret:[^}]*\}/g,
    "a secret of some length",
  );
  expect(callControlConfigSchema.safeParse(JSON.parse(text)).error?.issues).toBeUndefined();
});

it("has no secret in it but by its name", () => {
  expect(configOf(FULL)).toMatchObject({
    ari: { url: "http://127.0.0.1:8088", username: "webrtc", password: "@{secret:ari}" },
    database: { user: "call_control", password: "@{secret:postgres-call-control}" },
    recording: { signingKey: "@{secret:call-control-signing}" },
    jwt: { keys: "@{secret:call-control-jwks}" },
    webhooks: [{ name: "crm", secret: "@{secret:webhook-crm}" }],
  });
});

it("knows DNs of the list and of what proxy mode forwards, and trunks by their endpoints", () => {
  const { dns, trunks, genesysEndpoint, dids, instance } = configOf(FULL);
  expect(dns).toStrictEqual([
    { from: "1000", to: "5020" },
    { from: "7001", to: "7001" },
  ]);
  expect(trunks).toStrictEqual([
    { name: "one", endpoint: "trunk-one", prefixes: ["+31"], callerId: "+31201234567" },
  ]);
  expect(genesysEndpoint).toBe("genesys_sip_server");
  expect(dids).toStrictEqual([
    { number: "+31201234567", to: { dn: "1002" } },
    { number: "+31201234568", to: { queue: "support" } },
  ]);
  expect(instance).toBe("site");
});

it("announces nothing before a recording unless the environment says what", () => {
  expect(configOf("{}").recording).not.toHaveProperty("announcement");
  expect(configOf(FULL).recording.announcement).toBe("tone:1400/500,0/500");
});
