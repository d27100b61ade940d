import { OperatorError } from "../progress";

/** Who can open a backup: whoever knows the passphrase, or has the identity of one of the recipients. */
export type Lock = { readonly passphrase: string } | { readonly recipients: readonly string[] };

/** What opens one. */
export type Key = { readonly passphrase: string } | { readonly identities: readonly string[] };

type Bytes = AsyncIterable<Uint8Array>;

/** The first line of every such file (age-encryption.org/v1). */
const VERSION = "age-encryption.org/v1";

/**
 * Encrypts as `age` does, with its passphrase or recipients, while it passes through.
 *
 * @throws OperatorError when a recipient is none
 */
export async function encrypted(plain: Bytes, lock: Lock): Promise<Bytes> {
  const encrypter = new (await age()).Encrypter();
  if ("passphrase" in lock) encrypter.setPassphrase(lock.passphrase);
  else
    for (const recipient of lock.recipients) {
      try {
        encrypter.addRecipient(recipient);
      } catch {
        throw new OperatorError(`'${recipient}' is no recipient of age: age1… as age-keygen prints it`);
      }
    }
  return encrypter.encrypt(ReadableStream.from(plain) as ReadableStream<Uint8Array>);
}

/**
 * Decrypts what `encrypted` or `age` has encrypted, while it passes through. Every piece is authenticated before it is
 * handed out, and the last one says that it is the last.
 *
 * @throws OperatorError when the key does not open it, or it is no such file; on the way, when it is damaged
 */
export async function decrypted(file: Bytes, key: Key): Promise<Bytes> {
  const decrypter = new (await age()).Decrypter();
  if ("passphrase" in key) decrypter.addPassphrase(key.passphrase);
  else
    for (const identity of key.identities) {
      try {
        decrypter.addIdentity(identity);
      } catch {
        // Not the line itself: it may be a key that was cut.
        throw new OperatorError("the identity file has a line that is no identity: AGE-SECRET-KEY-1…");
      }
    }
  try {
    const plain = await decrypter.decrypt(ReadableStream.from(file) as ReadableStream<Uint8Array>);
    return withClearFaults(plain);
  } catch (error) {
    throw fault(error, key);
  }
}

/** Whether it wants a passphrase, by the start of a file. @throws OperatorError when it is no file of age */
export function wantsPassphrase(start: Buffer): boolean {
  const [version, stanza = ""] = start.toString("latin1").split("\n");
  if (version !== VERSION) throw new OperatorError("is no backup: it does not start as a file of age does");
  return stanza.startsWith("-> scrypt ");
}

/** The identities in a file as age-keygen writes it: one on each line, comments after #. */
export function identitiesIn(text: string): string[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  return lines.filter((line) => line !== "" && !line.startsWith("#"));
}

async function* withClearFaults(plain: Bytes): Bytes {
  try {
    yield* plain;
  } catch (error) {
    throw fault(error);
  }
}

function fault(error: unknown, key?: Key): unknown {
  if (error instanceof OperatorError || (error as NodeJS.ErrnoException).syscall !== undefined) return error;
  const { message } = error as Error;
  if (key && /no identity matched/.test(message)) {
    return new OperatorError(
      "passphrase" in key
        ? "the passphrase is another one"
        : "it was made for other recipients: none of the identities opens it",
    );
  }
  return new OperatorError(`the file is damaged, cut off or was changed (${message})`);
}

/**
 * Imported when it is needed, and by Node.js itself: what `require` of it goes through takes ten times as long for a
 * passphrase.
 */
function age(): Promise<typeof import("age-encryption")> {
  return import("age-encryption");
}
