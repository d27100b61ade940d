import {
  parseChannels,
  parseContacts,
  parseProviderRegistrations,
  parseRegistrations,
} from "../../tools/asterisk-cli";

// As Asterisk 22.10.1 prints them.
const contacts = `
  Contact:  <Aor/ContactUri..............................> <Hash....> <Status> <RTT(ms)..>
==========================================================================================

  Contact:  1002/sip:1002@127.0.0.1:36330;transport=WS;x-a 09fb5db2b1 Avail         2.979
  Contact:  genesys_sip_server_2/sip:127.0.0.3             1d87f252e9 Unavail         nan

Objects found: 2
`;
const registrations = `
 <Registration/ServerURI..............................>  <Auth....................>  <Status.......>
==========================================================================================

 genesys-1002/sip:127.0.0.2                              n/a                         Registered        (exp. 77s)
 genesys-1003/sip:127.0.0.2:5061                         genesys                     Rejected          (exp. 9s)
 trunk-voip2/sip:192.0.2.9                               trunk-voip2                 Registered        (exp. 9s)

Objects found: 2
`;

it("reads the contacts", () => {
  expect(parseContacts(contacts)).toStrictEqual([
    { aor: "1002", uri: "sip:1002@127.0.0.1:36330;transport=WS;x-a", status: "Avail" },
    { aor: "genesys_sip_server_2", uri: "sip:127.0.0.3", status: "Unavail" },
  ]);
});

it("reads the state of each DN's registration", () => {
  expect([...parseRegistrations(registrations)]).toStrictEqual([
    ["1002", "Registered"],
    ["1003", "Rejected"],
  ]);
});

it("tells the registrations at providers from them", () => {
  expect([...parseProviderRegistrations(registrations)]).toStrictEqual([["voip2", "Registered"]]);
});

it("reads nothing where there is nothing", () => {
  expect(parseContacts("No objects found.\n")).toStrictEqual([]);
  expect([...parseRegistrations("No objects found.\n")]).toStrictEqual([]);
});

it("reads the channels", () => {
  const output =
    "PJSIP/1002-00000003!genesys-agent!1003!1!Up!Dial!PJSIP/1003@genesys_sip_server,300!1002!!!3!12!!1795246124.3\n" +
    "PJSIP/genesys_sip_server-00000004!from-genesys!!1!Up!AppDial!(Outgoing Line)!1003!!!3!12!!1795246124.4\n";
  expect(parseChannels(output)).toStrictEqual(["PJSIP/1002-00000003", "PJSIP/genesys_sip_server-00000004"]);
  expect(parseChannels("")).toStrictEqual([]);
});
