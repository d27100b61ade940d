import { PassThrough, Readable } from "node:stream";
import { choosePassword } from "../../../tools/dn/password";

const piped = (text: string) =>
  choosePassword(true, Readable.from([Buffer.from(text)]) as NodeJS.ReadStream & { fd: 0 });

it("makes a password where none is asked for, another one each time", async () => {
  const [one, two] = [await choosePassword(false), await choosePassword(false)];
  expect(one).toStrictEqual({ password: expect.stringMatching(/^[\w-]{32}$/), generated: true });
  expect(one.password).not.toBe(two.password);
});

it("takes the line that comes on stdin, without its line break", async () => {
  expect(await piped("correct horse\n")).toStrictEqual({ password: "correct horse", generated: false });
  expect(await piped(" wide ünd \r\n")).toStrictEqual({ password: " wide ünd ", generated: false });
});

it.each([
  ["nothing", "", "is empty"],
  ["an empty line", "\n", "is empty"],
  ["two lines", "two\nlines\n", "has more than one line"],
  ["a long line", "x".repeat(1025), "is longer than 1024 characters"],
  ["a flood", "x".repeat(100_000), "is longer than 1024 characters"],
  ["what looks like a digest", "{MD5}1002:a:0", "starts with {MD5}"],
])("refuses %s", async (_, text, message) => {
  await expect(piped(text)).rejects.toThrow(message);
});

describe("on a terminal", () => {
  let shown: string;

  beforeEach(() => {
    shown = "";
    jest.spyOn(process.stderr, "write").mockImplementation((text) => {
      shown += text;
      return true;
    });
  });
  afterEach(() => jest.restoreAllMocks());

  /** Types once what is asked for has been asked. */
  function typed(...keys: string[]) {
    const terminal = Object.assign(new PassThrough(), { isTTY: true });
    const chosen = choosePassword(true, terminal as unknown as NodeJS.ReadStream & { fd: 0 });
    for (const key of keys) terminal.write(key);
    return chosen;
  }

  it("is typed twice, and never shown", async () => {
    expect(await typed("correct horse\r", "correct horse\r")).toStrictEqual({
      password: "correct horse",
      generated: false,
    });
    expect(shown).toBe("New password: \nAgain: \n");
  });

  it("may be pasted, and corrected", async () => {
    expect((await typed("abx\x7fc\rabc\r")).password).toBe("abc");
  });

  it("has to be the same both times", async () => {
    await expect(typed("one\r", "two\r")).rejects.toThrow("these are two different passwords");
  });

  it.each([["\x03"], ["\x04"], ["one\r\x03"]])("is given up with %j", async (keys) => {
    await expect(typed(keys)).rejects.toThrow("no password was given: nothing was changed");
  });

  it("is checked like any other", async () => {
    await expect(typed("\r\r")).rejects.toThrow("the password is empty");
  });
});
