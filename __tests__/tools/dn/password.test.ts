import { Readable } from "node:stream";
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
  ["", "is empty"],
  ["\n", "is empty"],
  ["two\nlines\n", "has more than one line"],
  ["x".repeat(1025), "is longer than 1024 characters"],
  ["x".repeat(100_000), "is longer than 1024 characters"],
  ["{MD5}1002:a:0", "starts with {MD5}"],
])("refuses %j", async (text, message) => {
  await expect(piped(text)).rejects.toThrow(message);
});
