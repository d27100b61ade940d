import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { credentialOfPassword } from "../../assets/database/src/credential";
import type { Environment } from "../../config";
import type { Phone } from "../../lib/phone";
import { contactsOf } from "../../tools/asterisk-cli";
import { engineOf } from "../../tools/engine";
import { DockerHost } from "../../tools/verify/host";
import { Phones } from "../../tools/verify/phones";
import {
  docker,
  eventually,
  localEnvironment,
  localSecret,
  MINUTE,
  registeredDns,
  root,
  up,
} from "./support";

/**
 * DNs of the running environment, by the operators' command: the mode is proxy, which the file does not say, and nothing
 * is deployed in between.
 */

const FILE = join(root, "environments/local.yaml");
const secret = (dn: string) => localSecret(`dn/${dn}`);
const original = readFileSync(FILE, "utf8");

let environment: Environment;
let host: DockerHost;
let phones: Phones;
const open: Phone[] = [];

/** `npm run dn -- ...` as an operator types it. Its output, and its status. */
function dn(args: readonly string[], input = "") {
  const env = { ...process.env };
  delete env.FORWARDING_MODE;
  const result = spawnSync("npm", ["run", "--silent", "dn", "--", ...args], {
    cwd: root,
    env,
    input,
    encoding: "utf8",
  });
  return { status: result.status, output: result.stdout + result.stderr };
}

async function connected(number: string, password: string): Promise<Phone> {
  const phone = await phones.connect(number, password);
  open.push(phone);
  return phone;
}

async function signedIn(number: string, password: string): Promise<Phone> {
  const phone = await connected(number, password);
  await phone.register();
  return phone;
}

const containers = () =>
  docker("ps", "-aq", "--no-trunc", "--filter", "label=webrtc-genesys.environment=local");
const atGenesys = (number: string) =>
  eventually(5000, async () => expect(await registeredDns(environment)).toContain(number));

beforeAll(() => {
  up("proxy");
  environment = localEnvironment("proxy");
  host = new DockerHost(engineOf(environment), environment);
  phones = new Phones(environment);
}, 15 * MINUTE);

afterEach(async () => {
  for (const phone of open.splice(0)) {
    await phone.unregister().catch(() => undefined);
    await phone.close();
  }
});

afterAll(() => {
  writeFileSync(FILE, original);
  for (const number of ["1005", "1006"]) rmSync(secret(number), { force: true });
});

describe("a DN that is added", () => {
  let password = "";

  it(
    "can sign in at once, and Genesys knows it, without a deploy",
    async () => {
      const before = containers();
      const { status, output } = dn(["add", "1010", "--name", "Alice Added"]);
      expect(output).toContain("1010 added: a phone can sign in with it now");
      expect(status).toBe(0);
      password = /not shown again: (\S+)/.exec(output)?.[1] ?? "";
      await signedIn("1010", password);
      await atGenesys("1010");
      expect(containers()).toBe(before);
      expect(existsSync(secret("1010"))).toBe(false);
    },
    MINUTE,
  );

  it(
    "is listed with its phone, and followed to Genesys",
    async () => {
      await signedIn("1010", password);
      await atGenesys("1010");
      const table = dn(["list"]).output;
      expect(table).toMatch(/^1010 +Alice Added +added +MD5 +registered +registered$/m);
      expect(table).toMatch(/^1002 +file +MD5 +- +-$/m);
      const rows = JSON.parse(dn(["list", "--json"]).output) as { number: string }[];
      expect(rows.map(({ number }) => number)).toStrictEqual(["1002", "1003", "1010", "9999"]);
      const story = dn(["status", "1010"]);
      expect(story.output).toContain("✓ provisioned");
    },
    MINUTE,
  );

  it(
    "gets calls like any other",
    async () => {
      const callee = await signedIn("1010", password);
      const caller = await signedIn("1002", phones.password("1002"));
      await atGenesys("1010");
      await atGenesys("1002");
      const call = await caller.invite("1010");
      const incoming = await callee.incomingCall();
      await incoming.answer();
      await call.answered();
      await incoming.bye();
      expect(await call.ended()).toBe("remote");
    },
    MINUTE,
  );

  it(
    "is refused a second time, and so are those that could not work",
    () => {
      const refused = (args: readonly string[], reason: string) => {
        const { status, output } = dn(args);
        expect([args, status, output]).toStrictEqual([args, 1, expect.stringContaining(reason)]);
      };
      refused(["add", "1010"], "1010 is there already");
      refused(["add", "1002"], "1002 is in environments/local.yaml");
      refused(["add", "6001"], "6001 is outside allowedDns (1000-5020)");
      refused(["add", "1011", "--name", 'a"b'], "is not a name");
      refused(["add", "12x"], "'12x' is no DN");
      refused(["add", "1011", "secret"], "usage:");
      refused(["remove", "1002"], "remove it from 'dns' there, and deploy");
      refused(["remove", "4999"], "there is no DN 4999");
      refused(["passwd", "4999"], "there is no DN 4999");
    },
    MINUTE,
  );

  it(
    "has another password after passwd, which comes on stdin",
    async () => {
      const { status, output } = dn(["passwd", "1010", "--ask"], "of his own choice\n");
      expect(output).toContain("1010 has a new password");
      expect(output).not.toContain("of his own choice");
      expect(status).toBe(0);
      const late = await connected("1010", password);
      await expect(late.register()).rejects.toMatchObject({ code: "refused", status: 401 });
      password = "of his own choice";
      await signedIn("1010", password);
      await atGenesys("1010");
    },
    MINUTE,
  );

  it(
    "stays over a deploy, with its password",
    async () => {
      docker("rm", "local-database-release");
      up("proxy");
      expect(docker("logs", "local-database-release")).toContain(
        "1 kept that are not from the environment file",
      );
      await signedIn("1010", password);
      await atGenesys("1010");
    },
    5 * MINUTE,
  );

  it(
    "is gone at Asterisk and at Genesys after remove, while its call goes on",
    async () => {
      const callee = await signedIn("1010", password);
      const caller = await signedIn("1003", phones.password("1003"));
      await atGenesys("1010");
      await atGenesys("1003");
      const call = await caller.invite("1010");
      const incoming = await callee.incomingCall();
      await incoming.answer();
      await call.answered();

      const { status, output } = dn(["remove", "1010"]);
      expect(output).toContain("1010 removed: nobody can sign in with it");
      expect(output).toContain("it is in a call, which goes on until somebody hangs up");
      expect(status).toBe(0);
      await eventually(1000, async () => expect(await registeredDns(environment)).not.toContain("1010"));
      expect((await contactsOf(host)).filter(({ aor }) => aor === "1010")).toStrictEqual([]);
      const seen = await host.get(`http://127.0.0.1:${environment.monitor.port}/registrations/1010`);
      expect(seen.body).toMatchObject({ phone: { registered: false, contacts: [] } });
      await expect(callee.register()).rejects.toMatchObject({ code: "refused", status: 401 });
      await incoming.bye();
      expect(await call.ended()).toBe("remote");
      expect(dn(["list"]).output).not.toContain("1010");
    },
    2 * MINUTE,
  );
});

