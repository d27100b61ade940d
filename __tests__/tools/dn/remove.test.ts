import { removeDn } from "../../../tools/dn/remove";
import type { HttpAnswer } from "../../../tools/verify/host";
import { contextOf, type World } from "./support";

beforeAll(() => {
  jest.spyOn(process.stdout, "write").mockImplementation(() => true);
});
afterAll(() => jest.restoreAllMocks());

const contact = "  Contact:  2001/sip:2001@127.0.0.1:5070;transport=ws 311fb5db2b Avail 2.979\n";
const idle: HttpAnswer = { status: 200, body: { state: "idle" } };
const removed: World = { database: () => ({ outcome: "removed" }), sipProxy: () => idle };

it("removes the rows first, then lets go at Genesys, then waits for Asterisk", async () => {
  let lists = 0;
  const states = ["releasing", "idle"];
  const { context, asked, requests, told } = contextOf({
    ...removed,
    sipProxy: (_, method) => (method === "POST" ? idle : { status: 200, body: { state: states.shift() } }),
    asterisk: (command) => {
      if (command !== "pjsip show contacts") return "";
      lists += 1;
      return lists < 3 ? contact : "No objects found.\n";
    },
  });
  await removeDn(context, "2001");
  expect(requests).toStrictEqual([{ what: "remove", number: "2001" }]);
  expect(asked).toStrictEqual([
    "core show channels concise",
    "POST /registrations/2001/release",
    "GET /registrations/2001",
    "GET /registrations/2001",
    "pjsip show contacts",
    "pjsip show contacts",
    "pjsip show contacts",
  ]);
  expect(told[0]).toContain("2001 removed: nobody can sign in with it");
});

it("asks nobody at Genesys in static mode, where it is not registered there", async () => {
  const { context, asked } = contextOf({ ...removed, forwarding: { mode: "static" } });
  await removeDn(context, "2001");
  expect(asked).toStrictEqual(["core show channels concise", "pjsip show contacts"]);
});

it("takes a DN whose phone sip-proxy has never seen for released", async () => {
  const { context, asked } = contextOf({ ...removed, sipProxy: () => ({ status: 404, body: {} }) });
  await removeDn(context, "2001");
  expect(asked.filter((line) => line.includes("registrations"))).toHaveLength(1);
});

it("says that a call goes on", async () => {
  const channels = "PJSIP/2001-00000001!a!b\nPJSIP/20011-00000002!a!b\nPJSIP/2001-00000003!a!b\n";
  const { context, told } = contextOf({
    ...removed,
    asterisk: (command) => (command.startsWith("core show channels") ? channels : ""),
  });
  await removeDn(context, "2001");
  expect(told[1]).toContain("it is in 2 calls, which go on until somebody hangs up");
});

it.each([
  ["1002", "1002 is in environments/local.yaml: remove it from 'dns' there, and deploy"],
  ["9999", "9999 is the probeDn of environments/local.yaml"],
])("refuses %s of the file", async (dn, message) => {
  const { context, requests } = contextOf({});
  await expect(removeDn(context, dn)).rejects.toThrow(message);
  expect(requests).toStrictEqual([]);
});

it.each([
  ["unknown", "there is no DN 2001: npm run dn -- list"],
  ["of the environment", "2001 was deployed from an environment file that lists it"],
] as const)("says when it is %s, and leaves Genesys alone", async (outcome, message) => {
  const { context, asked } = contextOf({ database: () => ({ outcome }) });
  await expect(removeDn(context, "2001")).rejects.toThrow(message);
  expect(asked).toStrictEqual(["core show channels concise"]);
});

it("says what sip-proxy answers when it does not let go", async () => {
  const { context } = contextOf({ ...removed, sipProxy: () => ({ status: 403, body: { error: "no" } }) });
  await expect(removeDn(context, "2001")).rejects.toThrow('sip-proxy answers 403: {"error":"no"}');
});
