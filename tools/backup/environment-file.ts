import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Environment, loadEnvironment } from "../../config";
import { environmentNamed, root } from "../arguments";
import { colors } from "../colors";

/**
 * The environment file that a restore goes by: the one that is here, because it may say rightly that the host is another
 * now; the backup's where there is none.
 */
export class EnvironmentFile {
  private constructor(
    public readonly environment: Environment,
    /** To be written, when the restore goes on. */
    private readonly missing: { readonly path: string; readonly text: string } | undefined,
  ) {}

  /** @param name of the backup's environment, which the backup was made of */
  public static of(name: string, text: string): EnvironmentFile {
    const path = join(root, "environments", `${name}.yaml`);
    if (existsSync(path)) {
      if (readFileSync(path, "utf8") !== text)
        console.log(colors.yellow(`! environments/${name}.yaml is not the backup's: the one here counts`));
      return new EnvironmentFile(environmentNamed(name), undefined);
    }
    return new EnvironmentFile(load(name, text), { path, text });
  }

  /** Writes it, where there was none. */
  public keep(): void {
    if (this.missing) writeFileSync(this.missing.path, this.missing.text, { flag: "wx" });
  }
}

function load(name: string, text: string): Environment {
  const cache = join(root, ".cache");
  mkdirSync(cache, { recursive: true });
  const directory = mkdtempSync(join(cache, "restore-"));
  try {
    const file = join(directory, `${name}.yaml`);
    writeFileSync(file, text);
    process.chdir(root);
    return loadEnvironment(file).environment;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
