import type { Environment } from "../../config";
import { simulator } from "../../tools/simulator";
import { command, docker, eventually, localEnvironment, MINUTE, up } from "./support";

/** What somebody changes by hand at night is found by verify, and put right by the one command that it names. */

let environment: Environment;

const verify = (env: Record<string, string> = {}) =>
  command("npm", ["run", "--silent", "verify", "--", "local"], { FORWARDING_MODE: "", ...env });

/** What the table's line says; verify has to be red. */
function drifts(): string {
  const { status, output } = verify();
  expect(status).toBe(1);
  const line = /✗ no drift\s+((?:.*\n)(?: {5,}.*\n)*)/.exec(output);
  expect(output).toContain("✗ no drift");
  return (line?.[1] ?? "").replace(/^ +/gm, "");
}

/** Runs the command that verify names, as an operator does: by copying it. */
function takeWayOut(said: string): void {
  const way = /^way out: (.*)$/m.exec(said)?.[1] as string;
  const { status, output } = command("sh", ["-c", way], { FORWARDING_MODE: "" });
  expect(output).toMatch(/all \d+ checks green/);
  expect(status).toBe(0);
}

function expectGreen(): void {
  const { status, output } = verify();
  expect(output).toContain("✓ no drift");
  expect(status).toBe(0);
}

const image = (name: string) => docker("inspect", "-f", "{{.Config.Image}}", `local-${name}`).trim();
const started = (name: string) => docker("inspect", "-f", "{{.Id}} {{.State.StartedAt}}", `local-${name}`);

/** As root, in a container of its own that has a service's configuration: the service itself can't write there. */
const asRoot = (name: string, line: string) =>
  docker(
    ...["run", "--rm", "--network", "none", "--user", "0", "-v", `local-${name}-config:/config`],
    ...["--entrypoint", "sh", image(name), "-c", line],
  );

beforeAll(() => {
  environment = localEnvironment("static");
  up("static");
  expectGreen();
}, 20 * MINUTE);

it(
  "edited files are found, and put back without a restart",
  () => {
    const asterisk = started("asterisk");
    asRoot("asterisk", "echo '; by hand' >> /config/current/pjsip.conf");
    asRoot("asterisk", "rm /config/current/pjsip_notify.conf");
    asRoot("nginx", "cp -p /config/current/nginx.conf /config/current/nginx.conf.old");
    docker("exec", "local-asterisk", ...cli("dialplan set global RELEASE 0123456789ab"));
    const said = drifts();
    expect(said).toMatch(/asterisk: \/config\/current\/pjsip\.conf is not what release \w{12} wrote/);
    expect(said).toMatch(/asterisk: \/config\/current\/pjsip_notify\.conf of release \w{12} is gone/);
    expect(said).toMatch(/nginx: \/config\/current\/nginx\.conf\.old was not written by release \w{12}/);
    expect(said).toMatch(/asterisk: has release 0123456789ab loaded, and \w{12} is in force/);
    expect(said).toContain("way out: ./bin/up local --replace asterisk-release --replace nginx-release\n");
    // A deploy alone sees nothing of it, and says so.
    expect(command("./bin/up", ["local"], { FORWARDING_MODE: "" }).output).toContain("✗ no drift");
    takeWayOut(said);
    expect(started("asterisk")).toBe(asterisk);
    expectGreen();
  },
  10 * MINUTE,
);

it(
  "a file that Asterisk reads at its start means a new one, when it has read it",
  () => {
    asRoot("asterisk", "sed -i /codec_g722/d /config/current/modules.conf");
    docker("restart", "local-asterisk");
    const said = drifts();
    expect(said).toMatch(/asterisk: \/config\/current\/modules\.conf is not what release \w{12} wrote/);
    expect(said).toContain("way out: ./bin/up local --replace asterisk --replace asterisk-release\n");
    expect(said).toContain("makes asterisk anew: every call ends");
    takeWayOut(said);
    expect(docker("exec", "local-asterisk", ...cli("module show like codec_g722"))).toContain("Running");
    expectGreen();
  },
  10 * MINUTE,
);

