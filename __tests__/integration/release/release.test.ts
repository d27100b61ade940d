import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { baseImages } from "../../../constructs/service/base-images";

const root = join(__dirname, "..", "..", "..");
const tag = "release-test-image";
const volumes = ["release-test-config", "release-test-control"];

// A service of a few lines: what it serves is the text of its file, and its reload fails when told to.
const dockerfile = `
ARG BASE
FROM \${BASE}
RUN install -d -m 0755 /config && install -d -m 0700 -o 12345 -g 12345 /run/control
RUN install -d /usr/local/lib/release
RUN printf '#!/bin/sh\\nid -u; cat "$1/app.json" > /dev/stdout; ! grep -q broken "$1/app.json"\\n' > /usr/local/lib/release/check
RUN printf '#!/bin/sh\\n[ -e /run/control/running ] || exit 75\\n! grep -q refused /config/current/app.json || exit 3\\ngrep -q stuck /config/current/app.json && sleep 60\\necho loaded "$1"\\n' > /usr/local/lib/release/reload
RUN chmod +x /usr/local/lib/release/*
`;

let directory: string;

const docker = (...args: string[]) =>
  execFileSync("docker", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

/** Runs one release with the rights that the construct gives it. Its output and exit status. */
function release(hash: string, text: string, secrets: Record<string, string> = {}) {
  const files = mkdtempSync(join(directory, "files-"));
  const secretFiles = mkdtempSync(join(directory, "secrets-"));
  const write = (path: string, content: string) => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content, { mode: 0o600 });
  };
  write(join(files, "app.json"), text);
  write(join(files, "sub", "other.conf"), "x = @{release}\n");
  if ("users" in secrets) write(join(files, "users.htpasswd"), "@{secret:users}");
  for (const [name, secret] of Object.entries(secrets)) write(join(secretFiles, name), secret);
  chmodSync(directory, 0o755);
  const capabilities = ["CHOWN", "DAC_READ_SEARCH", "SETGID", "SETUID"].flatMap((name) => [
    "--cap-add",
    name,
  ]);
  const args = [
    ...["run", "--rm", "--network", "none", "--user", "0", "--cap-drop", "ALL", ...capabilities],
    ...["--security-opt", "no-new-privileges", "--sysctl", "net.ipv4.ip_nonlocal_bind=1", "--tmpfs", "/tmp"],
    ...["-v", `${volumes[0]}:/config`, "-v", `${volumes[1]}:/run/control`],
    ...["-v", `${files}:/release/files:ro`, "-v", `${secretFiles}:/run/secrets:ro`],
    ...["-v", `${join(root, "assets/release/release")}:/release/run:ro`],
    ...[
      "-e",
      `RELEASE_HASH=${hash}`,
      "-e",
      "SERVICE_UID=12345",
      "-e",
      "CHECK_DEADLINE=5",
      "-e",
      "RELOAD_DEADLINE=2",
    ],
    ...["--entrypoint", "/usr/bin/perl", tag, "/release/run"],
  ];
  try {
    return { status: 0, output: docker(...args) };
  } catch (error) {
    const { status, stdout } = error as { status: number; stdout: string };
    return { status, output: stdout };
  }
}

/** Runs a shell line as the service's user, with its volumes as it has them. */
const asService = (line: string) =>
  docker(
    "run",
    "--rm",
    "--network",
    "none",
    "--user",
    "12345",
    "-v",
    `${volumes[0]}:/config:ro`,
    "-v",
    `${volumes[1]}:/run/control`,
    tag,
    "sh",
    "-c",
    line,
  );

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "release-test-"));
  const context = mkdtempSync(join(directory, "context-"));
  writeFileSync(join(context, "Dockerfile"), dockerfile);
  docker("build", "-q", "--build-arg", `BASE=${baseImages.trixie.reference}`, "-t", tag, context);
}, 120_000);

beforeEach(() => {
  for (const volume of volumes) docker("volume", "create", volume);
});

afterEach(() => {
  docker("volume", "rm", ...volumes);
});

afterAll(() => {
  docker("image", "rm", tag);
  rmSync(directory, { recursive: true, force: true });
});

