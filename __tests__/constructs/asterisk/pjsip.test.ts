import { ConfError } from "../../../constructs/asterisk/conf";
import { type PjsipRegistration, type PjsipSection, renderPjsip } from "../../../constructs/asterisk/pjsip";
import { parseAsteriskConf } from "./asterisk-parser";

const registration: PjsipRegistration = {
  type: "registration",
  name: "genesys-1002",
  transport: "transport-udp",
  serverUri: "sip:127.0.0.2",
  clientUri: "sip:1002@127.0.0.2",
  contactUser: "1002",
  expiration: 600,
  retryInterval: 10,
  forbiddenRetryInterval: 10,
  fatalRetryInterval: 10,
  maxRetries: 1000,
  authRejectionPermanent: false,
  maxRandomInitialDelay: 2,
  line: true,
  endpoint: "genesys_sip_server",
};

describe("renderPjsip", () => {
  it("writes each type with Asterisk's names for its options", () => {
    const sections: PjsipSection[] = [
      {
        type: "transport",
        name: "transport-udp",
        protocol: "udp",
        bind: "127.0.0.1:5060",
        localNets: ["10.0.0.0/8"],
      },
      { type: "aor", name: "trunk", contacts: ["sip:127.0.0.2"], qualifyFrequency: 30 },
      { type: "auth", name: "genesys", username: "1002", password: { secret: "genesys" } },
      { type: "identify", name: "trunk", endpoint: "trunk", matches: ["127.0.0.2"], srvLookups: false },
    ];
    const options = parseAsteriskConf(renderPjsip(sections)).map(({ options }) =>
      Object.fromEntries(options),
    );
    expect(options).toStrictEqual([
      { type: "transport", protocol: "udp", bind: "127.0.0.1:5060", local_net: "10.0.0.0/8" },
      { type: "aor", contact: "sip:127.0.0.2", qualify_frequency: "30" },
      { type: "auth", auth_type: "digest", username: "1002", password: "@{secret:genesys}" },
      { type: "identify", endpoint: "trunk", match: "127.0.0.2", srv_lookups: "no" },
    ]);
  });

  it("leaves a registration that is switched off out, and says so", () => {
    const text = renderPjsip([{ ...registration, expiration: 0 }]);
    expect(text).toBe("; registration genesys-1002 is switched off\n");
    expect(renderPjsip([registration])).toContain("expiration = 600\n");
  });

  it("keeps a name in the comment of a registration that is switched off from breaking out", () => {
    const text = renderPjsip([{ ...registration, name: "x\n[evil]", expiration: 0 }]);
    expect(parseAsteriskConf(text)).toStrictEqual([]);
  });

  it("refuses line without an endpoint", () => {
    expect(() => renderPjsip([{ ...registration, endpoint: undefined }])).toThrow(
      "[genesys-1002] line: needs the endpoint that calls to the Contact belong to",
    );
  });

  it("refuses two sections of one type and name", () => {
    expect(() => renderPjsip([registration, registration])).toThrow(
      "registration genesys-1002: two sections",
    );
  });

  it.each([
    ["contactUser", "1002\nendpoint = 1003"],
    ["serverUri", "sip:x\r\n[evil]"],
    ["transport", "@{secret:ari}"],
  ] as const)("refuses a %s that breaks out", (option, value) => {
    expect(() => renderPjsip([{ ...registration, [option]: value }])).toThrow(ConfError);
  });

  it("refuses an item with a comma in a list", () => {
    const endpoint = { type: "endpoint", name: "e", context: "c", codecs: ["ulaw"] } as const;
    expect(() => renderPjsip([{ ...endpoint, aors: ["a,b"] }])).toThrow('"a,b" has a comma');
  });
});
