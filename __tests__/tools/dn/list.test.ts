import type { StoredDn } from "../../../assets/database/src/request";
import { listDns, renderDns } from "../../../tools/dn/list";
import { contextOf } from "./support";

const digest = (username: string, realm = "webrtc-genesys") => ({ algorithm: "MD5", username, realm });
const stored: StoredDn[] = [
  { number: "1002", displayName: "Alice", source: "environment", digest: digest("1002"), contacts: 1 },
  { number: "9999", displayName: "Probe", source: "environment", digest: digest("9999"), contacts: 0 },
  { number: "1500", source: "environment", digest: digest("1500"), contacts: 0 },
  { number: "2001", source: "added", digest: digest("agent", "asterisk"), contacts: 2 },
  { number: "1003", source: "added", digest: digest("1003"), contacts: 0 },
  { number: "100", source: "other", contacts: 0 },
];
const registrations = [
  { dn: "1002", state: "registered" },
  { dn: "2001", state: "backing off" },
  { dn: "1003", state: "idle" },
];

it("joins the file, the database and Genesys, by number", async () => {
  const { context } = contextOf({
    environment: { dns: [{ number: "1002" }, { number: "1003" }, { number: "1004", displayName: "Dora" }] },
    database: () => ({ dns: stored }),
    sipProxy: () => ({ status: 200, body: { registrations } }),
  });
  const dns = await listDns(context);
  expect(dns).toStrictEqual([
    { number: "100", source: "other", phones: 0 },
    {
      number: "1002",
      displayName: "Alice",
      source: "file",
      digest: digest("1002"),
      phones: 1,
      genesys: "registered",
    },
    { number: "1003", source: "file", deploy: "adds it", digest: digest("1003"), phones: 0 },
    { number: "1004", displayName: "Dora", source: "file", deploy: "adds it", phones: 0 },
    { number: "1500", source: "file", deploy: "removes it", digest: digest("1500"), phones: 0 },
    {
      number: "2001",
      source: "added",
      digest: digest("agent", "asterisk"),
      phones: 2,
      genesys: "backing off",
    },
    { number: "9999", displayName: "Probe", source: "file", digest: digest("9999"), phones: 0 },
  ]);
  expect(renderDns(dns).split("\n")).toStrictEqual([
    "DN    Name   From                       Password                         Phone         Genesys",
    "100          other                      none                             -             -",
    "1002  Alice  file                       MD5                              registered    registered",
    "1003         file; a deploy adds it     MD5                              -             -",
    "1004  Dora   file; a deploy adds it     -                                -             -",
    "1500         file; a deploy removes it  MD5                              -             -",
    "2001         added                      MD5, user agent, realm asterisk  2 registered  backing off",
    "9999  Probe  file                       MD5                              -             -",
  ]);
});

it("asks Asterisk for the states at Genesys in static mode", async () => {
  const { context } = contextOf({
    forwarding: { mode: "static" },
    database: () => ({ dns: stored.slice(0, 1) }),
    asterisk: () => " genesys-1002/sip:127.0.0.2   n/a   Registered   (exp. 570s)\n",
  });
  expect((await listDns(context))[0]).toMatchObject({ number: "1002", genesys: "Registered" });
});
