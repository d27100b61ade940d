import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { choosePassphrase, givenPassphrase } from "../../../tools/backup/passphrase";

/** A stdin that says that. */
function stdin(text: string, isTTY = false): NodeJS.ReadStream {
  const stream = Object.assign(new PassThrough(), { isTTY, setRawMode: () => undefined });
  stream.end(text);
  return stream as unknown as NodeJS.ReadStream;
}

/** A terminal on which somebody types these lines, one after the other. */
function terminal(...lines: string[]) {
  const keyboard = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined });
  const screen: string[] = [];
  const write = jest.spyOn(process.stderr, "write").mockImplementation((text) => {
    screen.push(String(text));
    const line = /: $/.test(String(text)) ? lines.shift() : undefined;
    if (line !== undefined) setImmediate(() => keyboard.write(line));
    return true;
  });
  return {
    stdin: keyboard as unknown as NodeJS.ReadStream,
    shown: () => screen.join(""),
    end: () => write.mockRestore(),
  };
}

const GOOD = "four words nobody guesses";

describe("a passphrase", () => {
  it("is the first line of a stdin that is no terminal", async () => {
    expect(await choosePassphrase({ stdin: stdin(`${GOOD}\r\nmore\n`) })).toBe(GOOD);
    expect(await givenPassphrase({ stdin: stdin("x") })).toBe("x");
    await expect(givenPassphrase({ stdin: stdin("") })).rejects.toThrow(
      "stdin, which is no terminal, has no passphrase",
    );
  });

  it("is the first line of a file", async () => {
    const directory = mkdtempSync(join(tmpdir(), "passphrase-"));
    try {
      writeFileSync(join(directory, "file"), `${GOOD}\n`);
      expect(await choosePassphrase({ file: join(directory, "file") })).toBe(GOOD);
      await expect(choosePassphrase({ file: join(directory, "none") })).rejects.toThrow(
        "can't be read: ENOENT",
      );
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it("of a new backup is long enough, and of one that is there whatever it is", async () => {
    await expect(choosePassphrase({ stdin: stdin("elevenchars\n") })).rejects.toThrow(
      "shorter than 12 characters",
    );
    expect(await givenPassphrase({ stdin: stdin("short\n") })).toBe("short");
    await expect(givenPassphrase({ stdin: stdin("x".repeat(1025)) })).rejects.toThrow("longer than 1024");
  });

  it("is typed twice for a new backup, and never shown", async () => {
    const typed = terminal(`${GOOD}\r`, `${GOOD}\r`);
    try {
      expect(await choosePassphrase({ stdin: typed.stdin })).toBe(GOOD);
      expect(typed.shown()).toBe("Passphrase of the backup: \nAgain: \n");
    } finally {
      typed.end();
    }
  });

  it("that is typed in two ways is none", async () => {
    const typed = terminal(`${GOOD}\r`, `${GOOD}!\r`);
    try {
      await expect(choosePassphrase({ stdin: typed.stdin })).rejects.toThrow("two different passphrases");
    } finally {
      typed.end();
    }
  });

  it.each(["\x03", "\x04"])("that nobody wants to type (%j) stops it", async (key) => {
    const typed = terminal(key);
    try {
      await expect(givenPassphrase({ stdin: typed.stdin })).rejects.toThrow("no passphrase was given");
    } finally {
      typed.end();
    }
  });
});