describe("a release", () => {
  it("comes into force before the service first runs, readable by its user only", () => {
    const { status, output } = release("aaa", '{"release":"@{release}"}');
    expect(output).toBe(
      '12345\n{"release":"aaa"}release aaa is in force; the service is not running and starts with it\n',
    );
    expect(status).toBe(0);
    expect(
      asService("cat /config/current/app.json /config/current/sub/other.conf /config/current/.release"),
    ).toBe('{"release":"aaa"}x = aaa\naaa\n');
    expect(asService("stat -c '%a %u' /config/current/app.json /config/current/")).toBe(
      "400 12345\n700 12345\n",
    );
  }, 30_000);

  it("leaves the sums of all its files, secrets filled in, to be compared with, for the service's user only", () => {
    release("aaa", '{"ok":"@{secret:x}"}', { x: "secret" });
    const sums = asService(
      "cd /config/current && sha256sum --check --strict .manifest && stat -c '%a %u' .manifest",
    );
    expect(sums.trim().split("\n").sort()).toStrictEqual([
      "./.release: OK",
      "./app.json: OK",
      "./sub/other.conf: OK",
      "400 12345",
    ]);
  }, 30_000);

  it("is loaded by the running service", () => {
    release("aaa", "{}");
    asService("touch /run/control/running");
    expect(release("bbb", "{}")).toStrictEqual({
      status: 0,
      output: "12345\n{}loaded bbb\nrelease bbb is in force and loaded\n",
    });
  }, 30_000);

  it("that the service's check refuses leaves the old one in force", () => {
    release("aaa", "{}");
    const { status, output } = release("bbb", '{"broken":1}');
    expect(status).toBe(1);
    expect(output).toContain("release bbb refused: the service's own check found faults");
    expect(asService("cat /config/current/.release; ls /config/releases | wc -l")).toBe("aaa\n1\n");
  }, 30_000);

  it("that the running service does not take over is taken back", () => {
    release("aaa", "{}");
    asService("touch /run/control/running");
    const { status, output } = release("bbb", '{"refused":1}');
    expect(status).toBe(1);
    expect(output).toContain("loaded aaa\nrelease bbb refused: the running service did not take it over");
    expect(asService("cat /config/current/.release; ls /config/releases | wc -l")).toBe("aaa\n1\n");
  }, 30_000);

  it("that the running service never answers is taken back after its deadline", () => {
    release("aaa", "{}");
    asService("touch /run/control/running");
    const { status, output } = release("bbb", '{"stuck":1}');
    expect({ status, output }).toMatchObject({ status: 1 });
    expect(output).toContain("reload did not end within 2 seconds");
    expect(asService("cat /config/current/.release")).toBe("aaa\n");
  }, 30_000);

  it("keeps itself and the one before, for a look back", () => {
    for (const hash of ["aaa", "bbb", "ccc"]) release(hash, "{}");
    expect(asService("cat /config/releases/*/.release")).toBe("bbb\nccc\n");
  }, 30_000);
});

describe("a secret", () => {
  it("is filled in with the escaping of the file, and never printed", () => {
    const { output } = release("aaa", '{"ok":"@{secret:a/b}"}', { "a/b": 'qu"ote\\\n' });
    expect(asService("cat /config/current/app.json")).toBe('{"ok":"qu\\"ote\\\\"}');
    expect(output).toContain("is in force");
  }, 30_000);

  it("of several lines goes into a file that has such lines, as it is", () => {
    const users = "alice:$6$salt$a;b\nbob:$2y$05$c\n";
    release("aaa", "{}", { users });
    expect(asService("cat /config/current/users.htpasswd")).toBe(users);
  }, 30_000);

  it.each([
    ["missing", {}, "secret file 'x' is missing: put it into secrets.directory on the Docker host"],
    ["empty", { x: "\n" }, "secret file 'x' is empty"],
    ["of two lines", { x: "a\nb\n" }, "secret file 'x' has more than one line, or control characters"],
  ])(
    "that is %s is refused by name, and nothing is changed",
    (_, secrets, reason) => {
      const { status, output } = release("aaa", '"@{secret:x}"', secrets as Record<string, string>);
      expect({ status, output }).toStrictEqual({ status: 1, output: `release aaa refused: ${reason}\n` });
      expect(asService("ls -A /config/releases")).toBe("");
    },
    30_000,
  );
});
