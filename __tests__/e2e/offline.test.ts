import { execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import type { Manifest } from "../../tools/offline/parts";
import { MINUTE, root } from "./support";

/**
 * `npm run bundle -- local` here, and `bin/up` out of the archive on a machine without any network. That machine's
 * ports are its own, so that an environment `local` that runs here is left alone.
 */

let directory: string;
/** Where the bundle is made: a checkout of what is here, committed. */
let checkout: string;
/** Where it is unpacked. */
let site: string;
let archive: string;
let said: string;

const git = (...args: string[]) => execFileSync("git", args, { cwd: checkout, encoding: "utf8" });

/** What is here may not be committed yet, and a bundle is made of a commit. */
function checkOut(): void {
  execFileSync("git", ["clone", "--quiet", root, checkout]);
  const here = (...args: string[]) =>
    execFileSync("git", ["ls-files", "-z", ...args], { cwd: root, encoding: "utf8" })
      .split("\0")
      .filter(Boolean);
  for (const file of here("--deleted")) rmSync(join(checkout, file));
  for (const file of here("--modified", "--others", "--exclude-standard")) {
    if (!existsSync(join(root, file))) continue;
    mkdirSync(dirname(join(checkout, file)), { recursive: true });
    cpSync(join(root, file), join(checkout, file));
  }
  git("add", "--all");
  const author = ["-c", "user.name=test", "-c", "user.email=test@localhost"];
  git(...author, "commit", "--quiet", "--allow-empty", "--message", "what is here");
  // Links where that is possible: nothing is written there.
  execFileSync("sh", [
    "-c",
    'cp -al "$1" "$2" 2>/dev/null || cp -a "$1" "$2"',
    "-",
    join(root, "node_modules"),
    checkout,
  ]);
}

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "offline-e2e-"));
  [checkout, site] = [join(directory, "checkout"), join(directory, "site")];
  checkOut();
  said = execFileSync("npm", ["run", "--silent", "bundle", "--", "local"], {
    cwd: checkout,
    encoding: "utf8",
  });
  archive = join(checkout, readdirSync(checkout).find((name) => name.endsWith(".tar")) ?? "");
  mkdirSync(site);
  execFileSync("tar", ["xf", archive, "-C", site]);
}, 10 * MINUTE);

afterAll(() => rmSync(directory, { recursive: true, force: true }));

const unpacked = () => join(site, readdirSync(site)[0] ?? "");
const manifest = (): Manifest => JSON.parse(readFileSync(join(unpacked(), "offline/manifest.json"), "utf8"));

/** What was saved, as offline-site.sh shows what the engine has: name, time of creation, layers. */
function packedImages(): string[] {
  const file = join(unpacked(), "offline/images.tar.gz");
  const member = (name: string) =>
    JSON.parse(execFileSync("tar", ["xzOf", file, name], { encoding: "utf8" }));
  const saved: { Config: string; RepoTags: string[] }[] = member("manifest.json");
  execFileSync("tar", ["xzf", file, "-C", directory, ...saved.map(({ Config }) => Config)]);
  const images = saved.map(({ Config, RepoTags }) => {
    const { created, rootfs } = JSON.parse(readFileSync(join(directory, Config), "utf8"));
    return `image ${RepoTags.join(" ")} ${created} ${rootfs.diff_ids.join(" ")}`;
  });
  return images.sort();
}

