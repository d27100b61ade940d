import { execFile, execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
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
RUN printf '#!/bin/sh\\nid -u; cat "$1/app.json" > /dev/stdout; ! grep -q slow "$1/app.json" || sleep 3; ! grep -q broken "$1/app.json"\\n' > /usr/local/lib/release/check
RUN printf '#!/bin/sh\\n[ -e /run/control/running ] || exit 75\\n! grep -q refused /config/current/app.json || exit 3\\ngrep -q stuck /config/current/app.json && sleep 60\\necho loaded "$1"\\n' > /usr/local/lib/release/reload
RUN chmod +x /usr/local/lib/release/*
`;

let directory: string;

const docker = (...args: string[]) =>
  execFileSync("docker", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

/** The command line of one release with the rights that the construct gives it. */
function commandLine(
  hash: string,
  text: string,
  secrets: Record<string, string>,
  renewed: readonly string[],
) {
  const files = mkdtempSync(join(directory, "files-"));
  const secretFiles = mkdtempSync(join(directory, "secrets-"));
  const write = (path: string, content: string) => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content, { mode: 0o600 });
  };
  write(join(files, "app.json"), text);
  write(join(files, "sub", "other.conf"), "x = @{release}\n");
  if ("users" in secrets) write(join(files, "users.htpasswd"), "@{secret:users}");
  if ("tls/key.pem" in secrets) write(join(files, "tls", "key.pem"), "@{secret:tls/key.pem}");
  for (const [name, secret] of Object.entries(secrets)) write(join(secretFiles, name), secret);
  chmodSync(directory, 0o755);
  const capabilities = ["CHOWN", "DAC_READ_SEARCH", "SETGID", "SETUID"].flatMap((name) => [
    "--cap-add",
    name,
  ]);
  const script = renewed.length > 0 ? [] : ["-v", `${join(root, "assets/release/release")}:/release/run:ro`];
  return [
    ...["run", "--rm", "--network", "none", "--user", "0", "--cap-drop", "ALL", ...capabilities],
    ...["--security-opt", "no-new-privileges", "--sysctl", "net.ipv4.ip_nonlocal_bind=1", "--tmpfs", "/tmp"],
    ...["-v", `${volumes[0]}:/config`, "-v", `${volumes[1]}:/run/control`, ...script],
    ...["-v", `${files}:/release/files:ro`, "-v", `${secretFiles}:/run/secrets:ro`],
    ...["SERVICE_UID=12345", "CHECK_DEADLINE=5", "RELOAD_DEADLINE=2"].flatMap((line) => ["-e", line]),
    ...(renewed.length > 0 ? [] : ["-e", `RELEASE_HASH=${hash}`]),
    ...["--entrypoint", "/usr/bin/perl", tag],
    ...(renewed.length > 0 ? ["/config/run", ...renewed] : ["/release/run"]),
  ];
}

/** Runs one release. Its output and exit status. */
function release(hash: string, text: string, secrets: Record<string, string> = {}) {
  return outcome(commandLine(hash, text, secrets, []));
}

/** Runs the release in force once more, with those files of it from the secrets of the same names. */
function renew(secrets: Record<string, string>) {
  return outcome(commandLine("", "", secrets, Object.keys(secrets)));
}

function outcome(args: string[]) {
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

describe("two releases at one time", () => {
  it("go one after the other, so that the later one is in force", async () => {
    const slow = promisify(execFile)("docker", commandLine("aaa", '{"slow":1}', {}, []));
    while (!listing().includes("aaa.")) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(release("bbb", "{}").status).toBe(0);
    await slow;
    expect(asService("cat /config/current/.release")).toBe("bbb\n");
  }, 30_000);

  const listing = () => asService("ls /config/releases 2>/dev/null || true");
});

describe("a secret that was renewed", () => {
  const inForce = () => asService("cd /config/current/ && cat app.json sub/other.conf tls/key.pem .release");

  it("comes into force in the release that is in force, and nothing else changes", () => {
    release("aaa", '{"ok":"@{secret:a}"}', { a: "1", "tls/key.pem": "old\n" });
    asService("touch /run/control/running");
    // A file that is in force stays as it is, even where it looks like a placeholder.
    expect(renew({ "tls/key.pem": "new @{release}\n" })).toStrictEqual({
      status: 0,
      output: '12345\n{"ok":"1"}loaded aaa\nrelease aaa is in force and loaded\n',
    });
    expect(inForce()).toBe('{"ok":"1"}x = aaa\nnew @{release}\naaa\n');
    expect(asService("stat -c '%a %u' /config/current/tls/key.pem /config/current/")).toBe(
      "400 12345\n700 12345\n",
    );
    expect(asService("ls /config/releases | wc -l")).toBe("2\n");
  }, 30_000);

  it("is taken back where the running service does not take it over", () => {
    release("aaa", '{"ok":1}', { "tls/key.pem": "old\n" });
    asService("touch /run/control/running");
    const { status, output } = renew({ "tls/key.pem": "", "app.json": '{"refused":1}' });
    expect(status).toBe(1);
    expect(output).toContain("The old release is back in force.");
    expect(inForce()).toContain("old\n");
  }, 30_000);

  it("has to wait for a first release", () => {
    const { status, output } = renew({ "tls/key.pem": "new\n" });
    expect({ status, output }).toMatchObject({ status: 2, output: "" });
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
