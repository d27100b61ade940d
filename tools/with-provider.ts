import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { basename, join } from "node:path";
import { registryAnswers } from "./docker-provider/registry";
import { fromBundle, providerOfBundle } from "./offline/provider";
import { yieldToCalls } from "./priority";

const USAGE = "usage: bin/with-provider COMMAND [ARGUMENT...]";

/** Where a site has the parts of its bundle (docs/offline.md). */
const OFFLINE = join(__dirname, "..", "offline");

/** Whether the provider comes from the registry, is the built-in one, or lies in the bundle in offline/. */
export type Choice = "registry" | "builtin" | "bundle";

/** @throws Error when WEBRTC_GENESYS_PROVIDER holds something else */
export async function choose(
  env: NodeJS.ProcessEnv,
  probe: (env: NodeJS.ProcessEnv) => Promise<boolean> = registryAnswers,
  bundled = providerOfBundle(OFFLINE),
): Promise<Choice> {
  const wish = env.WEBRTC_GENESYS_PROVIDER;
  if (wish === "registry" || wish === "builtin") return wish;
  if (wish)
    throw new Error(`WEBRTC_GENESYS_PROVIDER: ${JSON.stringify(wish)} is no provider: registry or builtin`);
  // A site with a bundle asks nobody: what it brings is the same as that of the machine that made it.
  if (bundled) return bundled === "registry" ? "bundle" : "builtin";
  return (await probe(env)) ? "registry" : "builtin";
}

/** `cdktf` asks the registry for checksums after each init, which a provider that is attached has no use for. */
export function withoutProviderLock(command: readonly string[]): string[] {
  const at = command.findIndex((word) => basename(word) === "cdktf");
  const isCdktf = at === 0 || (at > 0 && ["npx", "npm", "node"].includes(basename(command[0] ?? "")));
  const verb = isCdktf ? command.slice(at + 1).find((word) => !word.startsWith("-")) : undefined;
  const locks = verb !== undefined && ["deploy", "apply", "diff", "plan", "destroy"].includes(verb);
  return locks && !command.includes("--skip-provider-lock")
    ? [...command, "--skip-provider-lock"]
    : [...command];
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/** The command's process: signals go to it, from the moment this is made. */
class Command {
  private child: ChildProcess | undefined;
  private early: NodeJS.Signals | undefined;

  constructor() {
    for (const signal of SIGNALS) process.on(signal, () => this.forward(signal));
  }

  /** Runs it and returns its exit status: 128 and the signal's number when a signal ended it. */
  run(words: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
    if (this.early) return Promise.resolve(128 + constants.signals[this.early]);
    const [program = "", ...args] = words;
    return new Promise((resolve, reject) => {
      const child = spawn(program, args, { stdio: "inherit", env });
      this.child = child;
      child.once("error", (error: NodeJS.ErrnoException) =>
        reject(error.code === "ENOENT" ? new Error(`${program}: command not found`) : error),
      );
      child.once("exit", (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
    });
  }

  private forward(signal: NodeJS.Signals): void {
    if (!this.child) this.early = signal;
    // A terminal sends Ctrl-C to every process in the foreground. A second one would make Terraform give up at once.
    else if (signal !== "SIGINT" || !process.stdin.isTTY) this.child.kill(signal);
  }
}

/** Runs the command with a provider and returns its exit status. */
export async function main(words: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  if (words.length === 0) throw new Error(USAGE);
  const command = new Command();
  const common = { ...env, CHECKPOINT_DISABLE: "1" };
  const choice = await choose(env);
  if (choice === "registry") return command.run(words, common);
  if (choice === "bundle")
    return command.run(withoutProviderLock(words), { ...common, ...(await fromBundle(OFFLINE, env)) });
  const { startProvider } = require("./docker-provider/attach") as typeof import("./docker-provider/attach");
  const attachment = await startProvider({ env });
  try {
    return await command.run(withoutProviderLock(words), { ...common, ...attachment.env });
  } finally {
    await attachment.stop();
  }
}

if (require.main === module) {
  yieldToCalls();
  main(process.argv.slice(2), process.env).then(
    (status) => process.exit(status),
    (error) => {
      process.stderr.write(`with-provider: ${error instanceof Error ? error.message : error}\n`);
      process.exit(127);
    },
  );
}
