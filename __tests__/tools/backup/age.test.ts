import { randomBytes } from "node:crypto";
import {
  decrypted,
  encrypted,
  identitiesIn,
  type Key,
  type Lock,
  wantsPassphrase,
} from "../../../tools/backup/age";
import { OperatorError } from "../../../tools/progress";
import { all, inChunks } from "./bytes";

/** Of nobody: made for this test. */
const IDENTITY = "AGE-SECRET-KEY-1F85RJ5W5RH66D7L4LA6WGKAFHK3705S7362RAETZUL2WLEV3EZDS7ZPC7M";
const RECIPIENT = "age1t0rr6rfrk6wwffs7q2avtnx5tjpfstshdgvt6ja4putyvmre8stqwu8rj6";

const passphrase = "four words nobody guesses";
const plain = randomBytes(200_000);

const seal = async (lock: Lock, data = plain) => all(await encrypted(inChunks(data), lock));
const unseal = async (file: Buffer, key: Key) => all(await decrypted(inChunks(file), key));

describe("a passphrase", () => {
  let file: Buffer;
  beforeAll(async () => {
    file = await seal({ passphrase });
  }, 30_000);

  it("opens what it has locked, and nothing of the content shows", async () => {
    expect(wantsPassphrase(file.subarray(0, 256))).toBe(true);
    expect(file.includes(plain.subarray(0, 32))).toBe(false);
    expect((await unseal(file, { passphrase })).equals(plain)).toBe(true);
  }, 30_000);

  it("that is another one is told so", async () => {
    await expect(unseal(file, { passphrase: "another passphrase" })).rejects.toThrow(
      new OperatorError("the passphrase is another one"),
    );
  }, 30_000);
});

describe("a recipient", () => {
  it("locks what its identity opens", async () => {
    const file = await seal({ recipients: [RECIPIENT] });
    expect(wantsPassphrase(file.subarray(0, 256))).toBe(false);
    const identities = identitiesIn(`# created: today\n\n${IDENTITY}\r\n`);
    expect((await unseal(file, { identities })).equals(plain)).toBe(true);
  });

  it("that is none is refused by its text", async () => {
    await expect(seal({ recipients: [RECIPIENT, "age1qqq"] })).rejects.toThrow(
      "'age1qqq' is no recipient of age",
    );
  });

  it("is asked for the right identity", async () => {
    const { generateIdentity } = await import("age-encryption");
    const file = await seal({ recipients: [RECIPIENT] });
    await expect(unseal(file, { identities: [await generateIdentity()] })).rejects.toThrow(
      "it was made for other recipients",
    );
    await expect(unseal(file, { identities: ["AGE-SECRET-KEY-1CUT"] })).rejects.toThrow(
      /a line that is no identity/,
    );
  });
});

describe("a file that somebody has changed", () => {
  let file: Buffer;
  beforeAll(async () => {
    file = await seal({ recipients: [RECIPIENT] });
  });

  it.each([
    ["a byte in the middle", (bytes: Buffer) => bytes.fill(bytes[100_000] === 0 ? 1 : 0, 100_000, 100_001)],
    ["the last byte", (bytes: Buffer) => bytes.fill((bytes.at(-1) ?? 0) ^ 1, bytes.length - 1)],
    ["a byte of the header", (bytes: Buffer) => bytes.fill("A", 60, 61).fill("B", 61, 62)],
    ["the end", (bytes: Buffer) => bytes.subarray(0, -1)],
    [
      "everything behind a whole piece",
      (bytes: Buffer) => bytes.subarray(0, bytes.length - (plain.length % 65_536) - 16),
    ],
    ["all but the first line", (bytes: Buffer) => bytes.subarray(0, 22)],
  ])(
    "is not opened: %s",
    async (_, change) => {
      await expect(unseal(change(Buffer.from(file)), { identities: [IDENTITY] })).rejects.toThrow(
        OperatorError,
      );
    },
    30_000,
  );
});

describe("a file that is none of age", () => {
  it("is refused by its start", () => {
    expect(() => wantsPassphrase(Buffer.from("PGDMP"))).toThrow("is no backup");
    expect(() => wantsPassphrase(Buffer.alloc(0))).toThrow("is no backup");
  });
});

it("reads a file that the program age has written", async () => {
  // printf 'hello from age' | age --encrypt --recipient $RECIPIENT | base64 --wrap 100
  const file = Buffer.from(
    `YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBhVHRBdEhVRjZ0ZHRydFltRnFzTWFCZWZnTHYzaXltZURuOXVpayt6dngw
    CnUxeW9lR28xMGk4dzJsSmdNTmcweTE3SnU0WUpmNXdXZUFnT2licWNqWjgKLS0tIGVtMjljY1YvdENPWkh1RUlobmxrSEFrdG1K
    OWs0Vysva0ZUMHFTdjY4Nm8KJrHtakfAJXvpS/DzlMiYB5HDs2naV+rpWjzJfOi5zS/Jbk2UD/TWjp8/X6PIfA==`,
    "base64",
  );
  expect(String(await unseal(file, { identities: [IDENTITY] }))).toBe("hello from age");
});
