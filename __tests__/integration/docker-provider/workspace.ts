import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { baseImages } from "../../../constructs/service/base-images";

const exec = promisify(execFile);
const ROOT = join(__dirname, "../../..");
const COMMAND_DEADLINE = 120_000;

/** An image with a shell and coreutils: bin/test makes sure that it is there. */
export const TEST_IMAGE = baseImages.trixie.reference;

export interface Result {
  readonly status: number;
  /** Standard output and error together. */
  readonly output: string;
}

interface Diagnostic {
  readonly summary: string;
  readonly detail: string;
  /** The line of the configuration that Terraform points at. */
  readonly snippet?: { readonly code: string };
}

/** A directory with a Terraform configuration for the built-in provider and the engine of this machine. */
export class Workspace {
  readonly directory = mkdtempSync(join(tmpdir(), "provider-test-"));
  /** Every name that a test gives to something in the engine starts with this. */
  readonly prefix = `provider-test-${randomBytes(4).toString("hex")}`;
  private readonly env: NodeJS.ProcessEnv;

  constructor(env: NodeJS.ProcessEnv = {}) {
    this.env = {
      ...process.env,
      WEBRTC_GENESYS_PROVIDER: "builtin",
      TF_IN_AUTOMATION: "1",
      TF_CLI_CONFIG_FILE: "/dev/null",
      ...env,
    };
  }

  /** Writes the configuration, one attribute a line so that a diagnostic's line tells the attribute. */
  configure(resource: object, provider: object = {}): void {
    const configuration = {
      terraform: { required_providers: { docker: { source: "kreuzwerker/docker", version: "3.6.2" } } },
      provider: { docker: provider },
      resource,
    };
    writeFileSync(join(this.directory, "main.tf.json"), JSON.stringify(configuration, null, 1));
  }

  write(file: string, content: string): void {
    writeFileSync(join(this.directory, file), content);
  }

  start(...args: string[]): ChildProcess {
    return spawn(join(ROOT, "bin/with-provider"), args, {
      cwd: this.directory,
      env: this.env,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: COMMAND_DEADLINE,
    });
  }

  async run(...args: string[]): Promise<Result> {
    const child = this.start(...args);
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (data) => {
        output += data;
      });
    const status = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve(code ?? -1));
    });
    return { status, output };
  }

  terraform(...args: string[]): Promise<Result> {
    return this.run("terraform", ...args);
  }

  async init(): Promise<void> {
    const { status, output } = await this.terraform("init", "-no-color");
    if (status !== 0) throw new Error(output);
  }

  /** @throws Error with Terraform's output when it fails */
  async apply(...args: string[]): Promise<string> {
    const { status, output } = await this.terraform("apply", "-auto-approve", "-no-color", ...args);
    if (status !== 0) throw new Error(output);
    return output;
  }

  /** The errors of an apply. */
  async failingApply(): Promise<Diagnostic[]> {
    const { output } = await this.terraform("apply", "-auto-approve", "-json");
    return output
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line))
      .filter((message) => message.type === "diagnostic" && message["@level"] === "error")
      .map((message) => message.diagnostic);
  }

  /** The plan; its status is 0 for no changes, 2 for changes, 1 for an error. */
  plan(...args: string[]): Promise<Result> {
    return this.terraform("plan", "-no-color", "-detailed-exitcode", ...args);
  }

  /** The recorded instances by address. */
  async state(): Promise<Record<string, { status?: string; attributes: Record<string, unknown> }>> {
    const { stdout } = await exec("terraform", ["state", "pull"], { cwd: this.directory, env: this.env });
    const state: { resources: { type: string; name: string; instances: never[] }[] } = JSON.parse(stdout);
    return Object.fromEntries(
      state.resources.map((item) => [`${item.type}.${item.name}`, item.instances[0] as never]),
    );
  }

  /** Removes everything that carries the workspace's name, also what a failed test has left. */
  async remove(): Promise<void> {
    for (const [list, removal] of [
      [
        ["ps", "-aq", "--filter", `name=${this.prefix}`],
        ["rm", "-fv"],
      ],
      [
        ["network", "ls", "-q", "--filter", `name=${this.prefix}`],
        ["network", "rm"],
      ],
      [
        ["volume", "ls", "-q", "--filter", `name=${this.prefix}`],
        ["volume", "rm", "-f"],
      ],
      [
        ["images", "-q", `${this.prefix}*`],
        ["rmi", "-f"],
      ],
    ] as const) {
      const found = (await docker(...list)).split("\n").filter(Boolean);
      if (found.length > 0) await docker(...removal, ...new Set(found));
    }
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Everything in the engine that carries the workspace's name. */
  async leftovers(): Promise<string[]> {
    const lists = await Promise.all([
      docker("ps", "-a", "--filter", `name=${this.prefix}`, "--format", "container {{.Names}}"),
      docker("network", "ls", "--filter", `name=${this.prefix}`, "--format", "network {{.Name}}"),
      docker("volume", "ls", "--filter", `name=${this.prefix}`, "--format", "volume {{.Name}}"),
      docker("images", `${this.prefix}*`, "--format", "image {{.Repository}}:{{.Tag}}"),
    ]);
    return lists.flatMap((list) => list.split("\n").filter(Boolean));
  }
}

/** Runs the docker command and gives its output. */
export async function docker(...args: string[]): Promise<string> {
  const { stdout } = await exec("docker", args, { timeout: COMMAND_DEADLINE });
  return stdout.trim();
}
