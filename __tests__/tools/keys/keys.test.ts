import { createHash } from "node:crypto";
import { join } from "node:path";
import type { KeyRequest, StoredKey } from "../../../assets/database/src/key-request";
import { type Environment, loadEnvironment } from "../../../config";
import { root } from "../../../tools/arguments";
import type { KeyDatabase } from "../../../tools/keys/database";
import { addKey, listKeys, removeKey, renderKeys } from "../../../tools/keys/keys";

const file = join(root, "environments/local.yaml");
const local = loadEnvironment(file, {}).environment;

const stored: StoredKey = {
  name: "crm",
  scopes: ["calls:read"],
  createdAt: "2026-05-01T08:30:15.123Z",
  expired: false,
};

/** A context whose database answers as it is told, and in which everything is written down. */
function contextOf(answer: unknown, environment: Partial<Environment> = {}) {
  const requests: KeyRequest[] = [];
  const told: string[] = [];
  const database: Pick<KeyDatabase, "ask"> = {
    async ask(request: KeyRequest) {
      requests.push(request);
      return answer as never;
    },
  };
  const callControl = {} as NonNullable<Environment["callControl"]>;
  const context = {
    environment: { ...local, callControl, ...environment },
    file,
    database,
    tell: (line: string) => told.push(line),
  };
  return { context, requests, told };
}

const options = { scopes: "calls:read", agent: undefined, days: undefined };

describe("a new key", () => {
  it("is shown once, and only its hash goes to the database", async () => {
    const { context, requests, told } = contextOf({ outcome: "added", key: stored });
    await addKey(context, "crm", options);
    const key = /not shown again: (\S+)$/.exec(told.at(-1) ?? "")?.[1] ?? "";
    expect(key).toMatch(/[A-Za-z0-9_-]{43}$/);
    expect(requests).toStrictEqual([
      {
        what: "add",
        name: "crm",
        hash: createHash("sha256").update(key).digest("hex"),
        scopes: ["calls:read"],
      },
    ]);
    expect(JSON.stringify(requests)).not.toContain(key);
    expect(told[0]).toBe("crm added: for every agent, until it is removed");
  });

  it("can speak for one agent, and run out", async () => {
    const key = { ...stored, agent: "1002", expiresAt: "2026-06-01T00:00:00.000Z" };
    const { context, requests, told } = contextOf({ outcome: "added", key });
    await addKey(context, "crm", { scopes: "calls:read,calls:read,", agent: "1002", days: "30" });
    expect(requests).toMatchObject([{ scopes: ["calls:read"], agent: "1002", days: 30 }]);
    expect(told[0]).toBe("crm added: for agent 1002, until 2026-06-01 00:00 UTC");
  });

  it.each([
    ["Crm", options, "'Crm' is no name of a key: 1 to 64 lower-case letters, digits and '-', a letter first"],
    [
      "crm",
      { ...options, scopes: undefined },
      /^--scopes says what the key may be used for:\n {2}calls:read: /,
    ],
    ["crm", { ...options, scopes: "calls:reed" }, /^'calls:reed' is no scope\. There are:\n {2}calls:read: /],
    [
      "crm",
      { ...options, agent: "9002" },
      "--agent 9002 is no DN of local: it is neither in dns nor in allowedDns (1000-5020)",
    ],
    ["crm", { ...options, agent: "x" }, "--agent 'x' is no DN: 1 to 20 digits"],
    ["crm", { ...options, days: "0" }, "--days '0' is no number of days from 1 to 3650"],
    ["crm", { ...options, days: "1.5" }, "--days '1.5' is no number of days from 1 to 3650"],
  ])("is refused before the database is asked: %s %j", async (name, given, message) => {
    const { context, requests } = contextOf(undefined);
    await expect(addKey(context, name, given)).rejects.toThrow(message);
    expect(requests).toStrictEqual([]);
  });

  it("has no use where there is no call-control", async () => {
    const { context } = contextOf(undefined, { callControl: undefined });
    await expect(addKey(context, "crm", options)).rejects.toThrow(
      /local\.yaml has no callControl, so that there is no API to use a key for: add it, and deploy$/,
    );
  });

  it("takes no other's name", async () => {
    const { context, told } = contextOf({ outcome: "there already" });
    await expect(addKey(context, "crm", options)).rejects.toThrow(
      "there is a key crm already: choose another name, or 'npm run keys -- remove crm' first",
    );
    expect(told).toStrictEqual([]);
  });
});

it("is taken away by its name", async () => {
  const { context, requests, told } = contextOf({ outcome: "removed" });
  await removeKey(context, "crm");
  expect(requests).toStrictEqual([{ what: "remove", name: "crm" }]);
  expect(told).toStrictEqual(["crm removed: within seconds it opens nothing any more"]);
  await expect(removeKey(contextOf({ outcome: "unknown" }).context, "crm")).rejects.toThrow(
    "there is no key crm: npm run keys -- list",
  );
});

it("are listed with what they open and how long, and with nothing that opens anything", async () => {
  const keys = [
    stored,
    {
      ...stored,
      name: "desk",
      agent: "1002",
      lastUsedAt: "2026-05-02T00:00:00.000Z",
      expiresAt: "2026-05-03T00:00:00.000Z",
      expired: true,
    },
  ];
  expect(renderKeys(await listKeys(contextOf({ keys }).context)).split("\n")).toStrictEqual([
    "Key   Scopes      Agent  Created               Last used             Expires",
    "crm   calls:read  -      2026-05-01 08:30 UTC  never                 never",
    "desk  calls:read  1002   2026-05-01 08:30 UTC  2026-05-02 00:00 UTC  2026-05-03 00:00 UTC, expired",
  ]);
  expect(renderKeys([])).toContain("npm run keys -- add");
});
