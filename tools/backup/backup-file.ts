import { createReadStream, readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { OperatorError } from "../progress";
import { decrypted, identitiesIn, type Key, wantsPassphrase } from "./age";
import { type Contents, readArchive, readDump } from "./archive";
import { counted } from "./counted";
import { givenPassphrase } from "./passphrase";

/** Where the key of a backup is. */
export interface KeySource {
  readonly passphraseFile?: string;
  /** As age-keygen writes it. */
  readonly identityFile?: string;
}

/** A backup that is there, and what opens it. */
export class BackupFile {
  private constructor(
    private readonly path: string,
    private readonly key: Key,
  ) {}

  /** Looks what opens the file, and asks for that. @throws OperatorError when it is none, or can't be read */
  public static async open(path: string, source: KeySource): Promise<BackupFile> {
    const start = await startOf(path);
    const passphrase = await about(path, async () => wantsPassphrase(start));
    if (passphrase) {
      if (source.identityFile) throw new OperatorError(`${path} wants a passphrase, and no identity`);
      return new BackupFile(path, { passphrase: await givenPassphrase({ file: source.passphraseFile }) });
    }
    if (!source.identityFile)
      throw new OperatorError(`${path} was made for recipients: say --identity <file> with the key of one`);
    return new BackupFile(path, { identities: identitiesIn(text(source.identityFile)) });
  }

  /** Reads all of it, and compares it with its manifest. @throws OperatorError that names the file and what is wrong */
  public contents(show: (bytes: number) => void = () => undefined): Promise<Contents> {
    return about(this.path, async () => readArchive(counted(await this.plain(), show)));
  }

  /** The dump of the database in it. */
  public async *dump(): AsyncGenerator<Uint8Array> {
    yield* readDump(await this.plain());
  }

  private plain(): Promise<AsyncIterable<Uint8Array>> {
    return decrypted(createReadStream(this.path), this.key);
  }
}

/** Names the file in what is wrong with it. */
async function about<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof OperatorError) throw new OperatorError(`${path}: ${error.message}`);
    throw error;
  }
}

/** Its first bytes. */
async function startOf(path: string): Promise<Buffer> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(256), 0, 256, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new OperatorError(`the backup can't be read: ${(error as Error).message}`);
  }
}

function text(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new OperatorError(`the identity can't be read: ${(error as Error).message}`);
  }
}
