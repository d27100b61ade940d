import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { type Credential, credentialOfPassword, isDigestSecret } from "../../assets/database/src/credential";
import { PHONE_REALM } from "../../constructs/asterisk/props";
import { OperatorError } from "../progress";
import { newPassword } from "../secrets";

export interface ChosenPassword {
  readonly password: string;
  /** Nobody knows it yet: it has to be shown. */
  readonly generated: boolean;
}

const LONGEST = 1024;

/**
 * A password that is made here; or with `ask` one that is typed twice without an echo, or comes as the one line of a
 * stdin that is no terminal. Never from the command line, which every user of the machine sees.
 */
export async function choosePassword(ask: boolean, stdin = process.stdin): Promise<ChosenPassword> {
  if (!ask) return { password: newPassword(), generated: true };
  const password = stdin.isTTY ? await typed(stdin) : await piped(stdin);
  return { password: checked(password), generated: false };
}

/** What a DN's row holds for a password of ours. */
export function credentialFor(dn: string, password: string): Credential {
  return credentialOfPassword(dn, PHONE_REALM, password);
}

async function typed(stdin: NodeJS.ReadStream): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: stdin, output: silent, terminal: true });
  terminal.on("SIGINT", () => terminal.close());
  // Lines that are pasted come at once: the second one waits until it is asked for.
  const lines = terminal[Symbol.asyncIterator]();
  const answer = async (prompt: string) => {
    process.stderr.write(prompt);
    const line = await lines.next();
    process.stderr.write("\n");
    if (line.done) throw new OperatorError("no password was given: nothing was changed");
    return line.value;
  };
  try {
    const password = await answer("New password: ");
    if ((await answer("Again: ")) !== password)
      throw new OperatorError("these are two different passwords: nothing was changed");
    return password;
  } finally {
    terminal.close();
  }
}

async function piped(stdin: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stdin) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > LONGEST * 4) break;
  }
  return Buffer.concat(chunks)
    .toString("utf8")
    .replace(/\r?\n$/, "");
}

function checked(password: string): string {
  const fault =
    password === ""
      ? "the password is empty"
      : /\p{Cc}/u.test(password)
        ? "the password has more than one line, or control characters"
        : password.length > LONGEST
          ? `the password is longer than ${LONGEST} characters`
          : isDigestSecret(password)
            ? "the password starts with {MD5}, which is how a secret says that it holds a digest"
            : undefined;
  if (fault !== undefined) throw new OperatorError(`${fault}: nothing was changed`);
  return password;
}
