import type { Client } from "pg";
import { z } from "zod";
import { exclusivelyInDatabase, inDatabase, inTransaction } from "./database";

/** Milliseconds that a server which is restarting gets: somebody waits. */
const SERVER_DEADLINE = 10_000;

/** Bytes; 10,000 DNs are 3 MB. */
const LONGEST_REQUEST = 32 << 20;

/**
 * Carries out an operator's request from the first line of `input`, in one transaction. Only `list` leaves everything as
 * it is; other requests don't run while a release or another request makes changes.
 */
export async function carryOut<Request extends { readonly what: string }, Answer>(
  input: AsyncIterable<Buffer>,
  schema: z.ZodType<Request>,
  answer: (client: Client, request: Request) => Promise<Answer>,
): Promise<Answer> {
  const parsed = schema.safeParse(JSON.parse(await firstLine(input)));
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  const request = parsed.data;
  const work = (client: Client) => inTransaction(client, () => answer(client, request));
  return (request.what === "list" ? inDatabase : exclusivelyInDatabase)(SERVER_DEADLINE, work);
}

/** Not up to the end of the input: an engine behind ssh does not pass that on. */
async function firstLine(input: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of input) {
    const end = chunk.indexOf("\n");
    chunks.push(end === -1 ? chunk : chunk.subarray(0, end));
    if (end !== -1) return Buffer.concat(chunks).toString("utf8");
    length += chunk.length;
    if (length > LONGEST_REQUEST) throw new Error(`a request is longer than ${LONGEST_REQUEST} bytes`);
  }
  throw new Error("no request came on stdin");
}
