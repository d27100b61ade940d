import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";
import { HostDirectory } from "../../../tools/backup/host-directory";
import type { TreeEntry } from "../../../tools/backup/tree";
import { docker } from "../asterisk/docker";

/** A directory of the Docker host, read and written through its engine. */

const NAME = "host-directory-test";
const long = `dn/${"1".repeat(120)}`;
let directory: string;

const there = (path: string, owner = { uid: 0, gid: 0 }) =>
  new HostDirectory(new Docker({ socketPath: "/var/run/docker.sock" }), NAME, path, owner);

const tree: TreeEntry[] = [
  { path: "", type: "directory", mode: 0o700 },
  { path: "ari", type: "file", mode: 0o600, content: Buffer.from("secret\n") },
  { path: "dn", type: "directory", mode: 0o750 },
  { path: long, type: "file", mode: 0o640, content: Buffer.from("with a long name") },
];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), `${NAME}-`));
});

afterEach(async () => {
  rmSync(directory, { recursive: true, force: true });
  expect(await docker("ps", "-aq", "--filter", `label=webrtc-genesys.environment=${NAME}`)).toBe("");
  expect(await docker("images", "-q", "webrtc-genesys/nothing")).toBe("");
});

describe("a directory of the Docker host", () => {
  it("is made with everything above it, and comes back as it was written", async () => {
    const path = join(directory, "a", "b", "secrets");
    await there(path, { uid: 1234, gid: 1235 }).write(tree);
    expect(readFileSync(join(path, "ari"), "utf8")).toBe("secret\n");
    const modes = ["", "ari", "dn", long].map((name) =>
      (statSync(join(path, name)).mode & 0o777).toString(8),
    );
    expect(modes).toStrictEqual(["700", "600", "750", "640"]);
    expect(statSync(join(path, "ari"))).toMatchObject({ uid: 1234, gid: 1235 });
    expect(await there(path).read()).toStrictEqual(tree);
  }, 60_000);

  it("keeps what else is in it", async () => {
    writeFileSync(join(directory, "ari"), "old");
    writeFileSync(join(directory, "other"), "stays");
    await there(directory).write(tree);
    expect(readFileSync(join(directory, "ari"), "utf8")).toBe("secret\n");
    expect(readFileSync(join(directory, "other"), "utf8")).toBe("stays");
  }, 60_000);

  it("that isn't there is not made by a look at it", async () => {
    const path = join(directory, "none");
    expect(await there(path).read()).toBeUndefined();
    expect(existsSync(path)).toBe(false);
  }, 60_000);

  it("is refused with a link in it, whose content would be missing", async () => {
    mkdirSync(join(directory, "tls"));
    symlinkSync("/etc/ssl/key.pem", join(directory, "tls", "key.pem"));
    await expect(there(directory).read()).rejects.toThrow(
      `${directory}/tls/key.pem on the Docker host is a symbolic link to /etc/ssl/key.pem`,
    );
  }, 60_000);

  it("is refused with what is too large for a secret", async () => {
    writeFileSync(join(directory, "big"), Buffer.alloc(1024 * 1024 + 1));
    chmodSync(join(directory, "big"), 0o600);
    await expect(there(directory).read()).rejects.toThrow("big is too large");
  }, 60_000);
});
