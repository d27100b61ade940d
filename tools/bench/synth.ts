import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../arguments";
import { type Figure, inTurn, seconds } from "./measure";

const RUNS = 5;
const env = { CHECKPOINT_DISABLE: "1" };

const environment = (dns: string) => `
host: { address: 127.0.0.1 }
genesys: { simulator: true, servers: [{ host: 127.0.0.2 }] }
dns: [${dns}]
monitor: { range: 1000-5020 }
allowedDns: [1000-5020]
rtp: 10000-10199
nginx: { tls: { selfSigned: true } }
secrets: { directory: .secrets/local }
`;

/** How long synthesis takes: this project's beside an empty cdktf app's, main.ts alone, and what 1,000 DNs add. */
export function benchSynth(): Figure[] {
  const directory = mkdtempSync(join(tmpdir(), "webrtc-genesys-bench-"));
  try {
    const app = (name: string, main: string) => {
      const path = join(directory, name);
      mkdirSync(path);
      symlinkSync(join(root, "node_modules"), join(path, "node_modules"));
      writeFileSync(join(path, "main.ts"), main);
      writeFileSync(
        join(path, "cdktf.json"),
        JSON.stringify({
          language: "typescript",
          app: "node --require tsx/cjs main.ts",
          sendCrashReports: "false",
        }),
      );
      return path;
    };
    const empty = app(
      "empty",
      'import { App, TerraformStack } from "cdktf";\nconst app = new App();\nnew TerraformStack(app, "empty");\napp.synth();\n',
    );
    const withDns = (name: string, dns: string) => {
      const path = app(name, "");
      mkdirSync(join(path, "environments"));
      writeFileSync(join(path, "environments", "local.yaml"), environment(dns));
      return path;
    };
    const two = withDns("two", "1002, 1003");
    const thousand = withDns("thousand", "1000-1999");

    const cdktf = join(root, "node_modules", ".bin", "cdktf");
    const main = (cwd: string) => seconds("node", ["--require", "tsx/cjs", join(root, "main.ts")], cwd, env);
    const times = inTurn(RUNS, {
      empty: () => seconds(cdktf, ["synth"], empty, env),
      all: () => seconds(cdktf, ["synth"], root, env),
      main: () => main(root),
      two: () => main(two),
      thousand: () => main(thousand),
    });
    const pairs = (a: number[], b: number[], combine: (x: number, y: number) => number) =>
      a.map((x, at) => combine(x, b[at] ?? Number.NaN));
    return [
      { name: "cdktf synth, an empty app", unit: "s", values: times.empty },
      { name: "cdktf synth, all environments", unit: "s", values: times.all },
      { name: "  ratio", unit: "x", values: pairs(times.all, times.empty, (x, y) => x / y), limit: 1.3 },
      { name: "main.ts alone", unit: "s", values: times.main, limit: 0.6 },
      {
        name: "  1,000 DNs in static mode add",
        unit: "s",
        values: pairs(times.thousand, times.two, (x, y) => x - y),
        limit: 0.2,
      },
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
