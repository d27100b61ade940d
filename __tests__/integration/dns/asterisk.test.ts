import Docker from "dockerode";
import fc from "fast-check";
import { credentialOfPassword, digestSecret } from "../../../assets/database/src/credential";
import { AmiClient, type ContactStatusEvent } from "../../../lib/ami";
import { Phone } from "../../../lib/phone";
import { DnDatabase } from "../../../tools/dn/database";
import { type ConfText, ENDS_NOTHING, parseConf } from "../../../tools/dn/import/asterisk-conf";
import { eventually } from "../asterisk/docker";
import { addresses, dnsJson, passwords, ports, Stand } from "../asterisk/stand";

/** What a real Asterisk makes of DNs that come and go, of digests from elsewhere, and of configuration files. */

const stand = new Stand("asterisk-test-dns-run");
const database = new DnDatabase(new Docker(), stand.name);
const url = `ws://${addresses.internal}:${ports.http}/ws`;
const { realm, context, codecs } = dnsJson;
const settings = { realm, context, codecs };
const open: { close(): Promise<void> }[] = [];
/** AMI user of this suite only, who may read configuration files. */
const READER = "[reader]\nsecret = reader\nread = system\nwrite = config\n";

async function phone(dn: string, password: string, username = dn): Promise<Phone> {
  const options = { url, dn, username, password, deadlineMs: 5000, localAddress: "127.0.0.1" };
  const connected = await Phone.connect(options);
  open.push(connected);
  return connected;
}

function ami(username: string, secret: string): Promise<AmiClient> {
  const client = new AmiClient({ host: addresses.internal, port: ports.ami, username, secret });
  open.push({ close: () => client.stop() });
  return new Promise((resolve, reject) => {
    client.once("ready", () => resolve(client));
    client.once("waiting", reject);
    client.start();
  });
}

/** Lines of a configuration, from what makes sense and what nearly does. */
const names = fc.constantFrom("a", "B", "b", "1002", "t", "T", "u v");
const bases = fc.array(
  fc.constantFrom("!", "!", "+", "t", "B", "a", "+x=1", "+x=1&y=2", "+TEMPLATES=include"),
  {
    maxLength: 3,
  },
);
const blank = fc.constantFrom("", " ", "\t", "  ");
const word = fc.constantFrom("1", "2", "x y", "p\\;w", "\\;", "a=b", ">", '"q"', "ü", "", "a\\", "-", "[z]");
const comment = fc.constantFrom(
  "",
  "",
  "",
  "; c",
  ";c;d",
  ";-- c --;",
  ";--c--; z",
  ";---- c",
  "\\;-- c --\\;",
);
const blockEnd = fc.constantFrom("--;", "c --; x=9", ";-- d\n[e]\n--; --;y=8", ";--;--;--;", "\\;\n --;[t]");
const line = fc.oneof(
  fc
    .tuple(names, bases)
    // Asterisk never ends with a section that is added to and inherits from itself.
    .filter(
      ([name, list]) =>
        !list.some((base) => base.toLowerCase() === name.toLowerCase()) ||
        !list.some((base) => base.startsWith("+")),
    )
    .map(([name, list]) => `[${name}]${list.length > 0 ? `(${list.join(",")})` : ""}`),
  fc
    .tuple(
      blank,
      fc.constantFrom("x", "y", "X", "\\#z", "long name"),
      blank,
      fc.constantFrom("=", "=", "=>", "+=", " += "),
      blank,
      word,
    )
    .map((parts) => parts.join("")),
  fc.constantFrom(
    "#include inc0.conf",
    '#tryinclude "inc1.conf"',
    "#include <inc*.conf>",
    "#tryinclude gone.conf",
    "no equals",
  ),
  blank,
);
const withComment = fc.tuple(line, comment).map((parts) => parts.join(""));
const block = fc
  .tuple(line, fc.array(withComment, { maxLength: 2 }), blockEnd)
  .map(([start, lines, end]) => [`${start};-- c`, ...lines, end].join("\n"));
const text = fc
  .array(fc.oneof({ weight: 6, arbitrary: withComment }, { weight: 1, arbitrary: block }), { maxLength: 25 })
  .map((lines) => ["[a]", ...lines, ""].join("\n"));

const included = {
  "inc0.conf": "x=inc0\n[b](!)\nx=1\n[inc0]\ny=2\n",
  "inc1.conf": "[t](!)\nx=1\ny=1\n[t](+TEMPLATES=include)\ny=3\n",
};
const CONFIGURATIONS = 200;
const configurations = fc.sample(text, CONFIGURATIONS);

beforeAll(async () => {
  await stand.prepare("postgres", "database", "asterisk");
  await stand.startPostgres();
  expect((await stand.releaseDatabase()).output).toContain("3 added");
  await stand.leaveDatabaseRelease();
  const more = Object.fromEntries(configurations.map((each, at) => [`try${at}.conf`, each]));
  const release = await stand.releaseAsterisk({ forwardingMode: "proxy" }, (files) => ({
    ...files,
    ...included,
    ...more,
    // /config/current is a link, behind which Asterisk would let nobody read a file.
    "asterisk.conf": (files["asterisk.conf"] ?? "").replace(
      "live_dangerously = no",
      "live_dangerously = yes",
    ),
    "manager.conf": `${files["manager.conf"]}\n${READER}`,
  }));
  expect(release.output).toContain("is in force");
  await stand.startAsterisk();
}, 300_000);

afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});
afterAll(() => stand.remove(), 60_000);

it("lets a phone in as soon as its DN is added, and no more when it is removed", async () => {
  const watcher = await ami("proxy", passwords["ami-proxy"] ?? "");
  const events: ContactStatusEvent[] = [];
  watcher.on("contactStatus", (event) => events.push(event));
  const early = await phone("2001", "new");
  await expect(early.register()).rejects.toMatchObject({ code: "refused", status: 401 });
  await database.ask<"add">({
    what: "add",
    settings,
    phone: { number: "2001", credential: credentialOfPassword("2001", realm, "new") },
  });
  const alice = await phone("2001", "new");
  await alice.register();
  await database.ask<"set password">({
    what: "set password",
    number: "2001",
    credential: credentialOfPassword("2001", realm, "newer"),
    environment: false,
  });
  await expect((await phone("2001", "new")).register()).rejects.toMatchObject({ status: 401 });
  await (await phone("2001", "newer")).register();

  await database.ask<"remove">({ what: "remove", number: "2001" });
  await expect((await phone("2001", "newer")).register()).rejects.toMatchObject({ status: 401 });
  // Nobody is called by what is left of its bindings, and whoever watches hears that they end.
  expect(await stand.cli("pjsip show aor 2001")).toContain("Unable to find object 2001");
  await eventually(
    "the end of its bindings",
    () => (events.some(({ aor, status }) => aor === "2001" && status === "Removed") ? true : undefined),
    45_000,
  );
  await eventually("empty lists", async () =>
    (await stand.sql("SELECT count(*) FROM ps_contacts")) === "0" ? true : undefined,
  );
  expect((await watcher.listContacts()).filter(({ aor }) => aor === "2001")).toStrictEqual([]);
}, 90_000);

it("challenges each phone with the realm that its digest is bound to", async () => {
  const taken = credentialOfPassword("agent-1005", "asterisk.example", "old password");
  const own = credentialOfPassword("1006", "asterisk", "old too");
  await database.ask<"adopt">({
    what: "adopt",
    settings,
    phones: [
      { number: "1005", credential: taken },
      { number: "1006", credential: own },
    ],
  });
  const realms: string[] = [];
  const watched = await Phone.connect({
    ...{ url, dn: "1005", username: "agent-1005", password: "old password", localAddress: "127.0.0.1" },
    onMessage: ({ text: message }) => {
      realms.push(
        ...[...message.matchAll(/^WWW-Authenticate:.*realm="([^"]*)"/gim)].map(([, each = ""]) => each),
      );
    },
  });
  open.push(watched);
  await watched.register();
  expect(realms).toStrictEqual(["asterisk.example"]);
  await (await phone("1006", "old too")).register();
  await (await phone("1002", passwords["dn/1002"] ?? "")).register();
  await expect((await phone("1005", "old password")).register()).rejects.toMatchObject({ status: 401 });
  await expect((await phone("1006", "another")).register()).rejects.toMatchObject({ status: 401 });

  // The release of the file leaves them as they are.
  stand.writeSecrets({ ...passwords, "dn/1005": digestSecret(taken), "dn/1006": digestSecret(own) });
  const dns = [...dnsJson.dns, { number: "1005" }, { number: "1006" }];
  expect((await stand.releaseDatabase({ ...dnsJson, dns })).output).toContain("5 unchanged");
  await watched.register();
}, 60_000);

it(`reads ${CONFIGURATIONS} configurations as Asterisk does`, async () => {
  const reader = await ami("reader", "reader");
  const include = (pattern: string): ConfText[] =>
    Object.entries(included)
      .filter(([file]) => file === pattern || pattern === "inc*.conf")
      .map(([file, each]) => ({ file, text: each }));
  let compared = 0;
  for (const [at, each] of configurations.entries()) {
    const ours = parseConf({ file: "try.conf", text: each }, include);
    if (ours.faults.some(({ message }) => message === ENDS_NOTHING)) continue;
    const answer = await reader
      .action("GetConfig", { Filename: `try${at}.conf`, Filter: "TEMPLATES=include" })
      .catch((error: Error) => {
        expect(error.message).toMatch(/Config file has invalid format|Config file not found/);
        return undefined;
      });
    if (answer === undefined) {
      // What Asterisk refuses as a whole has a fault here.
      expect([each, ours.faults]).not.toStrictEqual([each, []]);
      continue;
    }
    const theirs: string[][] = [];
    for (const [name, value] of answer.headers) {
      if (name.startsWith("Category-")) theirs.push([value]);
      if (name.startsWith("IsTemplate-")) theirs.at(-1)?.push("(!)");
      if (name.startsWith("Line-")) theirs.at(-1)?.push(value);
    }
    const read = ours.sections.map(({ name, template, options }) => [
      name,
      ...(template ? ["(!)"] : []),
      ...options.map((option) => `${option.name}=${option.value}`),
    ]);
    expect([each, read]).toStrictEqual([each, theirs]);
    compared += 1;
  }
  expect(compared).toBeGreaterThan(CONFIGURATIONS / 10);
}, 60_000);
