import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { type Path, pathText, show } from "./faults";

/** Line and column of something in a file, both from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface YamlFault {
  readonly place: Place;
  readonly path: Path;
  readonly message: string;
}

/** A YAML document as plain data that remembers where its parts stand. */
export interface YamlText {
  /** Undefined where the text could not be read. */
  readonly data: unknown;
  readonly faults: readonly YamlFault[];
  /** Where the value stands; for one that is missing, the key of the nearest that would contain it. */
  placeOf(path: Path): Place;
  /** Where the key of the value stands, or of the nearest that would contain it. */
  placeOfKey(path: Path): Place;
  /** Whether the text has the value itself. */
  has(path: Path): boolean;
}

const MAX_DEPTH = 20;
const MAX_ALIASES = 100;
const START: Place = { line: 1, column: 1 };

/** Messages of the yaml library that deserve a way out. */
const SYNTAX: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: "a tab indents this line: YAML allows spaces only",
  MULTIPLE_DOCS: "a second document starts here ('---'): an environment is one document",
  TAG_RESOLVE_FAILED: "this tag (!) is not supported: remove it",
};

/**
 * Reads YAML 1.2. Refuses what YAML understands otherwise than it looks (numbers such as 0010 or 1e3, a key that
 * appears twice), and bounds depth and aliases. Never throws.
 */
export function readYaml(text: string): YamlText {
  const lines = new LineCounter();
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  try {
    // uniqueKeys is checked below: the library's own check takes quadratic time.
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      stringKeys: true,
      uniqueKeys: false,
      version: "1.2",
    });
    const errors = [...document.errors, ...document.warnings].map(({ code, message, pos }) => ({
      place: place(pos[0]),
      path: [],
      message: `not valid YAML: ${SYNTAX[code] ?? message}`,
    }));
    if (errors.length > 0) return unreadable(errors);
    if (document.directives?.yaml.explicit && document.directives.yaml.version !== "1.2") {
      return unreadable([
        { place: START, path: [], message: "%YAML chooses another version than 1.2: remove the line" },
      ]);
    }
    return new PlacedDocument(document, place);
  } catch (error) {
    // The library reads nested collections by recursion, and counts aliases while it makes plain data.
    const message =
      error instanceof RangeError
        ? "not valid YAML: nested too deeply"
        : error instanceof ReferenceError
          ? `not valid YAML: an alias (*) without its anchor, or more than ${MAX_ALIASES} uses of one`
          : `not valid YAML: ${error instanceof Error ? error.message : String(error)}`;
    return unreadable([{ place: START, path: [], message }]);
  }
}

function unreadable(faults: readonly YamlFault[]): YamlText {
  return { data: undefined, faults, placeOf: () => START, placeOfKey: () => START, has: () => false };
}

class PlacedDocument implements YamlText {
  readonly data: unknown;
  readonly faults: readonly YamlFault[];
  /** Made when first asked for, because most files have no faults to place. */
  private index: ReadonlyMap<string, NodePlace> | undefined;

  constructor(
    private readonly document: Document.Parsed,
    private readonly place: (offset: number) => Place,
  ) {
    this.faults = surprises(document.contents, [], place);
    this.data = document.toJS({ maxAliasCount: MAX_ALIASES });
  }

  placeOf(path: Path): Place {
    return this.places.get(pathText(path))?.value ?? this.placeOfKey(path);
  }

  placeOfKey(path: Path): Place {
    for (let length = path.length; length > 0; length--) {
      const found = this.places.get(pathText(path.slice(0, length)));
      if (found !== undefined) return found.key ?? found.value;
    }
    return START;
  }

  has(path: Path): boolean {
    return this.places.has(pathText(path));
  }

  private get places(): ReadonlyMap<string, NodePlace> {
    this.index ??= new Map(placesBelow(this.document.contents, [], undefined, this.place));
    return this.index;
  }
}

interface NodePlace {
  /** Absent for the root and for items of a list. */
  readonly key?: Place;
  readonly value: Place;
}

/**
 * The places of a node and all below it, by path text. What stands below an alias is not listed: it was written
 * elsewhere, and the alias is what uses it here.
 */
function* placesBelow(
  node: Node | null,
  path: Path,
  key: Place | undefined,
  place: (offset: number) => Place,
): Generator<[string, NodePlace]> {
  const value = node?.range ? place(node.range[0]) : START;
  // The place of a value that is left out is behind its key's colon: the key is easier to see.
  const leftOut = isScalar(node) && node.value === null && node.source === "";
  yield [pathText(path), { ...(key && { key }), value: leftOut && key ? key : value }];
  if (isMap(node)) {
    for (const pair of node.items) {
      const { name, offset } = keyOf(pair.key);
      yield* placesBelow(pair.value as Node | null, [...path, name], place(offset), place);
    }
  } else if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) {
      yield* placesBelow(item as Node | null, [...path, index], undefined, place);
    }
  }
}

/** What YAML understands otherwise than it looks. */
function surprises(node: Node | null, path: Path, place: (offset: number) => Place): YamlFault[] {
  if (path.length > MAX_DEPTH) throw new RangeError();
  if (isMap(node)) {
    const seen = new Map<string, number>();
    return node.items.flatMap((pair) => {
      const { name, offset } = keyOf(pair.key);
      const below = surprises(pair.value as Node | null, [...path, name], place);
      const first = seen.get(name);
      if (first === undefined) {
        seen.set(name, offset);
        return below;
      }
      const message = `is there twice, first on line ${place(first).line}: remove one`;
      return [{ place: place(offset), path: [...path, name], message }, ...below];
    });
  }
  if (isSeq(node)) {
    return node.items.flatMap((item, index) => surprises(item as Node | null, [...path, index], place));
  }
  if (isScalar(node) && typeof node.value === "number" && node.source !== String(node.value)) {
    const message = `${node.source} is read as the number ${node.value}: put it in quotes (${show(node.source)}) if its digits count, or write the number itself`;
    return [{ place: place(node.range?.[0] ?? 0), path, message }];
  }
  return [];
}

/** Keys are scalars: the option stringKeys makes others a syntax error. */
function keyOf(key: unknown): { readonly name: string; readonly offset: number } {
  return isScalar(key) ? { name: String(key.value), offset: key.range?.[0] ?? 0 } : { name: "", offset: 0 };
}