describe("npm run bundle", () => {
  it("makes one archive, and says its name, size and hash", () => {
    expect(readdirSync(site)).toHaveLength(1);
    expect(archive).toMatch(/\/webrtc-genesys-local-\d+\.\d+\.\d+-[0-9a-f]{7}\.tar$/);
    const [sum] = execFileSync("sha256sum", [archive], { encoding: "utf8" }).split(" ");
    expect(said).toContain(`sha256 ${sum}`);
    expect(said).toMatch(/\n\d+ MiB, Terraform provider: /);
    expect(git("status", "--porcelain")).toBe("");
  });

  it("has the project at its commit, and no secret", () => {
    const files = git("ls-files").trim().split("\n");
    const found = execFileSync("tar", ["tf", archive], { encoding: "utf8" }).split("\n");
    const members = found
      .filter((path) => path && !path.endsWith("/"))
      .map((path) => path.replace(/^[^/]*\//, ""));
    expect(members.filter((path) => !path.startsWith("offline/")).sort()).toStrictEqual(files.sort());
    expect(manifest()).toMatchObject({ environment: "local", commit: git("rev-parse", "HEAD").trim() });
  });

  it("is not made of what is not committed", () => {
    writeFileSync(join(checkout, "assets/nginx/stray"), "");
    const { status, stderr } = spawnSync("npm", ["run", "--silent", "bundle", "--", "local"], {
      cwd: checkout,
      encoding: "utf8",
    });
    rmSync(join(checkout, "assets/nginx/stray"));
    expect(stderr).toContain("a bundle is made of a commit, and 1 files differ from it: commit or remove");
    expect(stderr).toContain("?? assets/nginx/stray");
    expect(status).toBe(1);
  });
});

describe("bin/up", () => {
  /** What has to be refused, here: should it not be, then for want of Terraform nothing is deployed. */
  const up = (cwd: string, ...args: string[]) => {
    const bin = join(directory, "bin");
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, "terraform"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
    const env = { ...process.env, PATH: [bin, process.env.PATH].join(delimiter) };
    return spawnSync("./bin/up", args, { cwd, env, encoding: "utf8" });
  };

  it("refuses an archive that is cut off, and one for another environment", () => {
    const cut = join(directory, "cut.tar");
    cpSync(archive, cut);
    truncateSync(cut, 100 * 1024 * 1024);
    expect(up(checkout, "--bundle", cut)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("is no bundle, or not all of it"),
    });
    expect(up(checkout, "production", "--bundle", archive)).toMatchObject({
      status: 1,
      stderr: "the bundle was made for environment 'local', not for 'production': ./bin/up local\n",
    });
    expect(existsSync(join(checkout, "offline"))).toBe(false);
  });

  it("refuses an unpacked one that was changed, before it installs anything", () => {
    const images = join(unpacked(), "offline/images.tar.gz");
    const content = readFileSync(images);
    const place = Math.floor(content.length / 2);
    const byte = content[place] ?? 0;
    content[place] = byte ^ 1;
    writeFileSync(images, content);
    const { status, stderr } = up(unpacked(), "local");
    content[place] = byte;
    writeFileSync(images, content);
    expect(stderr).toContain("offline/images.tar.gz is not what the bundle was made with");
    expect(status).toBe(1);
    expect(existsSync(join(unpacked(), "node_modules"))).toBe(false);
  });

  it(
    "brings it up without any network, out of nothing but the archive",
    () => {
      const { status, stdout, stderr } = spawnSync(
        "unshare",
        [
          ...["--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"],
          ...["bash", join(__dirname, "offline-site.sh"), site],
        ],
        { encoding: "utf8", timeout: 9 * MINUTE },
      );
      const output = stdout + stderr;
      expect(output).toMatch(/all \d+ checks green\nbin\/up local: 0\n/);
      expect(status).toBe(0);
      expect(output).toContain("· npm packages, from the bundle in offline/");
      expect(output).toContain("the bundle was made for environment 'local', not for 'production'");
      expect(output).toContain("bin/up production: 1");

      // No other way out there was, and every image is the very one that was packed: none was built.
      expect(output.match(/^interface .*/gm)).toStrictEqual(["interface lo"]);
      expect(output.match(/^image .*/gm)?.sort()).toStrictEqual(packedImages());

      // What Terraform is told is the same with a bundle as without.
      execFileSync("node", ["--require", "tsx/cjs", "main.ts"], { cwd: checkout });
      const stack = (project: string) =>
        readFileSync(join(project, "cdktf.out/stacks/local/cdk.tf.json"), "utf8");
      expect(stack(unpacked())).toBe(stack(checkout));
    },
    10 * MINUTE,
  );

  it("takes an archive into a checkout of its commit", () => {
    // No further than that: what comes then would deploy here.
    execFileSync("node", ["tools/offline/unpack.js", archive, "local"], { cwd: checkout });
    const parts = (project: string) => readdirSync(join(project, "offline")).sort();
    expect(parts(checkout)).toStrictEqual(parts(unpacked()));
    expect(git("status", "--porcelain")).toBe("");
  });
});
