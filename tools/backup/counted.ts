/** The same bytes, and how many have passed is told. */
export async function* counted(
  data: AsyncIterable<Uint8Array>,
  tell: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of data) {
    bytes += chunk.length;
    tell(bytes);
    yield chunk;
  }
}
