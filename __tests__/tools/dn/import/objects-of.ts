import { parseConf } from "../../../../tools/dn/import/asterisk-conf";
import { objectsOf, type PjsipObject } from "../../../../tools/dn/import/objects";

/** The objects of a pjsip.conf. */
export function objectsIn(text: string): PjsipObject[] {
  const conf = parseConf({ file: "pjsip.conf", text }, () => []);
  expect(conf.faults).toStrictEqual([]);
  return objectsOf(conf);
}

export function auth(id: string, options: Record<string, string | string[]>): PjsipObject {
  const place = { file: "pjsip.conf", line: 1 };
  const entries = Object.entries(options).map(
    ([name, values]) => [name, [values].flat().map((value) => ({ value, place }))] as const,
  );
  return { type: "auth", id, place, options: new Map(entries) };
}
