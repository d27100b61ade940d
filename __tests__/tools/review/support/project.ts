import { spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { run } from "../../../../tools/run";
import { site } from "./deployments";

const root = join(__dirname, "..", "..", "..", "..");
const COPIED = ["assets", "config", "constructs", "lib", "policies", "stacks", "tools"];
const FILES = ["main.ts", "package.json", "package-lock.json", "tsconfig.json", ".gitignore"];

/** A project of its own, as the working tree is now, with one environment and a first commit. */
export class Project {
  public readonly directory = mkdtempSync(join(tmpdir(), "webrtc-genesys-project-"));
  /** Where its commands make their temporary directories. */
  public readonly temporary = join(this.directory, ".cache", "tmp");

  private constructor() {}

  public static async create(): Promise<Project> {
    const project = new Project();
    const { directory } = project;
    for (const name of [...COPIED, ...FILES]) {
      // The bench and the provider of Terraform have no part in a synthesis, but for what the review reads of it.
      const filter = (path: string) => !relative(root, path).startsWith(join("tools", "bench"));
      cpSync(join(root, name), join(directory, name), { recursive: true, filter });
    }
    symlinkSync(join(root, "node_modules"), join(directory, "node_modules"));
    mkdirSync(project.temporary, { recursive: true });
    const bundles = join(root, ".cache", "contexts");
    if (existsSync(bundles)) cpSync(bundles, join(directory, ".cache", "contexts"), { recursive: true });
    project.write("environments/site.yaml", site());
    await project.git("init", "--quiet", "--initial-branch=main");
    await project.commit();
    return project;
  }

  public write(path: string, text: string): void {
    mkdirSync(join(this.directory, path, ".."), { recursive: true });
    writeFileSync(join(this.directory, path), text);
  }

  public remove(path: string): void {
    rmSync(join(this.directory, path));
  }

  public git(...args: string[]): Promise<string> {
    return run("git", args, { cwd: this.directory, deadline: 30_000 });
  }

  public async commit(): Promise<void> {
    await this.git("add", "--all", "--", ".", ":!node_modules");
    const author = ["-c", "user.name=test", "-c", "user.email=test@invalid"];
    await this.git(...author, "commit", "--quiet", "--allow-empty", "-m", "test");
  }

  /** Back to what was committed. */
  public async reset(): Promise<void> {
    await this.git("checkout", "--quiet", "--force", "main");
    await this.git("clean", "-fdq", "-e", "node_modules");
  }

  /** What the commands have left in their temporary directory. */
  public leftovers(): string[] {
    return readdirSync(this.temporary).filter((name) => name.startsWith("webrtc-genesys-"));
  }

  /** Starts `npm run review` as package.json has it. */
  public start(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const main = join(this.directory, "tools", "review", "main.ts");
    const child = spawn("node", ["--require", "tsx/cjs", main, ...args], {
      cwd: this.directory,
      env: { ...process.env, TMPDIR: this.temporary, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const ended = new Promise<{ status: number | null; stdout: string; stderr: string }>(
      (resolve, reject) => {
        child.on("error", reject);
        child.on("close", (status) => resolve({ status, stdout, stderr }));
      },
    );
    return { child, ended };
  }

  public review(...args: string[]) {
    return this.start(["--base", "main", ...args]).ended;
  }

  public destroy(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
