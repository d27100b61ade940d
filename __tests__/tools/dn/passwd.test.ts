import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join, relative } from "node:path";
import { credentialOfPassword } from "../../../assets/database/src/credential";
import { root } from "../../../tools/arguments";
import { changePassword } from "../../../tools/dn/passwd";
import { contextOf, noPassword, password, type World } from "./support";

let directory: string;
const secret = (dn: string) => join(directory, "dn", dn);
const world = (answer: object): World => ({
  environment: { secrets: { directory: relative(root, directory) } },
  database: () => answer as never,
});

beforeEach(() => {
  mkdirSync(join(root, ".cache"), { recursive: true });
  directory = mkdtempSync(join(root, ".cache", "passwd-"));
  mkdirSync(join(directory, "dn"));
  writeFileSync(secret("1002"), "before\n");
});
afterEach(() => rmSync(directory, { recursive: true }));

it("changes that of an added DN in the database only, and shows one that it made", async () => {
  const { context, requests, told } = contextOf(world({ outcome: "changed", username: "2001" }));
  await changePassword(context, "2001", password("made here", true));
  expect(requests).toStrictEqual([
    {
      what: "set password",
      number: "2001",
      environment: false,
      credential: credentialOfPassword("2001", "webrtc-genesys", "made here"),
    },
  ]);
  expect(told.join("\n")).toContain("made here");
  expect(readdirSync(join(directory, "dn"))).toStrictEqual(["1002"]);
});

it("changes that of a DN of the file in its secret too, where it need not be shown", async () => {
  const { context, requests, told } = contextOf(world({ outcome: "changed", username: "1002" }));
  await changePassword(context, "1002", password("made here", true));
  expect(requests).toMatchObject([{ what: "set password", number: "1002", environment: true }]);
  expect(readFileSync(secret("1002"), "utf8")).toBe("made here\n");
  expect(statSync(secret("1002")).mode & 0o777).toBe(0o600);
  expect(told.join("\n")).not.toContain("made here");
});

it("leaves the secret alone when the database refuses", async () => {
  const { context } = contextOf({
    ...world({}),
    database: () => {
      throw new Error("the database is away");
    },
  });
  await expect(changePassword(context, "1002", password())).rejects.toThrow("the database is away");
  expect(readFileSync(secret("1002"), "utf8")).toBe("before\n");
  expect(readdirSync(join(directory, "dn"))).toStrictEqual(["1002"]);
});

it("tells of another user name that its phone signed in with", async () => {
  const { context, told } = contextOf(world({ outcome: "changed", username: "agent-2001" }));
  await changePassword(context, "2001", password());
  expect(told.join("\n")).toContain("its phone signed in as agent-2001 until now");
});

it.each([
  ["2001", "unknown", "there is no DN 2001"],
  ["1003", "unknown", "1003 is not deployed yet"],
  ["2001", "of the environment", "2001 was deployed from an environment file that lists it"],
] as const)("says of %s that it is %s, and writes no secret", async (dn, outcome, message) => {
  const { context } = contextOf(world({ outcome }));
  await expect(changePassword(context, dn, password())).rejects.toThrow(message);
  expect(existsSync(secret(dn))).toBe(false);
});

it("says where the secret is when that is another machine, before it asks for a password", async () => {
  const { context } = contextOf({
    environment: { docker: { host: "ssh://root@192.0.2.1" }, secrets: { directory: "/etc/secrets" } },
  });
  await expect(changePassword(context, "1002", noPassword)).rejects.toThrow(
    "the password of 1002 is in /etc/secrets/dn/1002 on ssh://root@192.0.2.1",
  );
});
