import {
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";

/**
 * Files that are written together, all of them or none: each is written beside its place first, and moved there when
 * all are. A reader never sees half a file.
 */
export class StagedFiles {
  private readonly paths: string[] = [];

  /** @param mode of the file; directories that are missing are made for the owner only where nobody else may read it */
  public stage(place: string, text: string, mode: number): void {
    mkdirSync(dirname(place), { recursive: true, mode: (mode & 0o077) === 0 ? 0o700 : 0o755 });
    // A link stays one.
    const path = existsSync(place) ? realpathSync(place) : place;
    rmSync(staged(path), { force: true });
    this.paths.push(path);
    writeFileSync(staged(path), text, { mode, flag: "wx", flush: true });
    // Root may work in somebody else's checkout.
    const owner = process.getuid?.() === 0 && statSync(path, { throwIfNoEntry: false });
    if (owner) chownSync(staged(path), owner.uid, owner.gid);
  }

  /** Moves them into place. When one can't be, those that were go back, and the error is thrown. */
  public commit(): void {
    const moved: string[] = [];
    try {
      for (const path of this.paths) {
        rmSync(former(path), { force: true });
        if (existsSync(path)) linkSync(path, former(path));
        moved.push(path);
        renameSync(staged(path), path);
      }
    } catch (error) {
      for (const path of moved) {
        if (existsSync(former(path))) renameSync(former(path), path);
        else rmSync(path, { force: true });
      }
      this.discard();
      throw error;
    } finally {
      // A file that had not been moved has two names now: renaming the one to the other does nothing.
      for (const path of moved) rmSync(former(path), { force: true });
    }
  }

  /** Leaves everything as it was. */
  public discard(): void {
    for (const path of this.paths) rmSync(staged(path), { force: true });
  }
}

const staged = (path: string) => `${path}.new`;
const former = (path: string) => `${path}.old`;
