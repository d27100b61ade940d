/**
 * One event of a stream (HTML Standard, 9.2.6).
 * @param id what the client says as Last-Event-ID when it comes back; undefined: it keeps the one before
 * @param data JSON as text, or what is to be JSON; a line break would end it, and JSON has none
 */
export function frame(event: string, id: string | undefined, data: string | object): string {
  const text = typeof data === "string" ? data : JSON.stringify(data);
  if (/[\r\n]/.test(text)) throw new Error("data of an event must be one line");
  return `${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${text}\n\n`;
}
