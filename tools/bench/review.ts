import { cpSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { root } from "../arguments";
import { run } from "../run";
import type { BenchOptions } from "./main";
import { type Figure, inTurn, seconds } from "./measure";

/** What a checkout has not, or not of its own. */
const LEFT_OUT = /^(\.git|\.secrets|node_modules|cdktf\.out|coverage)($|\/)|\.tfstate/;

const environment = (mode: string, dns: string) => `
forwardingMode: ${mode}
host: { address: 192.0.2.10 }
docker: { host: ssh://root@192.0.2.10 }
genesys: { servers: [{ host: 192.0.2.20 }] }
dns: [${dns}]
monitor: { range: 1000-5999 }
images: { source: registry, prefix: registry.example.com/webrtc-genesys, tag: 0.1.0 }
`;

/** How long the review of a change with 5,000 DNs takes, from the command's start to its end. */
export async function benchReview({ quick }: BenchOptions): Promise<Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), "webrtc-genesys-bench-"));
  try {
    cpSync(root, directory, { recursive: true, filter: (path) => !LEFT_OUT.test(relative(root, path)) });
    symlinkSync(join(root, "node_modules"), join(directory, "node_modules"));
    const environments = join(directory, "environments");
    rmSync(environments, { recursive: true });
    mkdirSync(environments);
    const git = (...args: string[]) => run("git", args, { cwd: directory, deadline: 60_000 });
    const write = (text: string) => writeFileSync(join(environments, "site.yaml"), text);
    const commit = async (text: string, tag: string) => {
      write(text);
      await git("add", "--all", "--", ".", ":!node_modules");
      await git("-c", "user.name=bench", "-c", "user.email=bench@invalid", "commit", "--quiet", "-m", tag);
      await git("tag", tag);
    };
    await git("init", "--quiet");
    await commit(environment("static", "1002"), "one");
    await commit(environment("static", "1000-5999"), "all");
    write(environment("proxy", "1000-5999"));

    const main = join(directory, "tools", "review", "main.ts");
    const comment = join(directory, "comment.md");
    const review = (base: string) =>
      seconds(
        "node",
        ["--require", "tsx/cjs", main, "--base", base, "--output", comment, "--full", "full.md"],
        directory,
      );
    const sizes: number[] = [];
    const measured = (base: string) => () => {
      const took = review(base);
      sizes.push(statSync(comment).size / 1000);
      return took;
    };
    const switches = inTurn(quick ? 1 : 5, { all: measured("all") });
    write(environment("static", "1000-5999"));
    const adds = inTurn(quick ? 1 : 5, { one: measured("one") });
    return [
      { name: "5,000 DNs switch from static to proxy", unit: "s", values: switches.all, limit: 5 },
      { name: "4,999 DNs are added in static mode", unit: "s", values: adds.one, limit: 5 },
      { name: "  size of the comments", unit: "kB", values: sizes, limit: 65.5 },
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