describe("a DN of the environment file", () => {
  it(
    "has another password at once, and in its secret, which the next release takes",
    async () => {
      const before = phones.password("1003");
      const { status, output } = dn(["passwd", "1003"]);
      expect(output).toContain(`1003 has a new password, in ${secret("1003")} too`);
      expect(status).toBe(0);
      const now = phones.password("1003");
      expect(output).not.toContain(now);
      await expect((await connected("1003", before)).register()).rejects.toMatchObject({ status: 401 });
      await signedIn("1003", now);
      docker("rm", "local-database-release");
      up("proxy");
      expect(docker("logs", "local-database-release")).toContain(
        "0 added, 0 changed, 0 removed, 3 unchanged",
      );
    },
    5 * MINUTE,
  );
});

describe("phones of another Asterisk", () => {
  const directory = mkdtempSync(join(tmpdir(), "old-asterisk-"));
  const { md5 } = credentialOfPassword("1006", "old.example", "the old password");
  const config = `
[webrtc](!)
type=endpoint
webrtc=yes
context=from-internal
direct_media=yes
#include pjsip.d/*.conf
[1005](webrtc)
auth=auth1005
aors=1005
callerid="Eve" <1005>
[auth1005]
type=auth
auth_type=userpass
username=1005
password=in clear\\; text
[1006](webrtc)
auth=1006
[1006]
type=auth
auth_type=md5
username=1006
realm=old.example
md5_cred=${md5}
`;
  afterAll(() => rmSync(directory, { recursive: true }));

  it(
    "keep their passwords, in clear text or as a digest, and need no deploy",
    async () => {
      const before = containers();
      writeFileSync(join(directory, "pjsip.conf"), config.replace(/#include.*\n/, ""));
      const dry = dn(["import", join(directory, "pjsip.conf"), "--dry-run"]);
      expect(dry.output).toContain("nothing was written: --dry-run");
      expect([dry.status, readFileSync(FILE, "utf8")]).toStrictEqual([0, original]);
      const { status, output } = dn(["import", join(directory, "pjsip.conf")]);
      expect(output).toContain("2 of 2 phones are taken over");
      expect(output).toContain("direct_media=yes");
      expect(output).toContain("rows: 2 added");
      expect(status).toBe(0);
      expect(containers()).toBe(before);

      await signedIn("1005", "in clear; text");
      await signedIn("1006", "the old password");
      await atGenesys("1005");
      await atGenesys("1006");
      expect(dn(["list"]).output).toMatch(/^1006 +file +MD5, realm old\.example +registered +registered$/m);
    },
    MINUTE,
  );

  it(
    "are what the next deploy finds, which changes nothing about them",
    async () => {
      expect(readFileSync(secret("1006"), "utf8")).toBe(`{MD5}1006:old.example:${md5}\n`);
      up("proxy");
      expect(docker("logs", "local-database-release")).toContain(
        "0 added, 0 changed, 0 removed, 5 unchanged",
      );
      await signedIn("1006", "the old password");
      await atGenesys("1006");
    },
    3 * MINUTE,
  );

  it(
    "go with the environment file",
    async () => {
      writeFileSync(FILE, original);
      up("proxy");
      expect(docker("logs", "local-database-release")).toContain("2 removed, 3 unchanged");
      await expect((await connected("1006", "the old password")).register()).rejects.toMatchObject({
        status: 401,
      });
    },
    3 * MINUTE,
  );
});

describe("in static mode", () => {
  it(
    "a DN is not added, because nobody would register it at Genesys",
    () => {
      up("static");
      const { status, output } = dn(["add", "1010"]);
      expect(output).toContain(
        "local is in static mode, where Asterisk registers the DNs of environments/local.yaml",
      );
      expect(status).toBe(1);
      expect(dn(["list"]).output).toMatch(/^1002 +file +MD5 +- +Registered$/m);
    },
    3 * MINUTE,
  );
});
