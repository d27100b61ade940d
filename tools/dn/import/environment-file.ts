import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { isMap, isScalar, isSeq, type Node, parseDocument, stringify } from "yaml";
import {
  displayName,
  type Environment,
  EnvironmentError,
  loadEnvironment,
  renderFaults,
} from "../../../config";
import { readYaml } from "../../../config/yaml";
import { OperatorError } from "../../progress";

/** An item for `dns`: a DN, with a name where it has one, or a range of DNs without names. */
export interface DnItem {
  readonly from: string;
  /** Equal to `from` for a single DN. */
  readonly to: string;
  readonly displayName?: string;
}

/** A list of the file, and what comes to its end. */
interface Addition {
  readonly key: "dns" | "allowedDns";
  readonly items: readonly DnItem[];
}

/**
 * An environment file with more DNs. Everything else stays as it is, comments and blanks included: lines are put into
 * the text, and the result is read again to see that it says what it should.
 *
 * @param file what the file is called in errors
 * @throws OperatorError where the lists are written in a way that can't be added to
 */
export function withDns(file: string, text: string, additions: readonly Addition[]): string {
  return additions.reduce((before, addition) => {
    if (addition.items.length === 0) return before;
    const after = appended(before, addition);
    const wanted = {
      ...dataOf(before),
      [addition.key]: [...listAt(before, addition.key), ...valuesOf(addition)],
    };
    if (after === undefined || !isDeepStrictEqual(dataOf(after), wanted)) {
      throw new OperatorError(
        `${file}: '${addition.key}' is written in a way that lines can't be added to: write it as a list, an item to a line`,
      );
    }
    return after;
  }, text);
}

/**
 * Checks the text of an environment file as a deploy would.
 *
 * @param file its path
 * @throws OperatorError with its faults
 */
export function checkedEnvironment(
  file: string,
  text: string,
): { readonly environment: Environment; readonly warnings: string } {
  const directory = mkdtempSync(join(tmpdir(), "webrtc-genesys-import-"));
  const copy = join(directory, basename(file));
  try {
    writeFileSync(copy, text);
    const { environment, warnings } = loadEnvironment(copy);
    return {
      environment,
      warnings: renderFaults(warnings.map((warning) => ({ ...warning, file: displayName(file) }))),
    };
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    const faults = renderFaults(
      error.faults.map((fault) => ({ ...fault, ...(fault.file && { file: displayName(file) }) })),
    );
    throw new OperatorError(`with these DNs, ${displayName(file)} would have faults:\n${faults}`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Undefined where the list is something else than a list. */
function appended(text: string, { key, items }: Addition): string | undefined {
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const lines = (indent: number) =>
    items.map((item) => `${blockItem(item, " ".repeat(indent), eol)}${eol}`).join("");
  const { contents } = parseDocument(text, { uniqueKeys: false });
  if (!isMap(contents)) return undefined;
  const pair = contents.items.find((each) => isScalar(each.key) && each.key.value === key);
  if (pair === undefined) {
    const end = text === "" || text.endsWith("\n") ? "" : eol;
    return `${text}${end}${eol}${key}:${eol}${lines(2)}`;
  }
  const value = pair.value as Node | null;
  if (isSeq(value) && value.flow) {
    // [1002, 1003]
    const close = (value.range?.[1] ?? 0) - 1;
    const before = text.slice(0, close).trimEnd();
    const comma = value.items.length === 0 || before.endsWith(",") ? "" : ", ";
    return text.slice(0, close) + comma + items.map(flowItem).join(", ") + text.slice(close);
  }
  if (isSeq(value) && value.items.length > 0) {
    const start = value.range?.[0] ?? 0;
    const indent = start - (text.lastIndexOf("\n", start - 1) + 1);
    const last = value.items.at(-1) as Node | null;
    return insertedBehind(text, last?.range?.[1] ?? 0, lines(indent), eol);
  }
  if (value === null || (isScalar(value) && value.value === null))
    return insertedBehind(text, (pair.key as Node).range?.[1] ?? 0, lines(2), eol);
  return undefined;
}

/** Puts lines behind the line in which what ends at `offset` ends. */
function insertedBehind(text: string, offset: number, lines: string, eol: string): string {
  const end = text.slice(0, offset).trimEnd().length;
  const newline = text.indexOf("\n", end);
  if (newline === -1) return `${text}${eol}${lines}`;
  return text.slice(0, newline + 1) + lines + text.slice(newline + 1);
}

function blockItem(item: DnItem, indent: string, eol: string): string {
  if (item.displayName === undefined) return `${indent}- ${rangeOf(item)}`;
  const name = stringify(item.displayName, { lineWidth: 0 }).trim();
  return `${indent}- number: ${scalar(item.from)}${eol}${indent}  displayName: ${name}`;
}

function flowItem(item: DnItem): string {
  if (item.displayName === undefined) return rangeOf(item);
  return `{number: ${scalar(item.from)}, displayName: ${JSON.stringify(item.displayName)}}`;
}

function rangeOf({ from, to }: DnItem): string {
  return from === to ? scalar(from) : `${from}-${to}`;
}

/** In quotes where YAML would make another number of it. */
function scalar(number: string): string {
  return String(Number(number)) === number ? number : JSON.stringify(number);
}

function valuesOf({ items }: Addition): unknown[] {
  return items.map(({ from, to, displayName }) => {
    const number = String(Number(from)) === from ? Number(from) : from;
    if (displayName !== undefined) return { number, displayName };
    return from === to ? number : `${from}-${to}`;
  });
}

function dataOf(text: string): Record<string, unknown> {
  return (readYaml(text).data ?? {}) as Record<string, unknown>;
}

function listAt(text: string, key: string): unknown[] {
  const list = dataOf(text)[key];
  return Array.isArray(list) ? list : [];
}