it(
  "a container that was made by hand, another image under a name and a changed limit are found, and put right at once",
  () => {
    const simulatorContainer = started("genesys-simulator");
    const monitor = image("registration-monitor");
    const proxy = docker("inspect", "-f", "{{.Image}}", "local-sip-proxy");
    docker("rm", "--force", "local-registration-monitor");
    docker(
      ...["run", "--detach", "--name", "local-registration-monitor", "--network", "host", "--user", "0"],
      ...["--label", "webrtc-genesys.environment=local", "--env", "LOG_LEVEL=debug"],
      ...["--volume", "local-registration-monitor-config:/config:ro"],
      ...["--volume", "local-registration-monitor-control:/run/control", monitor],
    );
    docker("commit", "local-sip-proxy", image("sip-proxy"));
    docker("update", "--memory", "150m", "--memory-swap", "150m", "local-genesys-simulator");
    const said = drifts();
    expect(said).toContain("genesys-simulator: --memory is 157286400, and 201326592 is meant");
    expect(said).toContain("registration-monitor: --cap-drop is missing, env LOG_LEVEL is not meant, ");
    expect(said).toMatch(/sip-proxy: the name webrtc-genesys\/sip-proxy:\w+ stands for \w{12} here/);
    takeWayOut(said);
    expectGreen();
    expect(docker("inspect", "-f", "{{.Image}}", "local-sip-proxy")).toBe(proxy);
    expect(started("genesys-simulator")).toBe(simulatorContainer);
  },
  10 * MINUTE,
);

it(
  "a container of another image is found, and put right",
  () => {
    docker("commit", "--change", "LABEL by=hand", "local-registration-monitor", "drift-test:by-hand");
    try {
      docker("rm", "--force", "local-registration-monitor");
      docker(
        ...[
          "run",
          "--detach",
          "--name",
          "local-registration-monitor",
          "--network",
          "host",
          "--user",
          "10005",
        ],
        ...["--volume", "local-registration-monitor-config:/config:ro", "--tmpfs", "/tmp"],
        ...["--volume", "local-registration-monitor-control:/run/control", "drift-test:by-hand"],
      );
      const said = drifts();
      expect(said).toContain("registration-monitor: runs image drift-test:by-hand, and this checkout means ");
      expect(said).toContain("way out: ./bin/up local --replace registration-monitor\n");
      takeWayOut(said);
    } finally {
      docker("image", "rm", "drift-test:by-hand");
    }
    expectGreen();
  },
  10 * MINUTE,
);

it(
  "a paused service says how to go on",
  async () => {
    docker("pause", "local-sip-proxy");
    expect(drifts()).toBe("sip-proxy: is paused: docker unpause local-sip-proxy\n");
    docker("unpause", "local-sip-proxy");
    // Its next health check comes within ten seconds.
    await eventually(MINUTE, expectGreen);
  },
  5 * MINUTE,
);

it(
  "the other mode is named, when that is what differs",
  async () => {
    up("proxy");
    const said = drifts();
    expect(said).toMatch(
      /^[a-z, -]*asterisk[a-z, -]*nginx[a-z, -]*: in mode proxy, and static is meant\nway out: \.\/bin\/up local\n/,
    );
    expect(said).toContain("where proxy is meant: FORWARDING_MODE=proxy npm run verify -- local");
    expect(verify({ FORWARDING_MODE: "proxy" }).output).toContain("✓ no drift");
    takeWayOut(said);
    expect(await simulator<object[]>(environment, "/registrations")).toHaveLength(2);
  },
  10 * MINUTE,
);

function cli(line: string): string[] {
  return ["asterisk", "-C", "/config/current/asterisk.conf", "-rx", line];
}
